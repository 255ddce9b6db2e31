import { AppError } from '@atpar/core/errors'
import type { JsonValue } from '@atpar/core/json'
import { findStringEnd } from '@atpar/core/json-string-end'

/** No SDK nests deeper than a dozen levels; what does is written to exhaust a reader's stack. */
const MAX_DEPTH = 64
/** Members and elements of the whole text. A conversation of a thousand messages with tools has some 20,000; an input written as a list of tokens has one each. */
const MAX_VALUES = 200_000

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/**
 * Depth and number of values, counted before anything is parsed, without allocating. Text that is no JSON gives some number: the parser says what
 * is wrong with it.
 * @returns how many members the objects of the text have, together.
 * @throws AppError `invalid_request` (too deep), `body_too_large` (too many values)
 */
export const boundJson = (bytes: Uint8Array): number => {
  let depth = 0
  let members = 0
  let separators = 0
  for (let position = 0; position < bytes.length; position += 1) {
    const byte = bytes[position]
    if (byte === QUOTE) position = endOfString(bytes, position)
    else if (byte === COLON) members += 1
    else if (byte === COMMA) {
      separators += 1
      if (separators > MAX_VALUES) throw tooMany()
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      depth += 1
      if (depth > MAX_DEPTH) throw tooDeep()
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth -= 1
  }
  return members
}

/** From the opening quote to the closing one; to the last byte of a string that has none. */
export const endOfString = (bytes: Uint8Array, start: number): number => {
  const end = findStringEnd(bytes, start)
  return end < 0 ? bytes.length : end
}

/**
 * What only the parsed value shows, compared with what the text had: of a key that occurs twice parsers keep the first or the last, so that we and
 * a provider could read two different requests; and names that reach into the prototype of whoever copies members carelessly.
 * @throws AppError `invalid_request`
 */
export const refuseAmbiguous = (value: JsonValue, members: number): void => {
  if (countMembers(value) !== members)
    throw new AppError('invalid_request', {
      message: 'An object in the body has the same key twice. Readers disagree on which one counts: send it once.',
    })
}

const countMembers = (value: JsonValue): number => {
  if (typeof value !== 'object' || value === null) return 0
  let members = 0
  if (Array.isArray(value)) {
    for (const element of value) members += countMembers(element)
    return members
  }
  for (const key in value) {
    const member = value[key]
    if (key === '__proto__' || (key === 'constructor' && reachesPrototype(member)))
      throw new AppError('invalid_request', { message: `The key "${key}" is not accepted in a body. Rename it.` })
    members += 1
    if (typeof member === 'object' && member !== null) members += countMembers(member)
  }
  return members
}

/** A parameter of somebody's tool may well be called constructor. */
const reachesPrototype = (value: JsonValue | undefined): boolean =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype')

const tooDeep = (): AppError =>
  new AppError('invalid_request', {
    message: `The body is nested deeper than ${MAX_DEPTH} levels. Send flatter JSON.`,
  })

const tooMany = (): AppError =>
  new AppError('body_too_large', {
    message: `The body has more than ${MAX_VALUES} values. Send text instead of lists of tokens, or less in one request.`,
  })
