import { parseUsd } from '@atpar/core/money'
import { countInputTokens, countOutputTokens } from '@atpar/core/usage'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { costAt } from '../testing.ts'
import { readUsage } from './usage.ts'

/** Claude Haiku 4.5 across regions: https://aws.amazon.com/bedrock/pricing/ */
const HAIKU = { input_uncached: '1', cache_read: '0.1', cache_write_5m: '1.25', cache_write_1h: '2', output_text: '5' }

describe('reading what Converse reports', () => {
  // https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-examples.html
  test('a first call of the user guide, and its cost', () => {
    const units = readUsage({ inputTokens: 125, outputTokens: 60, totalTokens: 185 })?.units
    expect(units).toEqual({ input_uncached: 125, output_text: 60 })
    expect(costAt(units, HAIKU)).toBe(parseUsd('0.000425'))
  })

  // https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html: cacheDetails tell writes apart, the longer lifetime first.
  test('writes of both lifetimes beside the input, and their cost', () => {
    const units = readUsage({
      inputTokens: 3,
      outputTokens: 10,
      totalTokens: 3513,
      cacheReadInputTokens: 2000,
      cacheWriteInputTokens: 1500,
      cacheDetails: [
        { ttl: '1h', inputTokens: 1000 },
        { ttl: '5m', inputTokens: 500 },
      ],
    })?.units
    expect(units).toEqual({
      input_uncached: 3,
      cache_read: 2000,
      cache_write_5m: 500,
      cache_write_1h: 1000,
      output_text: 10,
    })
    expect(costAt(units, HAIKU)).toBe(parseUsd('0.002878'))
  })

  // https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html: nothing read and nothing written is told as 0.
  test('a call that misses the cache', () => {
    const reported = {
      inputTokens: 15,
      outputTokens: 395,
      totalTokens: 410,
      cacheReadInputTokens: 0,
      cacheWriteInputTokens: 0,
    }
    const units = readUsage(reported)?.units
    expect(units).toEqual({ input_uncached: 15, cache_read: 0, cache_write_5m: 0, output_text: 395 })
    expect(costAt(units, HAIKU)).toBe(parseUsd('0.00199'))
  })

  test('buckets add up to the provider’s total', () => {
    const count = fc.nat(1_000_000)
    fc.assert(
      fc.property(fc.tuple(count, count, count, count, count), ([input, read, short, long, output]) => {
        const total = input + read + short + long + output
        const units = readUsage({
          inputTokens: input,
          outputTokens: output,
          totalTokens: total,
          cacheReadInputTokens: read,
          cacheWriteInputTokens: short + long,
          cacheDetails: [
            { ttl: '1h', inputTokens: long },
            { ttl: '5m', inputTokens: short },
          ],
        })?.units
        expect(units === undefined ? null : countInputTokens(units) + countOutputTokens(units)).toBe(total)
      }),
    )
  })

  test('no bucket is ever negative, whatever is reported', () => {
    const count = fc.option(fc.oneof(fc.integer({ min: -5, max: 50 }), fc.double()))
    const usage = fc.record({
      inputTokens: count,
      outputTokens: count,
      cacheReadInputTokens: count,
      cacheWriteInputTokens: count,
      cacheDetails: fc.array(fc.record({ ttl: fc.constantFrom('1h', '5m'), inputTokens: count })),
    })
    fc.assert(
      fc.property(usage, (reported) =>
        Object.values(readUsage(reported)?.units ?? {}).every((units) => Number.isSafeInteger(units) && units >= 0),
      ),
    )
  })
})
