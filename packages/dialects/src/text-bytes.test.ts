import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { countBytes } from './text-bytes.ts'

describe('counting the bytes of a text', () => {
  test('counts what UTF-8 takes, of whatever length and whatever characters', () => {
    const lengths = fc.constantFrom(1, 7, 39, 41, 500, 8_191, 8_192, 8_193)
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), lengths, (piece, length) => {
        const text = piece.repeat(length).slice(0, length)
        expect(countBytes(text)).toBe(new TextEncoder().encode(text).length)
      }),
      { seed: 20_261_123, numRuns: 200 },
    )
  })

  test('has room for the longest text it writes', () => {
    for (const character of ['a', 'ü', '€', '\ud83d\ude00', '\ud800'])
      for (const length of [8_192, 8_193])
        expect(countBytes(character.repeat(length).slice(0, length))).toBe(
          new TextEncoder().encode(character.repeat(length).slice(0, length)).length,
        )
  })
})
