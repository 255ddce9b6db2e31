import { expect, test } from 'vitest'

import { exactNumber, isJsonObject, parseJsonObject } from './json.ts'

test.each(['0.000000000001', '1234567.123456789012', '0', '-3.5', '0.10'])(
  'writes %s as exactly these digits',
  (decimal) => {
    expect(JSON.stringify({ cost: exactNumber(decimal) })).toBe(`{"cost":${decimal}}`)
  },
)

test.each(['1e-7', 'NaN', '', '01', '1.', '"1"', ' 1', '{}'])('refuses "%s" as a number', (text) => {
  expect(() => exactNumber(text)).toThrow(RangeError)
})

test('only plain objects are JSON objects', () => {
  expect([isJsonObject({}), isJsonObject([]), isJsonObject(null), isJsonObject('x')]).toEqual([
    true,
    false,
    false,
    false,
  ])
})

test('text is read as an object or as nothing', () => {
  expect(['{"a":[1]}', '[]', 'null', '{', ''].map(parseJsonObject)).toEqual([{ a: [1] }, null, null, null, null])
})
