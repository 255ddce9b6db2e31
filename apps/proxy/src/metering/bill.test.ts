import { describe, expect, it } from 'vitest'
import { parseUsd, ZERO_PUSD } from '@atpar/core/money'
import type { OfferingRates } from '@atpar/core/pricing'
import { computeBill, type BillInput } from './bill.ts'

const RATES: OfferingRates = {
  offeringId: 'openai/gpt-4o-mini',
  priceVersionId: 'test',
  rows: [
    {
      contextFrom: 0,
      serviceTier: null,
      window: null,
      prices: {
        input_uncached: { amountPusd: 150_000n, perUnits: 1n },
        output_text: { amountPusd: 600_000n, perUnits: 1n },
      },
    },
  ],
}

const input = (changes: Partial<BillInput>): BillInput => ({
  units: { input_uncached: 1_000, output_text: 500 },
  usageSource: 'provider_final',
  outcome: 'ok',
  hasContent: true,
  funding: 'platform',
  rates: RATES,
  startedAtMs: 0,
  serviceTier: null,
  ceilingPusd: null,
  ...changes,
})

const COST = parseUsd('0.00045')

describe('computeBill', () => {
  it('bills exactly the list price of a complete answer', () => {
    expect(computeBill(input({}))).toEqual({
      costPusd: COST,
      billedPusd: COST,
      absorbedPusd: ZERO_PUSD,
      absorbedReason: null,
    })
  })

  it('absorbs everything of a failure that delivered nothing', () => {
    expect(computeBill(input({ outcome: 'upstream_error', hasContent: false }))).toEqual({
      costPusd: COST,
      billedPusd: ZERO_PUSD,
      absorbedPusd: COST,
      absorbedReason: 'zero_output',
    })
  })

  it('bills what was delivered before a failure', () => {
    expect(computeBill(input({ outcome: 'upstream_error' })).billedPusd).toBe(COST)
  })

  it('never bills above the hold of a hard budget, and says who pays the rest', () => {
    const ceiling = parseUsd('0.0001')
    const bill = computeBill(input({ ceilingPusd: ceiling }))
    expect(bill).toEqual({
      costPusd: COST,
      billedPusd: ceiling,
      absorbedPusd: COST - ceiling,
      absorbedReason: 'budget_cut',
    })
  })

  it('bills nothing for a bucket without a price instead of pretending it was free', () => {
    expect(computeBill(input({ units: { input_uncached: 1, searches: 1 } }))).toEqual({
      costPusd: ZERO_PUSD,
      billedPusd: ZERO_PUSD,
      absorbedPusd: ZERO_PUSD,
      absorbedReason: 'unpriced',
    })
  })

  it("bills nothing for local models and for the customer's own credential", () => {
    expect(computeBill(input({ funding: 'local' })).costPusd).toBe(ZERO_PUSD)
    expect(computeBill(input({ funding: 'byok' }))).toEqual({
      costPusd: COST,
      billedPusd: ZERO_PUSD,
      absorbedPusd: ZERO_PUSD,
      absorbedReason: null,
    })
  })
})
