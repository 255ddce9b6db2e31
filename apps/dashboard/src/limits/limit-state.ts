import type { RateLimit } from '@atpar/core/quota'
import type { StoredBudget } from '@atpar/db/budgets'
import type { LimitHolder } from '@atpar/db/limit-holders'

/** One budget in its current period, as people look at it. */
export interface BudgetView {
  readonly kind: 'budget'
  readonly holder: LimitHolder
  readonly budget: StoredBudget
  /** Pico-USD, or tokens where the budget counts those; the same for `used` and `held`. */
  readonly limit: bigint
  readonly used: bigint
  /** Reserved for requests that run. */
  readonly held: bigint
  /** When the period ends; null for `total`. */
  readonly endsAtMs: number | null
  /** From Redis, as the proxies count; otherwise from what Postgres has, some seconds behind and without `held`. */
  readonly isLive: boolean
}

/** Null where the limit has no such part. */
export interface RatePart {
  readonly limit: number
  /** Of the last minute; or running at this moment. */
  readonly used: number
}

export interface RateView {
  readonly kind: 'rate'
  readonly holder: LimitHolder
  readonly limit: RateLimit
  readonly requests: RatePart | null
  readonly tokens: RatePart | null
  readonly concurrent: RatePart | null
  /** Without Redis nobody knows how much of the minute is used. */
  readonly isLive: boolean
}

export type LimitView = BudgetView | RateView

export interface LimitViews {
  readonly budgets: readonly BudgetView[]
  readonly rates: readonly RateView[]
  /** False as soon as one of them had to be read from Postgres because Redis could not say. */
  readonly isLive: boolean
}

/** What may still be spent; never below zero, though a lowered limit or an overrun may leave less than nothing. */
export const roomOf = ({ limit, used, held }: Pick<BudgetView, 'limit' | 'used' | 'held'>): bigint => {
  const room = limit - used - held
  return room > 0n ? room : 0n
}

const PER_MILLE = 1000n
/** Of a budget that allows nothing: as if it were full. */
const FULL = 1000

/** Share of the budget that is used or held, in thousandths; may be above 1,000. */
export const fullnessOf = ({ limit, used, held }: Pick<BudgetView, 'limit' | 'used' | 'held'>): number =>
  limit === 0n ? FULL : Number(((used + held) * PER_MILLE) / limit)

const NEARLY = 20n

/**
 * Whether requests are refused, or soon will be: less than a twentieth is left. A request is refused when what it may cost does not fit, so the
 * last of a budget is often too little for anything.
 */
export const isUsedUp = (view: Pick<BudgetView, 'limit' | 'used' | 'held'>): boolean => {
  const room = roomOf(view)
  return room === 0n || room * NEARLY < view.limit
}
