import type { Producer } from '@atpar/queue/producer'

/** What a killed proxy held comes back by a job, so half a minute without jobs would be half a minute of phantom refusals. */
const EVERY_MS = 10_000

/**
 * Looks after the job schedulers: they live in Redis and a flushed or emptied one has none, so they are put back within seconds.
 * @returns a function that stops looking
 */
export const keepSchedules = (
  producer: Producer,
  log: (event: string, fields: Record<string, unknown>) => void,
): (() => void) => {
  const ensure = async (): Promise<void> => {
    try {
      const restored = await producer.ensureSchedules()
      if (restored.length > 0) log('schedules-restored', { jobs: restored })
    } catch (error) {
      // Redis is away; the next time tries again.
      log('schedules-unknown', { error: error instanceof Error ? error.message : String(error) })
    }
  }
  const timer = setInterval(() => void ensure(), EVERY_MS)
  // Once more soon after the start, when the connection stands.
  const soon = setTimeout(() => void ensure(), 1_000)
  return () => {
    clearInterval(timer)
    clearTimeout(soon)
  }
}
