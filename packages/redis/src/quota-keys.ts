import { DAY_MS } from '@atpar/core/durations'
import { pusd, toNanoUsdCeil, type NanoUsd } from '@atpar/core/money'
import type { BudgetCounter } from '@atpar/core/quota'

/** All keys of an organization share the hash tag, so that they live in one slot of a cluster. */
export const keyPrefix = (orgId: string): string => `q:{${orgId}}:`
export const epochKey = (orgId: string): string => `q:{${orgId}}:epoch`
export const reportsKey = (orgId: string, nonce: string): string => `q:{${orgId}}:rb:${nonce}`
export const rebuildNonceKey = (orgId: string): string => `q:{${orgId}}:rbn`

/** Names a counter within its organization: the key of the map that `readUsed` returns. */
export const counterKey = (counter: Pick<BudgetCounter, 'budgetId' | 'periodId'>): string =>
  `${counter.budgetId}:${counter.periodId}`

/** What a hold of this size takes from a counter: money, or tokens where it counts those. */
export const heldOn = (
  counter: Pick<BudgetCounter, 'unit'>,
  size: { readonly amount: NanoUsd; readonly tokens: number },
): bigint => (counter.unit === 'tokens' ? BigInt(Math.ceil(size.tokens)) : size.amount)

/** A sum from Postgres (pico-USD, or tokens) as Redis counts it. */
export const countedOf = (counter: Pick<BudgetCounter, 'unit'>, sum: bigint): bigint =>
  counter.unit === 'tokens' ? sum : toNanoUsdCeil(pusd(sum))

/** The request a hold belongs to: the id up to its last colon. */
export const requestIdOf = (holdId: string): string => {
  const end = holdId.lastIndexOf(':')
  return end === -1 ? holdId : holdId.slice(0, end)
}

const GRACE_DAYS = 40

/**
 * How long a counter that is set now must live: its whole period, a day of time zones, and 40 days in which late events may still settle
 * on it. 0 = for ever.
 */
export const counterTtlMs = (periodId: string): number => {
  if (periodId === 'total') return 0
  const periodDays = periodId.includes('W') ? 7 : periodId.length > 7 ? 1 : 31
  return (periodDays + 1 + GRACE_DAYS) * DAY_MS
}
