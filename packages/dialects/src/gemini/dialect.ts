import type { CallerDialect, ProviderDialect } from '../contract.ts'
import { openCallerStream } from './caller-stream.ts'
import { counter } from './count-tokens.ts'
import { decodeError } from '../google-problem.ts'
import { encodeError } from './errors.ts'
import { readFacts } from './facts.ts'
import { decodeRequest } from './request.ts'
import { costEdits, decodeResponse, encodeResponse, readOutcome } from './response.ts'
import { openStream } from './stream.ts'
import { encodeRequest, passThroughEdits, path } from './upstream-request.ts'

export const geminiCaller: CallerDialect = {
  id: 'gemini',
  readFacts,
  decodeRequest,
  encodeResponse,
  openStream: openCallerStream,
  encodeError,
  costEdits,
}
export const geminiProvider: ProviderDialect = {
  id: 'gemini',
  path,
  encodeRequest,
  passThroughEdits,
  decodeResponse,
  readOutcome,
  framing: 'sse',
  openStream,
  decodeError,
  counter,
}
