import type { JsonObject } from '@atpar/core/json'
import { parseUsd } from '@atpar/core/money'
import { countInputTokens, countOutputTokens, type UsageUnits } from '@atpar/core/usage'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { costAt } from '../testing.ts'
import { readUsage } from './usage.ts'

/** What runs on the caller's own machine is listed at nothing; the second price is of a cloud that would have run it. */
const LOCAL = { input_uncached: '0', output_text: '0' }
const CLOUD = { input_uncached: '0.1', output_text: '0.4' }

describe('reading what Ollama reports', () => {
  /** The closing object of each example in https://github.com/ollama/ollama/blob/main/docs/api.md, and of https://docs.ollama.com/api/usage. */
  test.each<readonly [example: string, body: JsonObject, units: UsageUnits, cloudUsd: string]>([
    [
      'a chat',
      { total_duration: 4883583458, load_duration: 1334875, prompt_eval_count: 26, eval_count: 282 },
      { input_uncached: 26, output_text: 282 },
      '0.0001154',
    ],
    [
      'a chat without streaming',
      { total_duration: 5191566416, load_duration: 2154458, prompt_eval_count: 26, eval_count: 298 },
      { input_uncached: 26, output_text: 298 },
      '0.0001218',
    ],
    [
      'a call of a tool',
      { total_duration: 3244883583, load_duration: 2969184542, prompt_eval_count: 169, eval_count: 18 },
      { input_uncached: 169, output_text: 18 },
      '0.0000241',
    ],
    [
      'the end of a streamed call of a tool',
      { total_duration: 182242375, load_duration: 41295167, prompt_eval_count: 169, eval_count: 15 },
      { input_uncached: 169, output_text: 15 },
      '0.0000229',
    ],
    [
      'the page on usage',
      { total_duration: 174560334, prompt_eval_count: 11, eval_count: 18, eval_duration: 52479709 },
      { input_uncached: 11, output_text: 18 },
      '0.0000083',
    ],
  ])('%s', (_example, body, units, cloudUsd) => {
    expect(readUsage(body)?.units).toEqual(units)
    expect(costAt(units, LOCAL)).toBe(0n)
    expect(costAt(units, CLOUD)).toBe(parseUsd(cloudUsd))
  })

  test('a prompt that was in memory already is left out by some versions, and then costs nothing', () => {
    expect(readUsage({ eval_count: 18 })?.units).toEqual({ output_text: 18 })
  })

  test('an object in the middle of a stream has no counts', () => {
    expect(readUsage({ done: false, message: { content: 'The' } })).toBeNull()
  })

  test('buckets add up to both counts', () => {
    const count = fc.nat(1_000_000)
    fc.assert(
      fc.property(fc.tuple(count, count, count), ([prompt, output, duration]) => {
        const units = readUsage({ prompt_eval_count: prompt, eval_count: output, total_duration: duration })?.units
        expect(units === undefined ? null : [countInputTokens(units), countOutputTokens(units)]).toEqual([
          prompt,
          output,
        ])
      }),
    )
  })

  test('no bucket is ever negative, whatever is reported', () => {
    const count = fc.option(fc.oneof(fc.integer({ min: -5, max: 50 }), fc.double()))
    fc.assert(
      fc.property(fc.record({ prompt_eval_count: count, eval_count: count }), (reported) =>
        Object.values(readUsage(reported)?.units ?? {}).every((units) => Number.isSafeInteger(units) && units >= 0),
      ),
    )
  })
})
