import { expect, it } from 'vitest'
import { parseLeanly } from './parse-leanly.ts'

const LONG = 'abcd'.repeat(20_000)

it.each([
  ['one long string', { a: LONG, b: [1, { c: LONG }], d: 'short' }],
  ['escapes in a long string', { a: `${LONG}"\\\n${LONG}`, b: LONG }],
  ['letters of more than one byte', { a: `${LONG}ä`, ä: LONG, b: '€' }],
  ['a long name', { [LONG]: LONG }],
  ['nothing long', { a: ['x', null, true, 1.5] }],
  ['a value alone', LONG],
])('%s: the same value as JSON.parse makes', (_what, value) => {
  for (const text of [JSON.stringify(value), JSON.stringify(value, null, 2)])
    expect(parseLeanly(Buffer.from(text))).toEqual(value)
})

it.each([
  ['a string without an end', `{"a":"${LONG}`],
  ['a line break in a string', `{"a":"${LONG}\n"}`],
  ['two values', `{"a":"${LONG}"} {}`],
  ['a value and no comma', `{"a":"${LONG}" "${LONG}"}`],
])('%s is no JSON', (_what, text) => {
  expect(() => parseLeanly(Buffer.from(text))).toThrow(SyntaxError)
})
