import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dearestCost, fittingOutput, hardRoomOf } from './hold-arithmetic.ts'
import { pusd } from './money.ts'
import type { OfferingRates } from './pricing.ts'
import type { BudgetCounter, BudgetState } from './quota.ts'

const rates = (input: bigint, output: bigint): OfferingRates => ({
  offeringId: 'o',
  priceVersionId: 'p',
  rows: [
    {
      contextFrom: 0,
      serviceTier: null,
      window: null,
      prices: {
        input_uncached: { amountPusd: input, perUnits: 1n },
        output_text: { amountPusd: output, perUnits: 1n },
      },
    },
  ],
})
const offering = (input: bigint, output: bigint) => ({ rates: rates(input, output), funding: 'platform' as const })
const CANDIDATES = [offering(2n, 10n), offering(3n, 8n), { ...offering(99n, 99n), funding: 'local' as const }]

describe('the hold of a request', () => {
  it('is priced at the dearest candidate that costs us anything', () => {
    expect(dearestCost(CANDIDATES, { inputTokens: 10, outputTokens: 1 })).toBe(38n)
    expect(dearestCost(CANDIDATES, { inputTokens: 1, outputTokens: 10 })).toBe(102n)
  })

  it('fits as much output as the room has and not a token more', () => {
    fc.assert(
      fc.property(
        fc.nat(2_000),
        fc.nat(5_000),
        fc.bigInt(0n, 60_000n),
        fc.bigInt(0n, 6_000n),
        (inputTokens, outputTokens, money, tokens) => {
          const room = { pusd: pusd(money), tokens }
          const isWithin = (output: number): boolean =>
            dearestCost(CANDIDATES, { inputTokens, outputTokens: output }) <= money &&
            BigInt(inputTokens + output) <= tokens
          const output = fittingOutput(CANDIDATES, { inputTokens, outputTokens }, room)
          if (output === null) expect(isWithin(0)).toBe(false)
          else {
            expect(isWithin(output)).toBe(true)
            expect(output === outputTokens || !isWithin(output + 1)).toBe(true)
          }
        },
      ),
    )
  })
})

describe('the room of hard budgets', () => {
  const counter = (unit: 'usd' | 'tokens', hard: boolean): BudgetCounter => ({
    budgetId: 'b',
    periodId: 'total',
    unit,
    limit: 0n,
    version: 1,
    hard,
  })
  const state = (unit: 'usd' | 'tokens', limit: bigint, used: bigint, held: bigint): BudgetState => ({
    budgetId: 'b',
    periodId: 'total',
    unit,
    limit,
    used,
    held,
  })

  it('is the narrowest of each unit, and soft ones do not narrow it', () => {
    expect(
      hardRoomOf(
        [counter('usd', true), counter('usd', true), counter('usd', false), counter('tokens', true)],
        [
          state('usd', 100n, 20n, 30n),
          state('usd', 90n, 10n, 5n),
          state('usd', 1n, 1n, 0n),
          state('tokens', 500n, 600n, 0n),
        ],
      ),
    ).toEqual({ pusd: 50_000n, tokens: -100n })
    expect(hardRoomOf([], [])).toEqual({ pusd: null, tokens: null })
  })
})
