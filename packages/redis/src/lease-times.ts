export interface LeaseTimes {
  /** From a renewal; the proxy stops `guardMs` before its end by its own clock, the server frees it `guardMs` after by its own. */
  readonly ttlMs: number
  readonly guardMs: number
  readonly renewMs: number
  readonly idleMs: number
  /** A lease that is always busy is exchanged after this long, so that what was spent on one stays a short sum. */
  readonly maxAgeMs: number
  /** After a failed call. */
  readonly retryMs: number
  /** How long strict mode lasts at least where room was short. */
  readonly tightMs: number
  /** What ends on a draining lease is told after this long, together. */
  readonly reportMs: number
}

export const LEASE_TIMES: LeaseTimes = {
  ttlMs: 30_000,
  guardMs: 2_000,
  renewMs: 10_000,
  idleMs: 10_000,
  maxAgeMs: 600_000,
  retryMs: 250,
  tightMs: 1_000,
  reportMs: 20,
}

/** Everything in the proportions of the real times, for a lease of another length. */
export const scaleLeaseTimes = (ttlMs: number): Partial<LeaseTimes> => {
  const scale = (ms: number): number => (ms * ttlMs) / LEASE_TIMES.ttlMs
  return {
    ttlMs,
    guardMs: scale(LEASE_TIMES.guardMs),
    renewMs: scale(LEASE_TIMES.renewMs),
    idleMs: scale(LEASE_TIMES.idleMs),
    tightMs: scale(LEASE_TIMES.tightMs),
  }
}
