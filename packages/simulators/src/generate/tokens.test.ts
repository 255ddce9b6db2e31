import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { expect, test } from 'vitest'

import { countPromptTokens, countTextTokens, splitIntoTokens } from './tokens.ts'

const plain = { disallowedSpecial: new Set<string>() }

test('an ordinary text has the tokens the tokenizer says, the first time and the second', () => {
  const text = 'Write a haiku about 東京 in spring.'
  expect([countTextTokens(text), countTextTokens(text)]).toEqual([countTokens(text), countTokens(text)])
})

test('a text that spells a special token is counted as text', () => {
  expect(countTextTokens('<|endoftext|> hello')).toBe(countTokens('<|endoftext|> hello', plain))
})

test('a prompt is never fewer tokens than its bare text', () => {
  const texts = ['a', 'two words', '']
  const bare = texts.reduce((sum, text) => sum + countTokens(text), 0)
  expect(countPromptTokens({ texts, messages: 3, attachments: 0 })).toBeGreaterThan(bare)
})

test('a long run without spaces is counted without quadratic work and never too low', () => {
  const text = `before ${'q'.repeat(3_000)} after`
  expect(countTextTokens(text)).toBeGreaterThanOrEqual(countTokens(text))
})

test('the pieces of a JSON text are its tokens in order', () => {
  const text = '{"city":"Z\\u00fcrich","days":3}'
  const pieces = splitIntoTokens(text)
  expect(pieces.join('')).toBe(text)
  expect(pieces).toHaveLength(countTokens(text))
})
