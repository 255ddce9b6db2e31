import { setTimeout as sleep } from 'node:timers/promises'

export interface LoopOptions {
  /** True when there may be more at once. */
  readonly pass: () => Promise<boolean>
  readonly intervalMs: number
  readonly maxBackoffMs: number
  readonly random: () => number
  readonly log: (event: string, fields: Record<string, unknown>) => void
  readonly signal: AbortSignal
}

const FIRST_BACKOFF_MS = 100

const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  try {
    await sleep(ms, undefined, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/**
 * Repeats `pass` until the signal. It polls: a file watch would wake once per write of the proxy, thousands of times a second, only to wait
 * for a full batch all the same. A failed pass is tried again after a growing, jittered wait; nothing spins.
 */
export const runLoop = async (options: LoopOptions): Promise<void> => {
  let backoffMs = 0
  while (!options.signal.aborted) {
    try {
      const hasMore = await options.pass()
      if (backoffMs > 0) options.log('shipping-resumed', {})
      backoffMs = 0
      if (!hasMore) await pause(options.intervalMs, options.signal)
    } catch (error) {
      backoffMs = Math.min(options.maxBackoffMs, backoffMs === 0 ? FIRST_BACKOFF_MS : backoffMs * 2)
      options.log('shipping-failed', {
        error: error instanceof Error ? error.message : String(error),
        retryInMs: backoffMs,
      })
      await pause(backoffMs * (0.5 + options.random() / 2), options.signal)
    }
  }
}
