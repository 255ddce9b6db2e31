import { expect, test } from 'vitest'
import { findCrossings, type BudgetFacts } from './find-crossings.ts'

const budget = (over: Partial<BudgetFacts>): BudgetFacts => ({
  orgId: 'org',
  budgetId: 'budget',
  scope: 'key',
  scopeId: 'key',
  unit: 'usd',
  period: 'day',
  hard: true,
  periodId: '2026-11-22',
  endsAtMs: null,
  isOver: false,
  limit: 1_000n,
  used: 0n,
  thresholds: [80, 100],
  modelId: null,
  tag: null,
  ...over,
})
const crossed = (over: Partial<BudgetFacts>) => findCrossings(budget(over)).map(({ threshold }) => threshold)

test('a threshold is crossed by reaching it, and every lower one with it', () => {
  expect(crossed({ used: 799n })).toEqual([])
  expect(crossed({ used: 800n })).toEqual([80])
  expect(crossed({ used: 999n })).toEqual([80])
  expect(crossed({ used: 1_000n })).toEqual([80, 100])
  expect(crossed({ used: 5_000n, thresholds: [150, 500, 501] })).toEqual([150, 500])
})

test('amounts beyond what a double holds are compared exactly', () => {
  expect(crossed({ limit: 9_000_000_000_000_000_001n, used: 9_000_000_000_000_000_000n })).toEqual([80])
})

test('a budget of nothing tells nobody', () => {
  expect(crossed({ limit: 0n, used: 5n })).toEqual([])
})
