import type { Throttle, ThrottleRule } from './throttle.ts'

/** The count that all dashboards share. Every function throws while it is out of reach. */
export interface SharedCount {
  readonly count: (window: { readonly subject: string; readonly windowMs: number }) => Promise<number>
  readonly read: (subject: string) => Promise<number>
  readonly forget: (subject: string) => Promise<void>
}

export interface Attempts {
  /** True when one more is allowed; counts it. */
  readonly take: (subject: string, rule: ThrottleRule) => Promise<boolean>
  /** True while another one would be allowed; counts nothing. */
  readonly isOpen: (subject: string, rule: ThrottleRule) => Promise<boolean>
  readonly forget: (subject: string) => Promise<void>
}

interface AttemptsParts {
  readonly local: Throttle
  readonly shared: SharedCount
  readonly onUnreachable: (error: unknown) => void
}

/**
 * Throttles by the count all dashboards share, and by this process's own while that one is away: a Redis that is down locks nobody out and
 * opens no door. Both are always counted, so that the fall-back does not start from nothing.
 */
export const createAttempts = ({ local, shared, onUnreachable }: AttemptsParts): Attempts => {
  const orElse = async <T>(work: Promise<T>, fallback: T): Promise<T> => {
    try {
      return await work
    } catch (error) {
      onUnreachable(error)
      return fallback
    }
  }
  return {
    take: async (subject, rule) => {
      const isAllowedHere = local.take(subject, rule)
      const count = await orElse(shared.count({ subject, windowMs: rule.windowMs }), 0)
      return isAllowedHere && count <= rule.limit
    },
    isOpen: async (subject, rule) =>
      local.isOpen(subject, rule) && (await orElse(shared.read(subject), 0)) < rule.limit,
    forget: async (subject) => {
      local.forget(subject)
      await orElse(shared.forget(subject), undefined)
    },
  }
}
