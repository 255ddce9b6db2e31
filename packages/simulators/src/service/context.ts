import type { IncomingMessage, ServerResponse } from 'node:http'

import type { BookEntry, Books } from '../books.ts'
import type { Accounts } from '../cloud/accounts.ts'
import type { Faults } from '../faults.ts'
import type { Answer } from '../generate/answer.ts'
import type { Envelope, WireFormat } from '../generate/wire-format.ts'
import type { MailSink } from '../mail/sink.ts'
import type { ResponseStore } from '../openai-responses/store.ts'
import type { Pace } from '../pace.ts'
import type { Provider } from '../providers.ts'
import type { StripeService } from '../stripe/service.ts'
import type { AnswerMemo } from './answer-memo.ts'

/** What lives as long as the service. */
export interface SimulatorContext {
  books: Books
  faults: Faults
  mail: MailSink
  stripe: StripeService
  accounts: Accounts
  memo: AnswerMemo
  responses: ResponseStore
  pace: Pace
  instanceId: string
  now: () => Date
  /** Told of errors that are the simulator's own fault. */
  reportBug: (error: unknown) => void
}

/** One HTTP request to one provider, its body read. */
export interface Exchange {
  provider: Provider
  request: IncomingMessage
  response: ServerResponse
  requestId: string
  startedAt: Date
  endpoint: string
  /** What OpenAI keeps. */
  responses: ResponseStore
  body: Buffer
  accounts: Accounts
}

/** An answer ready to be sent, and the line in the books it belongs to. */
export interface Delivery {
  exchange: Exchange
  format: WireFormat
  answer: Answer
  envelope: Envelope
  pace: Pace
  books: Books
  entry: BookEntry
}
