import type { ProviderDialect } from '../contract.ts'
import { decodeError } from './errors.ts'
import { decodeResponse, readOutcome } from './response.ts'
import { openStream } from './stream.ts'
import { encodeRequest, path } from './upstream-request.ts'

/** Amazon Bedrock's Converse: one format for the models of many makers. No caller speaks it, so nothing passes through. */
export const bedrockConverseProvider: ProviderDialect = {
  id: 'bedrock-converse',
  path,
  encodeRequest,
  passThroughEdits: () => [],
  decodeResponse,
  readOutcome,
  framing: 'aws-event-stream',
  openStream,
  decodeError,
}
