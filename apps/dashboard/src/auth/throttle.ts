export interface ThrottleRule {
  readonly limit: number
  readonly windowMs: number
}

export interface Throttle {
  /** True when one more is allowed; counts it. */
  readonly take: (subject: string, rule: ThrottleRule) => boolean
  readonly forget: (subject: string) => void
}

const MAX_SUBJECTS = 20_000

/**
 * Counts attempts per subject in a window that starts with the first. Held in this process: several dashboards each allow the limit,
 * which still ends a guessing run, and a Redis that is down locks nobody out.
 */
export const createThrottle = (nowMs: () => number): Throttle => {
  const windows = new Map<string, { endsMs: number; taken: number }>()
  const dropOldest = () => {
    const oldest = windows.keys().next()
    if (oldest.done !== true) windows.delete(oldest.value)
  }
  return {
    take: (subject, rule) => {
      const now = nowMs()
      const current = windows.get(subject)
      if (current === undefined || current.endsMs <= now) {
        windows.delete(subject)
        if (windows.size >= MAX_SUBJECTS) dropOldest()
        windows.set(subject, { endsMs: now + rule.windowMs, taken: 1 })
        return true
      }
      current.taken += 1
      return current.taken <= rule.limit
    },
    forget: (subject) => {
      windows.delete(subject)
    },
  }
}
