import { countInputTokens, countOutputTokens } from '@atpar/core/usage'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { findUsage, readUsage, writeUsage } from './usage.ts'

const unitsOf = (usage: object): unknown => readUsage(usage)?.units

describe('reading OpenAI usage', () => {
  // https://platform.openai.com/docs/guides/prompt-caching#requirements
  test('takes cached tokens out of the prompt and reasoning out of the completion', () => {
    expect(
      unitsOf({
        prompt_tokens: 2006,
        completion_tokens: 300,
        total_tokens: 2306,
        prompt_tokens_details: { cached_tokens: 1920, audio_tokens: 0 },
        completion_tokens_details: {
          reasoning_tokens: 0,
          audio_tokens: 0,
          accepted_prediction_tokens: 0,
          rejected_prediction_tokens: 0,
        },
      }),
    ).toEqual({ input_uncached: 86, cache_read: 1920, output_text: 300, output_reasoning: 0 })
  })

  // https://platform.openai.com/docs/guides/reasoning#managing-the-context-window
  test('reads the reasoning guide’s example', () => {
    expect(
      unitsOf({
        prompt_tokens: 75,
        completion_tokens: 1186,
        total_tokens: 1261,
        completion_tokens_details: { reasoning_tokens: 1024 },
      }),
    ).toEqual({ input_uncached: 75, output_text: 162, output_reasoning: 1024 })
  })

  // https://platform.openai.com/docs/guides/audio
  test('keeps sound in its own buckets', () => {
    expect(
      unitsOf({
        prompt_tokens: 110,
        completion_tokens: 250,
        total_tokens: 360,
        prompt_tokens_details: { text_tokens: 20, audio_tokens: 90, cached_tokens: 0 },
        completion_tokens_details: { text_tokens: 50, audio_tokens: 200, reasoning_tokens: 0 },
      }),
    ).toEqual({ input_uncached: 20, audio_in: 90, cache_read: 0, output_text: 50, audio_out: 200, output_reasoning: 0 })
  })

  // https://api-docs.deepseek.com/guides/kv_cache
  test('reads DeepSeek’s cache hits', () => {
    expect(
      unitsOf({
        prompt_tokens: 20,
        completion_tokens: 30,
        total_tokens: 50,
        prompt_cache_hit_tokens: 12,
        prompt_cache_miss_tokens: 8,
      }),
    ).toEqual({ input_uncached: 8, cache_read: 12, output_text: 30 })
  })

  // https://www.alibabacloud.com/help/en/model-studio/context-cache
  test('reads Qwen’s cached tokens', () => {
    expect(
      unitsOf({
        prompt_tokens: 3019,
        completion_tokens: 104,
        total_tokens: 3123,
        prompt_tokens_details: { cached_tokens: 2048 },
      }),
    ).toEqual({
      input_uncached: 971,
      cache_read: 2048,
      output_text: 104,
    })
  })

  // https://console.groq.com/docs/prompt-caching
  test('reads Groq’s usage, wherever it stands', () => {
    const usage = {
      queue_time: 0.02,
      prompt_tokens: 4641,
      prompt_time: 0.009,
      completion_tokens: 1817,
      completion_time: 5.6,
      total_tokens: 6458,
      total_time: 5.6,
      prompt_tokens_details: { cached_tokens: 4608 },
    }
    const units = { input_uncached: 33, cache_read: 4608, output_text: 1817 }
    expect(findUsage({ usage })?.units).toEqual(units)
    expect(findUsage({ usage: null, x_groq: { id: 'r', usage } })?.units).toEqual(units)
  })

  // https://github.com/ollama/ollama/blob/main/docs/openai.md
  test('reads Ollama’s plain counts', () => {
    expect(unitsOf({ prompt_tokens: 26, completion_tokens: 298, total_tokens: 324 })).toEqual({
      input_uncached: 26,
      output_text: 298,
    })
  })

  test('reads Moonshot’s usage in the last choice and its own name for cached tokens', () => {
    const usage = { prompt_tokens: 19, completion_tokens: 13, total_tokens: 32, cached_tokens: 10 }
    expect(findUsage({ choices: [{ index: 0, delta: {}, finish_reason: 'stop', usage }] })?.units).toEqual({
      input_uncached: 9,
      cache_read: 10,
      output_text: 13,
    })
  })

  // https://docs.x.ai/docs/guides/reasoning: completion_tokens excludes reasoning_tokens, the total includes both.
  test('adds reasoning that is counted beside the completion', () => {
    expect(
      unitsOf({
        prompt_tokens: 32,
        completion_tokens: 9,
        total_tokens: 135,
        completion_tokens_details: { reasoning_tokens: 94 },
      }),
    ).toEqual({ input_uncached: 32, output_text: 9, output_reasoning: 94 })
  })

  test('bills reasoning that only the total shows', () => {
    expect(unitsOf({ prompt_tokens: 10, completion_tokens: 5, total_tokens: 115 })).toEqual({
      input_uncached: 10,
      output_text: 5,
      output_reasoning: 100,
    })
  })

  test('counts cache writes apart', () => {
    expect(
      unitsOf({
        prompt_tokens: 100,
        completion_tokens: 1,
        total_tokens: 101,
        prompt_tokens_details: { cached_tokens: 30, cache_write_tokens: 50 },
      }),
    ).toEqual({
      input_uncached: 20,
      cache_read: 30,
      cache_write_5m: 50,
      output_text: 1,
    })
  })

  test('keeps what the provider says it cost, as text', () => {
    expect(readUsage({ prompt_tokens: 1, completion_tokens: 1, total_tokens: 2, cost: 9.5e-7 })?.statedCostUsd).toBe(
      '0.00000095',
    )
    expect(readUsage({ prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 })).not.toHaveProperty('statedCostUsd')
  })

  test.each([
    ['nothing', null],
    ['no prompt count', { completion_tokens: 3 }],
    ['a negative count', { prompt_tokens: -1, completion_tokens: 3 }],
    ['a fraction', { prompt_tokens: 1.5, completion_tokens: 3 }],
    ['an absurd count', { prompt_tokens: 1e18, completion_tokens: 3 }],
    ['a count as text', { prompt_tokens: '12', completion_tokens: 3 }],
    [
      'more cached than prompted',
      { prompt_tokens: 10, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 11 } },
    ],
    [
      'more reasoning than completion',
      { prompt_tokens: 10, completion_tokens: 3, total_tokens: 13, completion_tokens_details: { reasoning_tokens: 4 } },
    ],
    ['a total below its parts', { prompt_tokens: 10, completion_tokens: 3, total_tokens: 12 }],
    [
      'a total that nothing explains',
      { prompt_tokens: 10, completion_tokens: 3, total_tokens: 20, completion_tokens_details: { reasoning_tokens: 2 } },
    ],
  ])('treats %s as not reported', (_name, usage) => {
    expect(readUsage(usage)).toBeNull()
  })

  test('does not turn silence into zero', () => {
    const units = readUsage({
      prompt_tokens: 5,
      completion_tokens: 2,
      total_tokens: 7,
      prompt_tokens_details: null,
    })?.units
    expect(units).not.toHaveProperty('cache_read')
    expect(units).not.toHaveProperty('output_reasoning')
  })

  test('buckets add up to the provider’s total', () => {
    const count = fc.nat(1_000_000)
    fc.assert(
      fc.property(
        fc.tuple(count, count, count, count, count, count, fc.boolean()),
        ([uncached, cached, sound, visible, reasoning, spoken, isOutside]) => {
          const completion = visible + spoken + (isOutside ? 0 : reasoning)
          const total = uncached + cached + sound + visible + spoken + reasoning
          const units = readUsage({
            prompt_tokens: uncached + cached + sound,
            completion_tokens: completion,
            total_tokens: total,
            prompt_tokens_details: { cached_tokens: cached, audio_tokens: sound },
            completion_tokens_details: { reasoning_tokens: reasoning, audio_tokens: spoken },
          })?.units
          expect(units === undefined ? null : countInputTokens(units) + countOutputTokens(units)).toBe(total)
        },
      ),
    )
  })

  test('never yields a negative bucket, whatever is reported', () => {
    const count = fc.option(fc.oneof(fc.integer({ min: -5, max: 50 }), fc.double()))
    const usage = fc.record({
      prompt_tokens: count,
      completion_tokens: count,
      total_tokens: count,
      cached_tokens: count,
      prompt_tokens_details: fc.record({ cached_tokens: count, audio_tokens: count, cache_write_tokens: count }),
      completion_tokens_details: fc.record({ reasoning_tokens: count, audio_tokens: count }),
    })
    fc.assert(
      fc.property(usage, (reported) =>
        Object.values(readUsage(reported)?.units ?? {}).every((units) => Number.isSafeInteger(units) && units >= 0),
      ),
    )
  })
})

test('what is written reads back as the same buckets', () => {
  const units = { input_uncached: 86, cache_read: 1920, cache_write_5m: 7, output_text: 108, output_reasoning: 192 }
  expect(unitsOf(writeUsage(units, null))).toEqual(units)
})

test('the cost is written digit by digit', () => {
  expect(JSON.stringify(writeUsage({ input_uncached: 1, output_text: 1 }, '1234.000000000001'))).toContain(
    '"cost":1234.000000000001}',
  )
})
