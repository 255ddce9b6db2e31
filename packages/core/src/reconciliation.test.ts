import { expect, test } from 'vitest'
import { pusd } from './money.ts'
import { reconcile, type ModelDay, type OurDay } from './reconciliation.ts'

const ours = (overrides: Partial<OurDay> = {}): OurDay => ({
  finalUnits: { input_uncached: 100n, cache_read: 40n, output: 10n },
  estimatedUnits: {},
  attempts: 3n,
  estimatedAttempts: 0n,
  costPusd: pusd(1_000_000n),
  estimatedHoldPusd: pusd(0n),
  ...overrides,
})
const dayOf = (overrides: Partial<ModelDay> = {}): ModelDay => ({
  provider: 'openai',
  model: 'gpt-4o-mini',
  day: '2026-11-15',
  ours: ours(),
  billed: { units: { input_uncached: 100n, cache_read: 40n, output: 10n }, costPusd: pusd(1_000_000n) },
  ...overrides,
})
const one = (overrides: Partial<ModelDay>) => {
  const [comparison] = reconcile([dayOf(overrides)])
  if (comparison === undefined) throw new Error('no comparison')
  return comparison
}
const explanations = (overrides: Partial<ModelDay>) =>
  Object.fromEntries(one(overrides).buckets.map(({ bucket, explanation }) => [bucket, explanation]))

test('what agrees to the unit and the pico-dollar is equal', () => {
  expect(one({})).toMatchObject({ verdict: 'equal', unexplainedUnits: 0n, unexplainedPusd: 0n })
})

test('one unit more or less on a day of finished calls is a difference', () => {
  for (const output of [9n, 11n]) {
    const comparison = one({ billed: { units: { input_uncached: 100n, cache_read: 40n, output }, costPusd: null } })
    expect(comparison).toMatchObject({ verdict: 'different', unexplainedUnits: 1n })
  }
})

test('an abandoned answer explains a bill above what is final, never one below it', () => {
  const abandoned = ours({
    estimatedUnits: { output: 5n },
    estimatedAttempts: 1n,
    estimatedHoldPusd: pusd(500n),
  })
  const billed = (output: bigint) => ({ units: { input_uncached: 100n, cache_read: 40n, output }, costPusd: null })
  expect(one({ ours: abandoned, billed: billed(22n) })).toMatchObject({ verdict: 'explained', unexplainedUnits: 0n })
  expect(one({ ours: abandoned, billed: billed(9n) }).verdict).toBe('different')
})

test('a cost is contested above one in a thousand of the bill and not at it', () => {
  const at = (costPusd: bigint) => one({ billed: { units: null, costPusd: pusd(costPusd) } })
  expect(at(1_001_000n)).toMatchObject({ verdict: 'explained', unexplainedPusd: 0n })
  expect(at(1_002_000n)).toMatchObject({ verdict: 'different', unexplainedPusd: 2_000n })
  expect(at(990_000n)).toMatchObject({ verdict: 'different', unexplainedPusd: -10_000n })
})

test('unfinished attempts explain a dearer bill up to what was held for them', () => {
  const held = ours({ estimatedAttempts: 1n, estimatedHoldPusd: pusd(500_000n) })
  expect(one({ ours: held, billed: { units: null, costPusd: pusd(1_500_000n) } }).verdict).toBe('explained')
  expect(one({ ours: held, billed: { units: null, costPusd: pusd(1_500_001n) } }).verdict).toBe('different')
  expect(one({ ours: held, billed: { units: null, costPusd: pusd(900_000n) } }).verdict).toBe('different')
})

test('each difference is named: other bucket, more, less, only theirs, only ours', () => {
  const billedAs = (units: ModelDay['billed']['units']) => ({ billed: { units, costPusd: null } })
  expect(explanations(billedAs({ input_uncached: 140n, cache_read: 0n, output: 10n }))).toMatchObject({
    input_uncached: 'other_bucket',
    cache_read: 'other_bucket',
    output: 'equal',
  })
  expect(explanations(billedAs({ output: 12n }))).toEqual({ output: 'counted_more' })
  expect(explanations(billedAs({ output: 2n }))).toEqual({ output: 'counted_less' })
  expect(explanations(billedAs({}))).toMatchObject({ output: 'not_on_their_bill', cache_read: 'not_on_their_bill' })
  const nothing = ours({ finalUnits: {}, attempts: 0n, costPusd: pusd(0n) })
  expect(explanations({ ours: nothing, ...billedAs({ output: 2n }) })).toEqual({ output: 'not_on_our_books' })
})

test('calls at midnight that the provider counts on the next day cancel out, by as much and no other amount', () => {
  const shifted = (day: string, output: bigint) =>
    dayOf({ day, billed: { units: { output }, costPusd: null }, ours: ours({ finalUnits: { output: 10n } }) })
  const verdicts = (second: bigint) =>
    reconcile([shifted('2026-11-15', 7n), shifted('2026-11-16', second)]).map(({ verdict }) => verdict)
  expect(verdicts(13n)).toEqual(['explained', 'explained'])
  expect(verdicts(14n)).toEqual(['different', 'different'])
})

test('without a report of usage no units are compared', () => {
  expect(one({ billed: { units: null, costPusd: pusd(1_000_000n) } })).toMatchObject({ verdict: 'equal', buckets: [] })
})
