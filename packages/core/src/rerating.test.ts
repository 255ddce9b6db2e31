import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pusd, type UnitPrice } from './money.ts'
import { rateUsage, type OfferingRates } from './pricing.ts'
import type { PriceRow } from './price-row.ts'
import { correctDownwards, layOver, type Standing } from './rerating.ts'
import type { UsageBucket } from './usage.ts'

const perMillion = (dollars: bigint): UnitPrice => ({ amountPusd: dollars * 10n ** 12n, perUnits: 1_000_000n })
const pinned = (prices: Partial<Record<UsageBucket, UnitPrice>>): OfferingRates => ({
  offeringId: 'o',
  priceVersionId: 'v',
  rows: [{ contextFrom: 0, serviceTier: null, window: null, prices }],
})
const learnt = (bucket: UsageBucket, price: UnitPrice, effectiveFrom = '2026-11-05'): PriceRow => ({
  ...price,
  offeringId: 'o',
  bucket,
  contextFrom: 0,
  serviceTier: null,
  window: null,
  effectiveFrom,
  sourceUrl: 'https://example.test/prices',
  checkedOn: '2026-11-22',
})
const CONTEXT = { startedAtMs: Date.parse('2026-11-10T12:00:00Z'), serviceTier: null }
const DAY = '2026-11-10'

const billed = (cost: bigint, absorbed = 0n): Standing => ({
  costPusd: pusd(cost + absorbed),
  billedPusd: pusd(cost),
  absorbedPusd: pusd(absorbed),
  isUnpriced: false,
})
const after = (standing: Standing, correction: ReturnType<typeof correctDownwards>): Standing =>
  correction === null
    ? standing
    : {
        ...standing,
        costPusd: pusd(standing.costPusd + correction.costPusd),
        billedPusd: pusd(standing.billedPusd + correction.billedPusd),
        absorbedPusd: pusd(standing.absorbedPusd + correction.absorbedPusd),
      }

const INPUT = pinned({ input_uncached: perMillion(4n), output_text: perMillion(8n) })
const rerate = (standing: Standing, rows: readonly PriceRow[]) =>
  correctDownwards({
    units: { input_uncached: 100, output_text: 10 },
    context: CONTEXT,
    pinned: INPUT,
    later: layOver(INPUT, rows, DAY),
    standing,
  })
const COST = 480_000_000n

describe('a price that fell before we knew', () => {
  it('is given back to the pico-dollar', () => {
    expect(rerate(billed(COST), [learnt('input_uncached', perMillion(1n))])).toEqual({
      costPusd: -300_000_000n,
      billedPusd: -300_000_000n,
      absorbedPusd: 0n,
    })
  })

  it('changes nothing for a request of the day before it fell', () => {
    expect(rerate(billed(COST), [learnt('input_uncached', perMillion(1n), '2026-11-11')])).toBeNull()
  })

  it('never lets the rise of another bucket eat the credit', () => {
    const rows = [learnt('input_uncached', perMillion(1n)), learnt('output_text', perMillion(100n))]
    expect(rerate(billed(COST), rows)?.billedPusd).toBe(-300_000_000n)
  })

  it('never applies a rise backwards', () => {
    expect(rerate(billed(COST), [learnt('input_uncached', perMillion(9n))])).toBeNull()
  })

  it('comes off what we absorbed first where a hold cut the bill', () => {
    expect(rerate(billed(COST - 100_000_000n, 100_000_000n), [learnt('input_uncached', perMillion(3n))])).toEqual({
      costPusd: -100_000_000n,
      billedPusd: 0n,
      absorbedPusd: -100_000_000n,
    })
  })
})

describe('usage that had no price', () => {
  const standing: Standing = { ...billed(0n), isUnpriced: true }
  const unpriced = pinned({ input_uncached: perMillion(4n) })
  const find = (current: Standing) =>
    correctDownwards({
      units: { input_uncached: 100, searches: 2 },
      context: CONTEXT,
      pinned: unpriced,
      later: layOver(unpriced, [learnt('searches', { amountPusd: 10n ** 10n, perUnits: 1n })], DAY),
      standing: current,
    })

  it('gets its cost once the price is known, which we bear and the customer does not', () => {
    expect(find(standing)).toEqual({ costPusd: 20_400_000_000n, billedPusd: 0n, absorbedPusd: 20_400_000_000n })
  })

  it('gets it once', () => {
    expect(find(after(standing, find(standing)))).toBeNull()
  })
})

describe('re-rating whatever was used at whatever prices', () => {
  const BUCKETS = ['input_uncached', 'cache_read', 'output_text', 'output_reasoning'] as const
  const price = fc.record({
    amountPusd: fc.bigInt({ min: 0n, max: 10n ** 9n }),
    perUnits: fc.bigInt({ min: 1n, max: 1_000n }),
  })
  const prices = fc.record(
    { input_uncached: price, cache_read: price, output_text: price, output_reasoning: price },
    { requiredKeys: ['input_uncached', 'output_text'] },
  )
  const changes = fc.uniqueArray(
    fc.record({ bucket: fc.constantFrom(...BUCKETS), price, day: fc.constantFrom('2026-11-01', '2026-11-20') }),
    {
      selector: ({ bucket }) => bucket,
    },
  )
  const units = fc.record(
    {
      input_uncached: fc.nat(10_000),
      cache_read: fc.nat(10_000),
      output_text: fc.nat(10_000),
      output_reasoning: fc.nat(10_000),
    },
    { requiredKeys: [] },
  )

  it('never raises a bill, keeps cost = billed + absorbed, and twice is as good as once', () => {
    let corrected = 0
    fc.assert(
      fc.property(prices, changes, units, fc.nat(100), (listed, learntLater, used, billedPercent) => {
        const rates = pinned(listed)
        const later = layOver(
          rates,
          learntLater.map((change) => learnt(change.bucket, change.price, change.day)),
          DAY,
        )
        const rating = rateUsage(used, rates, CONTEXT)
        if (!rating.priced) return
        const cut = (rating.costPusd * BigInt(billedPercent)) / 100n
        const before = billed(cut, rating.costPusd - cut)
        const task = { units: used, context: CONTEXT, pinned: rates, later }
        const once = after(before, correctDownwards({ ...task, standing: before }))
        if (once !== before) corrected += 1
        expect(once.billedPusd <= before.billedPusd).toBe(true)
        expect(once.costPusd <= before.costPusd).toBe(true)
        expect(once.billedPusd >= 0n && once.absorbedPusd >= 0n).toBe(true)
        expect(once.costPusd).toBe(once.billedPusd + once.absorbedPusd)
        expect(correctDownwards({ ...task, standing: once })).toBeNull()
      }),
      { numRuns: 1_000 },
    )
    expect(corrected).toBeGreaterThan(100)
  })
})
