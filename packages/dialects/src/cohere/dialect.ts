import type { ProviderDialect } from '../contract.ts'
import { decodeError } from './errors.ts'
import { decodeResponse, readOutcome } from './response.ts'
import { openStream } from './stream.ts'
import { encodeRequest, path } from './upstream-request.ts'

/** Cohere's chat, version 2. No caller speaks it, so nothing passes through. */
export const cohereProvider: ProviderDialect = {
  id: 'cohere',
  path,
  encodeRequest,
  passThroughEdits: () => [],
  decodeResponse,
  readOutcome,
  framing: 'sse',
  openStream,
  decodeError,
}
