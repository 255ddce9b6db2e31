import type { CallerDialect, ProviderDialect } from '../contract.ts'
import { openCallerStream } from './caller-stream.ts'
import { counter } from './count-tokens.ts'
import { decodeError, encodeError } from './errors.ts'
import { readFacts } from './facts.ts'
import { decodeRequest } from './request.ts'
import { costEdits, decodeResponse, encodeResponse, readOutcome } from './response.ts'
import { openStream } from './stream.ts'
import { encodeRequest, passThroughEdits, path } from './upstream-request.ts'

export const openaiResponsesCaller: CallerDialect = {
  id: 'openai-responses',
  readFacts,
  decodeRequest,
  encodeResponse,
  openStream: openCallerStream,
  encodeError,
  costEdits,
}
export const openaiResponsesProvider: ProviderDialect = {
  id: 'openai-responses',
  framing: 'sse',
  path,
  encodeRequest,
  passThroughEdits,
  decodeResponse,
  readOutcome,
  openStream,
  decodeError,
  counter,
}
