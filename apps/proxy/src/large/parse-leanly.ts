import { isAscii } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import type { JsonObject, JsonValue } from '@atpar/core/json'
import { endOfString } from '../http/json-bounds.ts'

/** Pictures, sounds and documents. */
const LONG_STRING_BYTES = 64 * 1024
const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const SPACE = 0x20

/**
 * As JSON.parse, which needs all of the text as one string beside the values it makes of it: here long plain strings are taken from the bytes, and
 * only what is around them is parsed. @throws SyntaxError
 */
export const parseLeanly = (body: Buffer): JsonValue =>
  parseAround(body, ({ start, end }) => body.toString('latin1', start, end))

/** How much of a long string whoever only looks at it may ask for: the type of a `data:` URL is in it. */
export const BEGINNING_BYTES = 1_024

/**
 * As `parseLeanly` for whoever asks no more of a long plain string than how it begins and how long it is: the rest of it is made up, of the same
 * length and as plain, by a repetition that takes no memory until somebody reads it. @throws SyntaxError
 */
export const parseBriefly = (body: Buffer): JsonValue =>
  parseAround(body, ({ start, end }) => {
    const known = start + BEGINNING_BYTES
    return body.toString('latin1', start, known) + 'A'.repeat(end - known)
  })

/** A text that is at least so long may hold what `parseBriefly` made up; a shorter one does not. */
export const holdsMadeUp = (text: string): boolean => text.length > LONG_STRING_BYTES

/** A long plain string of a body: where its bytes are, without its quotes. */
export interface LongString {
  readonly start: number
  readonly end: number
}

/** The member that such a string is the value of; null in a list. */
export interface Member {
  readonly holder: JsonObject
  readonly key: string
}

type ReadLong = (long: LongString, member: Member | null) => string

/** As JSON.parse, but what stands for long plain strings is `readLong`'s. @throws SyntaxError */
export const parseAround = (body: Buffer, readLong: ReadLong): JsonValue => {
  const mark = `long-${randomUUID()}-`
  const long: LongString[] = []
  const around: string[] = []
  let from = 0
  for (let position = body.indexOf(QUOTE); position !== -1; position = body.indexOf(QUOTE, position)) {
    const end = endOfString(body, position)
    if (end - position > LONG_STRING_BYTES && isPlainValue(body, position + 1, end)) {
      around.push(body.toString('utf8', from, position + 1), `${mark}${long.length}`)
      long.push({ start: position + 1, end })
      from = end
    }
    position = end + 1
  }
  if (long.length === 0) return JSON.parse(body.toString('utf8')) as JsonValue
  around.push(body.toString('utf8', from))
  const value = JSON.parse(around.join('')) as JsonValue
  return putBack(value, { mark, long, readLong }, null)
}

/** Bytes of one character each and no escapes, and not the name of a member. @throws SyntaxError */
const isPlainValue = (body: Buffer, start: number, end: number): boolean => {
  if (body[end] !== QUOTE) return false
  const text = body.subarray(start, end)
  let after = end + 1
  while (body[after] === SPACE || body[after] === 0x0a || body[after] === 0x0d || body[after] === 0x09) after += 1
  if (body[after] === COLON || text.includes(BACKSLASH) || !isAscii(text)) return false
  refuseControl(text)
  return true
}

/** They are never in JSON text but as an escape. */
const refuseControl = (text: Uint8Array): void => {
  for (let position = 0; position < text.length; position += 1)
    if ((text[position] ?? SPACE) < SPACE) throw new SyntaxError('a control character in a string')
}

interface Taken {
  readonly mark: string
  readonly long: readonly LongString[]
  readonly readLong: ReadLong
}

const putBack = (value: JsonValue, taken: Taken, member: Member | null): JsonValue => {
  if (typeof value === 'string') {
    const long = value.startsWith(taken.mark) ? taken.long[Number(value.slice(taken.mark.length))] : undefined
    return long === undefined ? value : taken.readLong(long, member)
  }
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    for (const [index, element] of value.entries()) value[index] = putBack(element, taken, null)
    return value
  }
  for (const [key, held] of Object.entries(value)) {
    const whole = putBack(held, taken, { holder: value, key })
    if (whole !== held) value[key] = whole
  }
  return value
}
