import type { Directive } from '../directives.ts'
import type { ResponseStore, StoredResponse } from '../openai-responses/store.ts'
import type { Provider } from '../providers.ts'
import type { Refusal } from '../refusal.ts'
import type { Answer } from './answer.ts'
import type { GenerationRequest } from './request.ts'

/** What a format needs to know beside the answer itself. */
export interface Envelope {
  provider: Provider
  request: GenerationRequest
  directive: Directive
  /** The provider's id for this request. */
  requestId: string
  startedAt: Date
}

/** A piece of a stream that is written as one event. */
export interface Frame {
  /** Text, or bytes where the format is binary. */
  data: string | Buffer
  /** Tokens that exist once this frame is out. */
  reasoning: number
  text: number
  /** The counts in this frame are final. */
  hasFinalUsage: boolean
}

/** One way to speak to a model: how its requests read and how its answers, streams and errors are written. Pure. */
export interface WireFormat {
  streamContentType: string
  /** Throws a `Refusal` for what the real provider would refuse. */
  readRequest: (
    body: unknown,
    target: { provider: Provider; model: string | null; streamed: boolean },
  ) => GenerationRequest
  writeAnswer: (answer: Answer, envelope: Envelope) => string
  streamAnswer: (answer: Answer, envelope: Envelope) => Generator<Frame, undefined>
  writeError: (refusal: Refusal, call: { provider: Provider; requestId: string }) => string
  /** The error as an event of a stream that has already begun. */
  writeStreamError: (refusal: Refusal, call: { provider: Provider; requestId: string }) => string | Buffer
  /** Of formats whose provider keeps answers, for later requests to go on from. */
  conversations?: {
    isGoingOn: (request: GenerationRequest) => boolean
    /** Throws a `Refusal` for what nobody keeps. */
    recall: (request: GenerationRequest, store: ResponseStore) => GenerationRequest
    keep: (answer: Answer, envelope: Envelope) => StoredResponse | null
  }
  /** Headers every answer of this format carries. */
  responseHeaders: (call: { provider: Provider; requestId: string; durationMs: number }) => Record<string, string>
}

export function frame(data: string | Buffer): Frame {
  return { data, reasoning: 0, text: 0, hasFinalUsage: false }
}
