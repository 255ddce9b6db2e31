import { AppError } from '@atpar/core/errors'
import { guardBody } from '@atpar/core/guard-scan'
import type { Finding } from '@atpar/core/guard-text'
import type { GuardPolicy } from '@atpar/core/guardrails'
import { parseJsonObject, type JsonObject, type JsonValue } from '@atpar/core/json'
import { spliceJson, type JsonEdit } from '@atpar/core/json-splice'
import type { KeptWords } from '@atpar/core/kept-content'
import type { UsageUnits } from '@atpar/core/usage'
import type { CallerDialect, ReplyFacts, RequestFacts } from '@atpar/dialects/contract'
import { everyCallerDialect } from '@atpar/dialects/registry'
import type { TaskCallerId, TaskOutcome, TaskProviderId } from '@atpar/dialects/task-contract'
import { taskCallers, taskProviders } from '@atpar/dialects/task-registry'
import { wordsOfRequest } from '../content/words-of-request.ts'
import { MAX_TOKENIZED_CHARACTERS } from '../metering/estimate.ts'
import type { ProviderWish } from '../upstream/encode-for-provider.ts'
import { bufferOf, meaningOf, outsideOf, parseShared, type LargeBody } from './meaning.ts'
import { writeChat, type LargeEncoded } from './write-chat.ts'
import { writeTask, type LargeEncodedTask, type TaskWish } from './write-task.ts'

/** With the format it is in. */
export interface LargeRequest<Dialect extends string = CallerDialect['id'] | TaskCallerId> extends LargeBody {
  readonly dialect: Dialect
}

export type LargeChat = LargeRequest<CallerDialect['id']>
export type LargeTask = LargeRequest<TaskCallerId>

/** A provider's answer to a task, and how its caller reads it. */
export interface AnswerWish {
  readonly to: TaskProviderId
  readonly answer: Uint8Array
  /** Null: in the caller's own format, so that its bytes are passed on. */
  readonly facts: ReplyFacts | null
}

export type LargeJob =
  | { readonly kind: 'parse'; readonly bytes: Uint8Array }
  | { readonly kind: 'splice'; readonly bytes: Uint8Array; readonly edits: readonly JsonEdit[] }
  | ({ readonly kind: 'read' } & LargeRequest)
  | ({ readonly kind: 'guard'; readonly policy: GuardPolicy } & LargeBody)
  | ({ readonly kind: 'write'; readonly wish: ProviderWish } & LargeChat)
  | ({ readonly kind: 'write-task'; readonly wish: TaskWish } & LargeTask)
  | ({ readonly kind: 'read-answer'; readonly wish: AnswerWish } & LargeTask)
  | ({ readonly kind: 'estimate'; readonly to: TaskProviderId } & LargeTask)
  | ({ readonly kind: 'keep' } & LargeRequest)

export interface LargeFacts {
  readonly facts: RequestFacts
  /** The members of the body that are small: what routing asks of it. The conversation is not in it. */
  readonly outline: JsonObject
}

export interface LargeAnswer extends TaskOutcome {
  /** The answer in the caller's format, without its price; null: as it came. */
  readonly body: Uint8Array | null
}

export interface LargeEstimate {
  readonly units: UsageUnits
  /** Of the text whose tokens are added to the units: as much of it as is looked at, and how long all of it is. */
  readonly head: string
  readonly characters: number
}

export interface LargeGuarded {
  readonly findings: readonly Finding[]
  /** The body after redaction, in shared memory; null: as it was. */
  readonly bytes: Uint8Array | null
}

export type LargeResult =
  | { readonly kind: 'parse'; readonly json: JsonObject }
  | { readonly kind: 'splice'; readonly body: Uint8Array }
  | ({ readonly kind: 'guard' } & LargeGuarded)
  | ({ readonly kind: 'read' } & LargeFacts)
  | ({ readonly kind: 'write' } & LargeEncoded)
  | ({ readonly kind: 'write-task' } & LargeEncodedTask)
  | ({ readonly kind: 'read-answer' } & LargeAnswer)
  | ({ readonly kind: 'estimate' } & LargeEstimate)
  | { readonly kind: 'keep'; readonly words: KeptWords }

/** What a worker thread does for a large body. @throws AppError as the same work on a small body does. */
export const doLargeJob = (job: LargeJob): LargeResult => {
  switch (job.kind) {
    case 'parse':
      return { kind: 'parse', json: parseShared(job.bytes) }
    case 'splice':
      return { kind: 'splice', body: spliceJson(job.bytes, job.edits) }
    case 'read':
      return readRequest(job)
    case 'guard': {
      const { findings, edits } = guardBody(meaningOf(job), job.policy)
      return { kind: 'guard', findings, bytes: edits.length === 0 ? null : shared(spliceJson(job.bytes, edits)) }
    }
    case 'write':
      return { kind: 'write', ...writeChat(job, job.wish) }
    case 'write-task':
      return { kind: 'write-task', ...writeTask(job, job.wish) }
    case 'read-answer':
      return { kind: 'read-answer', ...readAnswer(job, job.wish) }
    case 'estimate': {
      const { text, units } = taskProviders[job.to].estimate(taskCallers[job.dialect].decodeRequest(meaningOf(job)))
      return { kind: 'estimate', units, head: text.slice(0, MAX_TOKENIZED_CHARACTERS), characters: text.length }
    }
    case 'keep':
      return { kind: 'keep', words: wordsOfRequest(job.dialect, meaningOf(job)) }
  }
}

const readers = { ...everyCallerDialect, ...taskCallers }

const readRequest = (body: LargeRequest): LargeResult => {
  const json = outsideOf(body)
  return { kind: 'read', facts: readers[body.dialect].readFacts(json), outline: outlineOf(json) }
}

/** @throws AppError `upstream_malformed` */
const readAnswer = (body: LargeTask, { to, answer, facts }: AnswerWish): LargeAnswer => {
  // A provider's own JSON is as deep and as long as it likes: only its bytes were bounded.
  const json = parseJsonObject(bufferOf(answer).toString('utf8'))
  if (json === null) throw new AppError('upstream_malformed')
  const format = taskProviders[to]
  const told = format.readOutcome(json)
  if (facts === null) return { ...told, body: null }
  const caller = taskCallers[body.dialect]
  const request = meaningOf(body)
  const decoded = format.decodeAnswer(json, caller.decodeRequest(request))
  const text = JSON.stringify(caller.encodeAnswer(decoded, { ...facts, body: request }))
  return { ...told, body: new TextEncoder().encode(text) }
}

const shared = (bytes: Uint8Array): Uint8Array => {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length))
  copy.set(bytes)
  return copy
}

const SMALL_CHARACTERS = 4_096
const MAX_SMALL_VALUES = 200

const outlineOf = (json: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(json).filter(([, value]) => isSmall(value)))

const isSmall = (value: JsonValue): boolean =>
  measure(value, { characters: SMALL_CHARACTERS, values: MAX_SMALL_VALUES })

const measure = (value: JsonValue, left: { characters: number; values: number }): boolean => {
  left.values -= 1
  if (typeof value === 'string') left.characters -= value.length
  if (left.values < 0 || left.characters < 0) return false
  if (typeof value !== 'object' || value === null) return true
  return Object.values(value).every((each) => measure(each, left))
}

/** An expected failure on its way between threads. */
export interface CarriedError {
  readonly code: AppError['code'] | null
  readonly message: string
  readonly param: string | null
  readonly metadata: AppError['metadata']
}

export const packError = (error: unknown): CarriedError =>
  error instanceof AppError
    ? { code: error.code, message: error.message, param: error.param, metadata: error.metadata }
    : {
        code: null,
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
        param: null,
        metadata: {},
      }

export const unpackError = ({ code, message, param, metadata }: CarriedError): Error =>
  code === null ? new Error(message) : new AppError(code, { message, metadata, ...(param === null ? {} : { param }) })
