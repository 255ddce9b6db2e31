import type { ProviderDialect } from '../contract.ts'
import { decodeError } from './errors.ts'
import { decodeResponse, readOutcome } from './response.ts'
import { openStream } from './stream.ts'
import { encodeRequest, path } from './upstream-request.ts'

/** Ollama's own chat, which knows thinking and schemas that its OpenAI-compatible endpoint does not. No caller speaks it, so nothing passes through. */
export const ollamaProvider: ProviderDialect = {
  id: 'ollama',
  path,
  encodeRequest,
  passThroughEdits: () => [],
  decodeResponse,
  readOutcome,
  framing: 'ndjson',
  openStream,
  decodeError,
}
