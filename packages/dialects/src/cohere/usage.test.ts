import { parseUsd } from '@atpar/core/money'
import { countInputTokens, countOutputTokens } from '@atpar/core/usage'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { costAt } from '../testing.ts'
import { readUsage } from './usage.ts'

/** Command R (08-2024), and searches as Rerank sells them: https://cohere.com/pricing */
const COMMAND_R = { input_uncached: '0.15', output_text: '0.6', searches: '2000' }

describe('reading what Cohere reports', () => {
  // https://docs.cohere.com/reference/chat
  test('the reference’s answer: what is billed, not what was counted, and its cost', () => {
    const units = readUsage({
      billed_units: { input_tokens: 5, output_tokens: 418 },
      tokens: { input_tokens: 71, output_tokens: 418 },
    })?.units
    expect(units).toEqual({ input_uncached: 5, output_text: 418 })
    expect(costAt(units, COMMAND_R)).toBe(parseUsd('0.00025155'))
  })

  // https://docs.cohere.com/docs/how-does-cohere-pricing-work: tokens are paid for as billed; a search unit is a query with up to 100 documents.
  test('searches are billed beside the tokens, and none are not', () => {
    const billed = (search_units: number) =>
      readUsage({ billed_units: { input_tokens: 100, output_tokens: 10, search_units } })?.units
    expect(billed(2)).toEqual({ input_uncached: 100, output_text: 10, searches: 2 })
    expect(costAt(billed(2), COMMAND_R)).toBe(parseUsd('0.004021'))
    expect(billed(0)).toEqual({ input_uncached: 100, output_text: 10 })
  })

  test('an answer without a bill is counted by its tokens', () => {
    expect(readUsage({ tokens: { input_tokens: 9, output_tokens: 3 } })?.units).toEqual({
      input_uncached: 9,
      output_text: 3,
    })
  })

  test('buckets add up to what is billed, however much more was counted', () => {
    const count = fc.nat(1_000_000)
    fc.assert(
      fc.property(fc.tuple(count, count, count, count, count), ([input, output, around, cached, searches]) => {
        const units = readUsage({
          billed_units: { input_tokens: input, output_tokens: output, search_units: searches },
          tokens: { input_tokens: input + around, output_tokens: output + around },
          cached_tokens: cached,
        })?.units
        expect(
          units === undefined ? null : [countInputTokens(units), countOutputTokens(units), units.searches ?? 0],
        ).toEqual([input, output, searches])
      }),
    )
  })

  test('no bucket is ever negative, whatever is reported', () => {
    const count = fc.option(fc.oneof(fc.integer({ min: -5, max: 50 }), fc.double()))
    const counts = fc.record({ input_tokens: count, output_tokens: count, search_units: count })
    fc.assert(
      fc.property(fc.record({ billed_units: fc.option(counts), tokens: counts }), (reported) =>
        Object.values(readUsage(reported)?.units ?? {}).every((units) => Number.isSafeInteger(units) && units >= 0),
      ),
    )
  })
})
