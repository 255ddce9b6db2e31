import type { JsonObject } from '@atpar/core/json'
import { countInputTokens, countOutputTokens, type UsageUnits } from '@atpar/core/usage'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { readUsage, writeUsage } from './usage.ts'

/** Figures from the providers' own pages; the link of each says where. */
test.each<readonly [source: string, usage: JsonObject, units: UsageUnits]>([
  [
    'https://platform.openai.com/docs/api-reference/responses/create (text input)',
    {
      input_tokens: 36,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 87,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 123,
    },
    { input_uncached: 36, output_text: 87 },
  ],
  [
    'https://platform.openai.com/docs/api-reference/responses/create (reasoning)',
    {
      input_tokens: 81,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 1035,
      output_tokens_details: { reasoning_tokens: 832 },
      total_tokens: 1116,
    },
    { input_uncached: 81, output_text: 203, output_reasoning: 832 },
  ],
  [
    'https://platform.openai.com/docs/guides/prompt-caching',
    {
      input_tokens: 2006,
      input_tokens_details: { cached_tokens: 1920, cache_write_tokens: 50 },
      output_tokens: 300,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 2306,
    },
    { input_uncached: 36, cache_read: 1920, cache_write_5m: 50, output_text: 300 },
  ],
])('%s', (_source, usage, units) => {
  expect(readUsage({ usage, output: [] })?.units).toEqual(units)
})

test('only searches are billed as searches, not pages that were opened or searched through', () => {
  const output = ['search', 'open_page', 'find_in_page', 'search'].map((type) => ({
    type: 'web_search_call',
    action: { type },
  }))
  expect(readUsage({ usage: { input_tokens: 1, output_tokens: 1 }, output })).toMatchObject({
    units: { searches: 2 },
    raw: { web_search_calls: 2 },
  })
})

test.each<readonly [what: string, usage: JsonObject]>([
  ['no input', { output_tokens: 3 }],
  ['more cached than read', { input_tokens: 3, input_tokens_details: { cached_tokens: 4 }, output_tokens: 1 }],
  ['more reasoning than output', { input_tokens: 3, output_tokens: 1, output_tokens_details: { reasoning_tokens: 2 } }],
  ['a total that is none', { input_tokens: 3, output_tokens: 1, total_tokens: 9 }],
  ['a negative count', { input_tokens: -3, output_tokens: 1 }],
])('%s is no usage', (_what, usage) => {
  expect(readUsage({ usage, output: [] })).toBeNull()
})

test('what is told adds up to what was read, with the cost as exact as it was given', () => {
  const written = writeUsage(
    { input_uncached: 36, cache_read: 1920, cache_write_5m: 50, output_text: 203, output_reasoning: 832 },
    '0.00000095',
  )
  expect(JSON.stringify(written)).toBe(
    '{"input_tokens":2006,"input_tokens_details":{"cached_tokens":1920,"cache_write_tokens":50},"output_tokens":1035,"output_tokens_details":{"reasoning_tokens":832},"total_tokens":3041,"cost":0.00000095}',
  )
})

test('buckets add up to the provider’s total', () => {
  const count = fc.nat(1_000_000)
  fc.assert(
    fc.property(fc.tuple(count, count, count, count, count), ([uncached, cached, written, visible, reasoning]) => {
      const total = uncached + cached + written + visible + reasoning
      const usage = {
        input_tokens: uncached + cached + written,
        input_tokens_details: { cached_tokens: cached, cache_write_tokens: written },
        output_tokens: visible + reasoning,
        output_tokens_details: { reasoning_tokens: reasoning },
        total_tokens: total,
      }
      const units = readUsage({ usage, output: [] })?.units
      expect(units === undefined ? null : countInputTokens(units) + countOutputTokens(units)).toBe(total)
    }),
  )
})
