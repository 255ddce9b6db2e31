import {
  afterFailure,
  afterRateLimit,
  afterSuccess,
  claimProbe,
  CLOSED_BREAKER,
  stateOf,
  type Breaker,
} from '@atpar/core/breaker'
import type { ErrorCode } from '@atpar/core/errors'
import type { HealthState } from '@atpar/core/routing'

export interface FailureFacts {
  readonly code: ErrorCode
  /** No connection was made at all. */
  readonly connect: boolean
  readonly retryAfterMs: number | null
}

/** What this process knows of the health of each offering under each credential: a customer's key that is out of quota says nothing about ours. */
export interface Health {
  stateOf(breakerId: string): HealthState
  /** The same without going: no probe is taken. */
  peek(breakerId: string): HealthState
  /** Every one of these is `closed`, and has no probe to take. */
  areWell(breakers: readonly { readonly breakerId: string }[]): boolean
  recordSuccess(breakerId: string): void
  recordFailure(breakerId: string, facts: FailureFacts): void
}

/** Failures that say something about the provider; what the caller sent wrong says nothing. */
const PROVIDER_FAULTS: ReadonlySet<ErrorCode> = new Set([
  'upstream_failed',
  'upstream_malformed',
  'upstream_timeout',
  'upstream_unauthorized',
])

export const createHealth = (deps: { readonly monotonicMs: () => number }): Health => {
  const breakers = new Map<string, Breaker>()
  const open = new Set<string>()
  const keep = (breakerId: string, breaker: Breaker): void => {
    breakers.set(breakerId, breaker)
    if (breaker.openUntilMs !== null) open.add(breakerId)
    else if (open.size > 0) open.delete(breakerId)
  }
  return {
    areWell: (asked) => open.size === 0 || asked.every(({ breakerId }) => !open.has(breakerId)),
    stateOf: (breakerId) => {
      const breaker = breakers.get(breakerId)
      if (breaker === undefined) return 'closed'
      const nowMs = deps.monotonicMs()
      const state = stateOf(breaker, nowMs)
      // Asking is going: the plan tries a half-open offering in its place, so the probe is taken here.
      if (state === 'half-open') keep(breakerId, claimProbe(breaker, nowMs))
      return state
    },
    peek: (breakerId) => stateOf(breakers.get(breakerId) ?? CLOSED_BREAKER, deps.monotonicMs()),
    recordSuccess: (breakerId) => {
      const breaker = breakers.get(breakerId)
      // Nothing is kept for what never failed but the counts of its window.
      keep(breakerId, afterSuccess(breaker ?? CLOSED_BREAKER, deps.monotonicMs()))
    },
    recordFailure: (breakerId, { code, connect, retryAfterMs }) => {
      const breaker = breakers.get(breakerId) ?? CLOSED_BREAKER
      const nowMs = deps.monotonicMs()
      if (code === 'upstream_rate_limited') keep(breakerId, afterRateLimit(breaker, retryAfterMs, nowMs))
      else if (PROVIDER_FAULTS.has(code)) keep(breakerId, afterFailure(breaker, { connect }, nowMs))
    },
  }
}
