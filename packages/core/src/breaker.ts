import type { HealthState } from './routing.ts'

/**
 * A circuit breaker per (offering, credential) as plain data and pure functions (gateway.md, Failover): it opens at ≥ 50 % failures of ≥ 20 in 10 s
 * or 5 connect errors in a row, lets one probe through every 2 s, and closes on the first success. Times are milliseconds of any one monotonic clock.
 */
export interface Breaker {
  /** When the current 10 s window began; counts before it are forgotten. */
  readonly windowStartedAtMs: number
  readonly successes: number
  readonly failures: number
  readonly connectErrorsInARow: number
  /** Null = closed. Set = open, and no call goes there before this time but probes do. */
  readonly openUntilMs: number | null
  /** Open because the provider asked for time (429): no probe before `openUntilMs` either. */
  readonly isAskedToWait: boolean
  readonly lastProbeAtMs: number | null
}

export const CLOSED_BREAKER: Breaker = {
  windowStartedAtMs: 0,
  successes: 0,
  failures: 0,
  connectErrorsInARow: 0,
  openUntilMs: null,
  isAskedToWait: false,
  lastProbeAtMs: null,
}

const WINDOW_MS = 10_000
const MINIMUM_CALLS = 20
const CONNECT_ERRORS_TO_OPEN = 5
const PROBE_INTERVAL_MS = 2_000
/** Without `Retry-After` a 429 still means: not right now. */
const DEFAULT_RETRY_AFTER_MS = 1_000
/** A provider that asks for an hour is asked again after a minute. */
const LONGEST_WAIT_MS = 60_000

/** `half-open` = a probe is due: whoever uses it calls `claimProbe` first, so that only one call goes. */
export const stateOf = (breaker: Breaker, nowMs: number): HealthState => {
  if (breaker.openUntilMs === null) return 'closed'
  if (breaker.isAskedToWait) return nowMs < breaker.openUntilMs ? 'open' : 'half-open'
  const probedAtMs = breaker.lastProbeAtMs ?? breaker.openUntilMs - PROBE_INTERVAL_MS
  return nowMs - probedAtMs >= PROBE_INTERVAL_MS ? 'half-open' : 'open'
}

/** Takes the probe that is due; every other call sees `open` for the next 2 s. */
export const claimProbe = (breaker: Breaker, nowMs: number): Breaker => ({
  ...breaker,
  isAskedToWait: false,
  lastProbeAtMs: nowMs,
})

/** A successful probe closes it. Any other success while it is open is a straggler from before: it must not shorten the cooldown. */
export const afterSuccess = (breaker: Breaker, nowMs: number): Breaker => {
  if (breaker.openUntilMs !== null) {
    const isProbed = breaker.lastProbeAtMs !== null && !breaker.isAskedToWait
    return isProbed ? { ...CLOSED_BREAKER, windowStartedAtMs: nowMs, successes: 1 } : breaker
  }
  const current = rollWindow(breaker, nowMs)
  return { ...current, successes: current.successes + 1, connectErrorsInARow: 0 }
}

/** @param failure.connect no connection was made at all; these need no sample of twenty. */
export const afterFailure = (breaker: Breaker, failure: { readonly connect: boolean }, nowMs: number): Breaker => {
  const rolled = rollWindow(breaker, nowMs)
  const counted = {
    ...rolled,
    failures: rolled.failures + 1,
    connectErrorsInARow: failure.connect ? rolled.connectErrorsInARow + 1 : 0,
  }
  if (counted.openUntilMs !== null) return open(counted, nowMs + PROBE_INTERVAL_MS)
  const calls = counted.successes + counted.failures
  const isFailing = calls >= MINIMUM_CALLS && counted.failures * 2 >= calls
  const isUnreachable = counted.connectErrorsInARow >= CONNECT_ERRORS_TO_OPEN
  return isFailing || isUnreachable ? open(counted, nowMs + PROBE_INTERVAL_MS) : counted
}

/** A 429 is no fault of the provider's health: it opens for exactly as long as asked, and says nothing about failures. */
export const afterRateLimit = (breaker: Breaker, retryAfterMs: number | null, nowMs: number): Breaker => {
  const waitMs = Math.min(retryAfterMs ?? DEFAULT_RETRY_AFTER_MS, LONGEST_WAIT_MS)
  return { ...open(breaker, nowMs + waitMs), isAskedToWait: true }
}

/** A cooldown only ever grows: a late, shorter answer must not reopen the door early. */
const open = (breaker: Breaker, untilMs: number): Breaker => ({
  ...breaker,
  openUntilMs: Math.max(breaker.openUntilMs ?? 0, untilMs),
})

const rollWindow = (breaker: Breaker, nowMs: number): Breaker =>
  nowMs - breaker.windowStartedAtMs < WINDOW_MS
    ? breaker
    : { ...breaker, windowStartedAtMs: nowMs, successes: 0, failures: 0 }
