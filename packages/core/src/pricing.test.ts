import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { UnitPrice } from './money.ts'
import { boundCost, rateUsage, selectRates, type OfferingRates, type RateRow } from './pricing.ts'
import { countInputTokens, countOutputTokens, INPUT_BUCKETS, OUTPUT_BUCKETS, type UsageBucket } from './usage.ts'

const perMillion = (dollars: bigint): UnitPrice => ({ amountPusd: dollars * 10n ** 12n, perUnits: 1_000_000n })
const row = (some: Partial<RateRow>): RateRow => ({
  contextFrom: 0,
  serviceTier: null,
  window: null,
  prices: {},
  ...some,
})
const rates = (...rows: readonly RateRow[]): OfferingRates => ({ offeringId: 'o', priceVersionId: 'v', rows })
const at = (time: string): number => Date.parse(`2026-11-22T${time}Z`)
const NOON = { startedAtMs: at('12:00:00.000'), serviceTier: null }

describe('selectRates', () => {
  it('takes the tier of the whole context, from its first token on', () => {
    const short = row({})
    const long = row({ contextFrom: 200_001 })
    for (const book of [rates(short, long), rates(long, short)]) {
      expect(selectRates(book, 200_000, NOON)).toBe(short)
      expect(selectRates(book, 200_001, NOON)).toBe(long)
    }
  })

  it('takes the price of the tier that served, by whatever name a provider has for its standard one', () => {
    const standard = row({})
    const priority = row({ serviceTier: 'priority' })
    const book = rates(priority, standard)
    for (const name of [null, '', 'default', 'standard', 'on_demand', 'SERVICE_TIER_UNSPECIFIED'])
      expect(selectRates(book, 0, { ...NOON, serviceTier: name })).toBe(standard)
    expect(selectRates(book, 0, { ...NOON, serviceTier: 'PRIORITY' })).toBe(priority)
  })

  it('has no price for a tier that the book does not know, and never takes the standard one for it', () => {
    expect(selectRates(rates(row({})), 0, { ...NOON, serviceTier: 'flex' })).toBeUndefined()
    expect(
      rateUsage({ input_uncached: 1 }, rates(row({ prices: { input_uncached: perMillion(1n) } })), {
        ...NOON,
        serviceTier: 'flex',
      }),
    ).toEqual({
      priced: false,
      missing: ['input_uncached'],
    })
  })

  it.each([
    ['16:29:59.999', 'day'],
    ['16:30:00.000', 'night'],
    ['23:59:59.999', 'night'],
    ['00:00:00.000', 'night'],
    ['00:29:59.999', 'night'],
    ['00:30:00.000', 'day'],
  ] as const)('takes a window past midnight at %s: %s', (time, expected) => {
    const day = row({})
    const night = row({ window: { fromMinute: 16 * 60 + 30, toMinute: 30 } })
    expect(selectRates(rates(day, night), 0, { startedAtMs: at(time), serviceTier: null })).toBe(
      expected === 'night' ? night : day,
    )
  })

  it.each([
    ['08:59:59.999', false],
    ['09:00:00.000', true],
    ['16:59:59.999', true],
    ['17:00:00.000', false],
  ] as const)('takes a window within a day at %s: %s', (time, isInside) => {
    const window = row({ window: { fromMinute: 9 * 60, toMinute: 17 * 60 } })
    expect(selectRates(rates(window), 0, { startedAtMs: at(time), serviceTier: null })).toBe(
      isInside ? window : undefined,
    )
  })

  it('prefers context over window', () => {
    const always = { fromMinute: 0, toMinute: 1440 }
    const windowed = row({ window: always })
    const longer = row({ contextFrom: 1 })
    expect(selectRates(rates(windowed, longer), 1, NOON)).toBe(longer)
    expect(selectRates(rates(windowed, row({})), 0, NOON)).toBe(windowed)
  })

  it('finds none when no row applies', () => {
    expect(selectRates(rates(), 0, NOON)).toBeUndefined()
    expect(selectRates(rates(row({ contextFrom: 10 })), 9, NOON)).toBeUndefined()
  })
})

describe('rateUsage', () => {
  it('multiplies each bucket by its own price and adds', () => {
    const book = rates(
      row({ prices: { input_uncached: perMillion(3n), cache_read: perMillion(1n), output_text: perMillion(15n) } }),
    )
    const rating = rateUsage({ input_uncached: 1_000, cache_read: 500, output_text: 10 }, book, NOON)
    expect(rating).toMatchObject({ priced: true, costPusd: 3_000_000_000n + 500_000_000n + 150_000_000n })
  })

  it('floors per bucket, so a sum of halves stays below the half it would round to', () => {
    const half = { amountPusd: 1n, perUnits: 2n }
    const book = rates(row({ prices: { input_uncached: half, output_text: half } }))
    expect(rateUsage({ input_uncached: 1, output_text: 3 }, book, NOON)).toMatchObject({ costPusd: 1n })
  })

  it('counts cached input to the context that picks the tier', () => {
    const book = rates(
      row({ prices: { input_uncached: perMillion(1n) } }),
      row({ contextFrom: 100, prices: { input_uncached: perMillion(2n) } }),
    )
    expect(rateUsage({ input_uncached: 10, cache_read: 89 }, book, NOON)).toMatchObject({ costPusd: 99_000_000n })
    expect(rateUsage({ input_uncached: 10, cache_read: 90 }, book, NOON)).toMatchObject({ costPusd: 200_000_000n })
  })

  it.each([
    ['output_reasoning', 'output_text'],
    ['cache_read', 'input_uncached'],
    ['cache_write_5m', 'input_uncached'],
    ['cache_write_1h', 'cache_write_5m'],
    ['cache_write_1h', 'input_uncached'],
  ] as const)('bills %s at the price of %s where it has none', (bucket, priced) => {
    const book = rates(row({ prices: { [priced]: perMillion(4n) } }))
    expect(rateUsage({ [bucket]: 2 }, book, NOON)).toMatchObject({ priced: true, costPusd: 8_000_000n })
  })

  it('prefers a bucket’s own price, a price of zero included', () => {
    const book = rates(row({ prices: { cache_read: perMillion(0n), input_uncached: perMillion(9n) } }))
    expect(rateUsage({ cache_read: 1_000 }, book, NOON)).toMatchObject({ priced: true, costPusd: 0n })
  })

  it('names every used bucket without a price instead of billing it at 0', () => {
    const book = rates(row({ prices: { input_uncached: perMillion(1n) } }))
    expect(rateUsage({ input_uncached: 5, output_text: 1, audio_in: 2 }, book, NOON)).toEqual({
      priced: false,
      missing: ['output_text', 'audio_in'],
    })
    expect(rateUsage({ input_uncached: 5 }, rates(), NOON)).toEqual({ priced: false, missing: ['input_uncached'] })
  })

  // https://groq.com/pricing: "Minimum billed 10 seconds per request", Whisper large v3 turbo at $0.04 an hour.
  it.each([
    [3, 10],
    [10, 10],
    [11, 11],
    [0, 0],
  ])('bills %i seconds of sound as %i where the provider has a minimum of 10', (used, expected) => {
    const perHour = { amountPusd: 40_000_000_000n, perUnits: 3_600n, minimumUnits: 10n }
    const book = rates(row({ prices: { seconds: perHour } }))
    expect(rateUsage({ seconds: used }, book, NOON)).toMatchObject({
      priced: true,
      costPusd: (BigInt(expected) * 40_000_000_000n) / 3_600n,
    })
  })

  // https://ai.google.dev/gemini-api/docs/pricing: Gemini 2.5 Pro, $1.25 up to 200k tokens of prompt and $2.50 above, $10 and $15 out.
  it.each([
    [200_000, 1_000, 250_000_000_000n + 10_000_000_000n],
    [200_001, 1_000, 500_002_500_000n + 15_000_000_000n],
  ])('bills the whole of a prompt of %i tokens at the price of its tier', (input, output, expected) => {
    const usd = (cents: bigint) => ({ amountPusd: cents * 10n ** 10n, perUnits: 1_000_000n })
    const book = rates(
      row({ prices: { input_uncached: usd(125n), output_text: usd(1_000n) } }),
      row({ contextFrom: 200_001, prices: { input_uncached: usd(250n), output_text: usd(1_500n) } }),
    )
    expect(rateUsage({ input_uncached: input, output_text: output }, book, NOON)).toMatchObject({ costPusd: expected })
  })

  it('needs no price for what was not used', () => {
    expect(rateUsage({ searches: 0 }, rates(), NOON)).toEqual({ priced: true, costPusd: 0n, lines: [] })
  })
})

describe('boundCost', () => {
  it('is exact for the dearest way a request can go', () => {
    const prices = { input_uncached: perMillion(3n), cache_write_1h: perMillion(6n), output_text: perMillion(15n) }
    expect(boundCost(rates(row({ prices })), { inputTokens: 100, outputTokens: 10 })).toBe(600_000_000n + 150_000_000n)
  })

  it('leaves out a context tier that the bound cannot reach', () => {
    const book = rates(
      row({ prices: { input_uncached: perMillion(1n) } }),
      row({ contextFrom: 101, prices: { input_uncached: perMillion(2n) } }),
    )
    expect(boundCost(book, { inputTokens: 100, outputTokens: 0 })).toBe(100_000_000n)
    expect(boundCost(book, { inputTokens: 101, outputTokens: 0 })).toBe(202_000_000n)
  })

  it('covers the minimum of every bucket that may be used, not only of the dearest', () => {
    const price = { ...perMillion(5n), minimumUnits: 50n }
    const book = rates(row({ prices: { input_uncached: price, cache_read: price } }))
    const bill = rateUsage({ input_uncached: 1, cache_read: 1 }, book, NOON)
    expect(bill).toMatchObject({ costPusd: 500_000_000n })
    expect(boundCost(book, { inputTokens: 2, outputTokens: 0 })).toBeGreaterThanOrEqual(500_000_000n)
    expect(boundCost(book, { inputTokens: 0, outputTokens: 0 })).toBe(0n)
  })

  it('covers what is counted in anything but tokens, up to its own bound', () => {
    const prices = { searches: { amountPusd: 2_000_000_000n, perUnits: 1n }, requests: perMillion(1n) }
    const book = rates(row({ prices }))
    const bound = { inputTokens: 0, outputTokens: 0 }
    expect(boundCost(book, bound)).toBe(1_000_000n)
    // A request is counted once, whatever its bound says of it.
    expect(boundCost(book, { ...bound, units: { searches: 3, requests: 9 } })).toBe(6_001_000_000n)
  })

  it.each(INPUT_BUCKETS)('covers input that is all %s', (bucket) => {
    const book = rates(row({ prices: { [bucket]: perMillion(7n) } }))
    expect(boundCost(book, { inputTokens: 10, outputTokens: 0 })).toBe(70_000_000n)
  })

  it.each(OUTPUT_BUCKETS)('covers output that is all %s', (bucket) => {
    const book = rates(row({ prices: { [bucket]: perMillion(7n) } }))
    expect(boundCost(book, { inputTokens: 0, outputTokens: 10 })).toBe(70_000_000n)
  })

  it('covers the bill of any usage within the bound, at any time and tier', () => {
    const tokenBuckets = [...INPUT_BUCKETS, ...OUTPUT_BUCKETS]
    // Few denominators, so that prices are compared as often as they are computed.
    const price = fc.record(
      {
        amountPusd: fc.bigInt({ min: 0n, max: 10n ** 9n }),
        perUnits: fc.constantFrom(1n, 7n, 10_000n),
        minimumUnits: fc.bigInt({ min: 1n, max: 50n }),
      },
      { requiredKeys: ['amountPusd', 'perUnits'] },
    )
    const pricesOf = (buckets: readonly UsageBucket[]): fc.Arbitrary<RateRow['prices']> =>
      fc.record(Object.fromEntries(buckets.map((bucket) => [bucket, price])), { requiredKeys: [] })
    const minute = fc.integer({ min: 0, max: 1_440 })
    const tier = fc.constantFrom(null, 'priority', 'batch')
    const rateRow = fc.record({
      contextFrom: fc.constantFrom(0, 10, 200),
      serviceTier: tier,
      window: fc.option(fc.record({ fromMinute: minute, toMinute: minute })),
      prices: pricesOf([...tokenBuckets, 'requests']),
    })
    const unitsOf = (buckets: readonly UsageBucket[]) =>
      fc.record(Object.fromEntries(buckets.map((bucket) => [bucket, fc.integer({ min: 0, max: 100 })])), {
        requiredKeys: [],
      })
    let priced = 0
    fc.assert(
      fc.property(
        fc.array(rateRow, { minLength: 1, maxLength: 4 }),
        fc.oneof(unitsOf(tokenBuckets), unitsOf(['input_uncached', 'output_text']), unitsOf(['audio_in', 'image_out'])),
        fc.record({ more: fc.nat(300), requests: fc.nat(1), minute, tier }),
        (rows, tokens, { more, requests, minute: started, tier: serviceTier }) => {
          const units = { ...tokens, requests }
          const rating = rateUsage(units, rates(...rows), { startedAtMs: started * 60_000, serviceTier })
          if (!rating.priced) return
          priced += 1
          const bound = { inputTokens: countInputTokens(units) + more, outputTokens: countOutputTokens(units) + more }
          expect(boundCost(rates(...rows), bound) >= rating.costPusd).toBe(true)
        },
      ),
      { numRuns: 500, seed: 11 },
    )
    // The property says nothing about a bill that could not be made.
    expect(priced).toBeGreaterThan(50)
  })
})
