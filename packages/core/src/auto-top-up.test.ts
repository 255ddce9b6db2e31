import { expect, it } from 'vitest'
import { decideAutoTopUp, TOP_UP_COOLDOWN_MS, type AutoTopUpState } from './auto-top-up.ts'
import { parseUsd } from './money.ts'

const NOW = Date.UTC(2026, 10, 22)
const ready: AutoTopUpState = {
  isEnabled: true,
  isPaused: false,
  hasPaymentMethod: true,
  balancePusd: parseUsd('4.99'),
  thresholdPusd: parseUsd('5'),
  amountCents: 2_000n,
  dailyCapCents: 4_000n,
  spentTodayCents: 2_000n,
  lastTriggeredAtMs: NOW - TOP_UP_COOLDOWN_MS,
  isPending: false,
}

it('tops up a balance below its threshold, within the cap of a day', () => {
  expect(decideAutoTopUp(ready, NOW)).toBe('top_up')
  expect(decideAutoTopUp({ ...ready, lastTriggeredAtMs: null, balancePusd: parseUsd('-3') }, NOW)).toBe('top_up')
})

it.each([
  ['off', { isEnabled: false }],
  ['paused', { isPaused: true }],
  ['no_payment_method', { hasPaymentMethod: false }],
  ['enough', { balancePusd: parseUsd('5') }],
  ['pending', { isPending: true }],
  ['cooling_down', { lastTriggeredAtMs: NOW - TOP_UP_COOLDOWN_MS + 1 }],
  ['daily_cap', { spentTodayCents: 2_001n }],
] as const)('does not: %s', (reason, over) => {
  expect(decideAutoTopUp({ ...ready, ...over }, NOW)).toBe(reason)
})
