import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeFloats, encodeFloats } from './base64.ts'

test('floats survive the way through base64, byte for byte as Node writes them', () => {
  fc.assert(
    fc.property(fc.array(fc.float({ noNaN: true }), { maxLength: 40 }), (values) => {
      const text = encodeFloats(values)
      expect(text).toBe(Buffer.from(Float32Array.from(values).buffer).toString('base64'))
      expect(decodeFloats(text)).toEqual(values)
    }),
  )
})

test.each(['abc', 'a b=', 'AAAAA', 'AAAA'])('%s is no list of floats', (text) => {
  expect(decodeFloats(text)).toBeNull()
})
