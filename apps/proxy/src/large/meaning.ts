import type { JsonObject, JsonValue } from '@atpar/core/json'
import { parseJsonBody } from '../http/json-body.ts'
import { completeBody, type Completion } from './complete-body.ts'
import type { MediaAside } from './media-aside.ts'
import { parseBriefly, parseLeanly } from './parse-leanly.ts'

/** A body whose parsing alone would hold the event loop, and what it means beyond itself. */
export interface LargeBody extends Completion {
  /** Shared memory: both threads see the same bytes. */
  readonly bytes: Uint8Array
}

/** The same memory. */
export const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)

/** @throws AppError as `parseJsonBody` does */
export const parseShared = (bytes: Uint8Array, readValue: (body: Buffer) => JsonValue = parseLeanly): JsonObject =>
  parseJsonBody(bufferOf(bytes), readValue)

/** All that a body says. @throws likewise */
export const meaningOf = (body: LargeBody): JsonObject => completeBody(parseShared(body.bytes), body)

/** The same but for the words of its pictures and the like, of which only the beginning and the length are right. @throws likewise */
export const outsideOf = (body: LargeBody): JsonObject => completeBody(parseShared(body.bytes, parseBriefly), body)

/** The same but for the bytes of its media, which are set aside. @throws likewise */
export const framesOf = (body: LargeBody, { parse }: MediaAside): JsonObject =>
  completeBody(parseShared(body.bytes, parse), body)
