import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeFloats, encodeFloats } from './base64.ts'

test('floats survive the way through base64', () => {
  fc.assert(
    fc.property(fc.array(fc.float({ noNaN: true }), { maxLength: 40 }), (values) => {
      const text = encodeFloats(values)
      expect(decodeFloats(text)).toEqual(values)
    }),
  )
})

// https://platform.openai.com/docs/api-reference/embeddings/create: what the clients of `encoding_format: "base64"` unpack.
test.each([
  [[1], 'AACAPw=='],
  [[0.5, -2], 'AAAAPwAAAMA='],
  [[0, 1, -1], 'AAAAAAAAgD8AAIC/'],
])('%j is written as little-endian 32-bit floats', (values, text) => {
  expect(encodeFloats(values)).toBe(text)
})

test.each(['abc', 'a b=', 'AAAAA', 'AAAA'])('%s is no list of floats', (text) => {
  expect(decodeFloats(text)).toBeNull()
})
