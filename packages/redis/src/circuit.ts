/** Stops asking a Redis that does not answer: 50 ms of waiting per request would be the outage. */
export interface Circuit {
  /** True when a call may be made now; when open, true once per probe interval. */
  allows(nowMs: number): boolean
  succeed(): void
  fail(nowMs: number): void
  isOpen(): boolean
}

const FAILURES_TO_OPEN = 5
const WINDOW_MS = 1_000
const PROBE_INTERVAL_MS = 2_000

export const createCircuit = (random: () => number): Circuit => {
  let failures: number[] = []
  let nextProbeMs: number | null = null
  const scheduleProbe = (nowMs: number): void => {
    nextProbeMs = nowMs + PROBE_INTERVAL_MS * (0.75 + random() / 2)
  }
  return {
    allows: (nowMs) => {
      if (nextProbeMs === null) return true
      if (nowMs < nextProbeMs) return false
      scheduleProbe(nowMs)
      return true
    },
    succeed: () => {
      nextProbeMs = null
      if (failures.length > 0) failures = []
    },
    fail: (nowMs) => {
      if (nextProbeMs !== null) return
      failures = [...failures.filter((at) => at > nowMs - WINDOW_MS), nowMs]
      if (failures.length >= FAILURES_TO_OPEN) scheduleProbe(nowMs)
    },
    isOpen: () => nextProbeMs !== null,
  }
}
