import { countInputTokens, countOutputTokens } from '@atpar/core/usage'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { mergeRawUsage, readUsage, writeUsage } from './usage.ts'

const unitsOf = (usage: object): unknown => readUsage(usage)?.units

describe('reading Anthropic usage', () => {
  // https://platform.claude.com/docs/en/build-with-claude/prompt-caching#1-hour-cache-duration
  test('reads the caching guide’s example: cache beside the input, writes by lifetime', () => {
    expect(
      unitsOf({
        input_tokens: 2048,
        cache_read_input_tokens: 1800,
        cache_creation_input_tokens: 248,
        output_tokens: 503,
        cache_creation: { ephemeral_5m_input_tokens: 148, ephemeral_1h_input_tokens: 100 },
      }),
    ).toEqual({ input_uncached: 2048, cache_read: 1800, cache_write_5m: 148, cache_write_1h: 100, output_text: 503 })
  })

  // https://platform.claude.com/docs/en/build-with-claude/prompt-caching#tracking-cache-performance
  test('takes an unsplit figure of writes for the five-minute default', () => {
    expect(
      unitsOf({
        input_tokens: 21,
        cache_creation_input_tokens: 188086,
        cache_read_input_tokens: 0,
        output_tokens: 393,
      }),
    ).toEqual({
      input_uncached: 21,
      cache_read: 0,
      cache_write_5m: 188086,
      output_text: 393,
    })
  })

  test('gives the default lifetime to writes the split does not cover', () => {
    expect(
      unitsOf({
        input_tokens: 1,
        output_tokens: 1,
        cache_creation_input_tokens: 300,
        cache_creation: { ephemeral_5m_input_tokens: 50, ephemeral_1h_input_tokens: 100 },
      }),
    ).toEqual({
      input_uncached: 1,
      output_text: 1,
      cache_write_5m: 200,
      cache_write_1h: 100,
    })
  })

  test('takes thinking out of the output', () => {
    expect(unitsOf({ input_tokens: 30, output_tokens: 120, output_tokens_details: { thinking_tokens: 110 } })).toEqual({
      input_uncached: 30,
      output_text: 10,
      output_reasoning: 110,
    })
  })

  // https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool#usage-and-pricing
  test('counts searches', () => {
    expect(
      unitsOf({
        input_tokens: 105,
        output_tokens: 6039,
        cache_read_input_tokens: 7123,
        cache_creation_input_tokens: 7345,
        server_tool_use: { web_search_requests: 1 },
      }),
    ).toMatchObject({ searches: 1 })
    expect(
      unitsOf({ input_tokens: 1, output_tokens: 1, server_tool_use: { web_search_requests: 0 } }),
    ).not.toHaveProperty('searches')
  })

  test('later figures replace earlier ones, silence does not', () => {
    const early = {
      input_tokens: 21,
      output_tokens: 1,
      cache_read_input_tokens: 9,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 7 },
    }
    expect(
      unitsOf(mergeRawUsage(early, { output_tokens: 50, input_tokens: null, cache_creation_input_tokens: 7 })),
    ).toEqual({
      input_uncached: 21,
      cache_read: 9,
      cache_write_5m: 0,
      cache_write_1h: 7,
      output_text: 50,
    })
  })

  test.each([
    ['nothing', null],
    ['no counts', { service_tier: 'standard' }],
    ['a negative count', { input_tokens: -1, output_tokens: 3 }],
    ['an absurd count', { input_tokens: 1, output_tokens: 1e18 }],
    ['not a number', { input_tokens: Number.NaN, output_tokens: 1 }],
    ['more thinking than output', { input_tokens: 1, output_tokens: 3, output_tokens_details: { thinking_tokens: 4 } }],
    [
      'a split above its sum',
      {
        input_tokens: 1,
        output_tokens: 3,
        cache_creation_input_tokens: 5,
        cache_creation: { ephemeral_5m_input_tokens: 6 },
      },
    ],
  ])('treats %s as not reported', (_name, usage) => {
    expect(readUsage(usage)).toBeNull()
  })

  test('buckets add up to the provider’s own figures', () => {
    const count = fc.nat(1_000_000)
    fc.assert(
      fc.property(
        fc.tuple(count, count, count, count, count, count),
        ([input, read, short, long, visible, thinking]) => {
          const units = readUsage({
            input_tokens: input,
            cache_read_input_tokens: read,
            cache_creation_input_tokens: short + long,
            cache_creation: { ephemeral_5m_input_tokens: short, ephemeral_1h_input_tokens: long },
            output_tokens: visible + thinking,
            output_tokens_details: { thinking_tokens: thinking },
          })?.units
          expect(units === undefined ? null : [countInputTokens(units), countOutputTokens(units)]).toEqual([
            input + read + short + long,
            visible + thinking,
          ])
        },
      ),
    )
  })
})

test('what is written reads back as the same buckets', () => {
  const units = {
    input_uncached: 86,
    cache_read: 1920,
    cache_write_5m: 7,
    cache_write_1h: 3,
    output_text: 108,
    output_reasoning: 192,
  }
  expect(unitsOf(writeUsage(units))).toEqual(units)
})

test('what nobody reported is written as null, not as 0', () => {
  expect(writeUsage({ input_uncached: 1, output_text: 2 })).toMatchObject({
    cache_read_input_tokens: null,
    cache_creation_input_tokens: null,
    output_tokens_details: null,
  })
})
