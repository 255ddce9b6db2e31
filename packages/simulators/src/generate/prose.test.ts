import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { expect, test } from 'vitest'

import { listWords, writeProse } from './prose.ts'
import { createRandom } from './random.ts'

test('every word of the vocabulary is exactly one token', () => {
  expect(listWords().filter((word) => countTokens(word) !== 1)).toEqual([])
})

test('a text of n pieces has n tokens when it is counted whole', () => {
  for (const count of [1, 2, 8, 9, 10, 57, 1000]) {
    for (const accented of [false, true]) {
      expect(countTokens(writeProse(createRandom(count), count, accented).join(''))).toBe(count)
    }
  }
})

test('the same seed writes the same text and another seed another', () => {
  const text = writeProse(createRandom(1), 30)
  expect(writeProse(createRandom(1), 30)).toEqual(text)
  expect(writeProse(createRandom(2), 30)).not.toEqual(text)
})

test('accented prose has a character of several bytes within every sentence', () => {
  const text = writeProse(createRandom(3), 9, true).join('')
  expect(Buffer.byteLength(text)).toBeGreaterThan(text.length)
})
