export interface ThrottleRule {
  readonly limit: number
  readonly windowMs: number
}

export interface Throttle {
  /** True when one more is allowed; counts it. */
  readonly take: (subject: string, rule: ThrottleRule) => boolean
  /** True while another one would be allowed; counts nothing. */
  readonly isOpen: (subject: string, rule: ThrottleRule) => boolean
  readonly forget: (subject: string) => void
}

const MAX_SUBJECTS = 20_000

/** Counts attempts per subject in a window that starts with the first, in this process. What all processes count together is in `attempts.ts`. */
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
    isOpen: (subject, rule) => {
      const current = windows.get(subject)
      return current === undefined || current.endsMs <= nowMs() || current.taken < rule.limit
    },
    forget: (subject) => {
      windows.delete(subject)
    },
  }
}
