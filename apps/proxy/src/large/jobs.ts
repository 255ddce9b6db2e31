import { AppError } from '@atpar/core/errors'
import { guardBody, type Finding } from '@atpar/core/guard-scan'
import type { GuardPolicy } from '@atpar/core/guardrails'
import type { JsonObject, JsonValue } from '@atpar/core/json'
import { spliceJson } from '@atpar/core/json-splice'
import type { CallerDialect, RequestFacts } from '@atpar/dialects/contract'
import { everyCallerDialect } from '@atpar/dialects/registry'
import { encodeForProvider, type ProviderWish } from '../upstream/encode-for-provider.ts'
import { parseJsonBody } from '../http/json-body.ts'

/** A body whose parsing alone would hold the event loop, and what its URL adds to it. */
export interface LargeBody {
  /** Shared memory: both threads see the same bytes. */
  readonly bytes: Uint8Array
  readonly dialect: CallerDialect['id']
  readonly added: JsonObject
}

export type LargeJob =
  | ({ readonly kind: 'read' } & LargeBody)
  | ({ readonly kind: 'guard'; readonly policy: GuardPolicy } & LargeBody)
  | ({ readonly kind: 'write'; readonly wish: ProviderWish } & LargeBody)

export interface LargeFacts {
  readonly facts: RequestFacts
  /** The members of the body that are small: what routing asks of it. The conversation is not in it. */
  readonly outline: JsonObject
}

export interface LargeEncoded {
  /** Null: the body goes out as it came. */
  readonly body: Uint8Array | null
  readonly dropped: readonly string[]
}

export interface LargeGuarded {
  readonly findings: readonly Finding[]
  /** The body after redaction, in shared memory; null: as it was. */
  readonly bytes: Uint8Array | null
}

export type LargeResult =
  | ({ readonly kind: 'guard' } & LargeGuarded)
  | ({ readonly kind: 'read' } & LargeFacts)
  | ({ readonly kind: 'write' } & LargeEncoded)

/** What a worker thread does for a large body. @throws AppError as the same work on a small body does. */
export const doLargeJob = (job: LargeJob): LargeResult => {
  const { bytes, dialect } = job
  const json = { ...parseJsonBody(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)), ...job.added }
  if (job.kind === 'read')
    return { kind: 'read', facts: everyCallerDialect[dialect].readFacts(json), outline: outlineOf(json) }
  if (job.kind === 'guard') {
    const { findings, edits } = guardBody(json, job.policy)
    return { kind: 'guard', findings, bytes: edits.length === 0 ? null : shared(spliceJson(bytes, edits)) }
  }
  const { body, dropped } = encodeForProvider({ bytes, json, dialect }, job.wish)
  if (body === bytes) return { kind: 'write', body: null, dropped }
  // Memory of its own, which can be handed over.
  return { kind: 'write', body: typeof body === 'string' ? new TextEncoder().encode(body) : body, dropped }
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
