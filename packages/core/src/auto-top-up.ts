import type { Pusd } from './money.ts'

/** When the balance may charge the card by itself. Cents in whole; times in milliseconds. */
export interface AutoTopUpState {
  readonly isEnabled: boolean
  /** After a failure nothing is tried again until a person says so. */
  readonly isPaused: boolean
  readonly hasPaymentMethod: boolean
  readonly balancePusd: Pusd
  readonly thresholdPusd: Pusd
  readonly amountCents: bigint
  readonly dailyCapCents: bigint
  /** Of automatic top-ups in the last 24 hours that succeeded or may still. */
  readonly spentTodayCents: bigint
  readonly lastTriggeredAtMs: number | null
  /** One is under way: its outcome is not known yet. */
  readonly isPending: boolean
}

/** Between two automatic top-ups, so that a balance that drains while a payment settles is not topped up twice. */
export const TOP_UP_COOLDOWN_MS = 10 * 60_000
export const MIN_TOP_UP_CENTS = 500n
export const MAX_TOP_UP_CENTS = 1_000_000n

export type AutoTopUpDecision =
  | 'top_up'
  | 'off'
  | 'paused'
  | 'no_payment_method'
  | 'enough'
  | 'pending'
  | 'cooling_down'
  | 'daily_cap'

/** Why it would not top up now, or that it does. */
export const decideAutoTopUp = (state: AutoTopUpState, nowMs: number): AutoTopUpDecision => {
  if (!state.isEnabled) return 'off'
  if (state.isPaused) return 'paused'
  if (!state.hasPaymentMethod) return 'no_payment_method'
  if (state.balancePusd >= state.thresholdPusd) return 'enough'
  if (state.isPending) return 'pending'
  if (state.lastTriggeredAtMs !== null && nowMs - state.lastTriggeredAtMs < TOP_UP_COOLDOWN_MS) return 'cooling_down'
  return state.spentTodayCents + state.amountCents > state.dailyCapCents ? 'daily_cap' : 'top_up'
}
