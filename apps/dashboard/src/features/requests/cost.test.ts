import { expect, test } from 'vitest'
import type { OfferingRates } from '@atpar/core/pricing'
import { breakDownCost } from './cost.ts'

const rates: OfferingRates = {
  offeringId: 'openai/gpt-test',
  priceVersionId: 'p1',
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
const event = {
  units: { input_uncached: 12, output_text: 34 },
  startedAtMs: 0,
  serviceTier: null,
  costPusd: 22_200_000n,
}

test('tokens × price add up to what was billed', () => {
  expect(breakDownCost(event, rates)).toMatchObject({
    kind: 'lines',
    isEqual: true,
    sumPusd: 22_200_000n,
    lines: [
      { bucket: 'input_uncached', units: 12, costPusd: 1_800_000n },
      { bucket: 'output_text', units: 34, costPusd: 20_400_000n },
    ],
  })
})

test('a recorded cost that the prices do not give is called unequal', () => {
  expect(breakDownCost({ ...event, costPusd: 22_200_001n }, rates)).toMatchObject({ isEqual: false })
})

test('usage without a price is named and not shown as free', () => {
  expect(breakDownCost({ ...event, units: { pages: 3 } }, rates)).toEqual({ kind: 'unpriced', missing: ['pages'] })
  expect(breakDownCost(event, null)).toMatchObject({ kind: 'unpriced' })
})

test('an attempt without usage has nothing to multiply', () => {
  expect(breakDownCost({ ...event, units: {} }, rates)).toEqual({ kind: 'nothing-used' })
})
