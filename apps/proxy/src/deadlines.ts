/** Many long deadlines on one timer: a `setTimeout` per stream, almost all of which are cancelled, costs more than looking once a second. */
export interface Deadlines {
  /** Calls `expire` within a second after `atMs` (monotonic); the returned function forgets it. */
  add(atMs: number, expire: () => void): () => void
  stop(): void
}

const LOOK_EVERY_MS = 1_000

const nothing = (): void => {}

export const createDeadlines = (monotonicMs: () => number): Deadlines => {
  const open = new Set<{ readonly atMs: number; expire: () => void }>()
  const timer = setInterval(() => {
    const nowMs = monotonicMs()
    for (const entry of open) {
      if (entry.atMs > nowMs) continue
      open.delete(entry)
      entry.expire()
    }
  }, LOOK_EVERY_MS)
  timer.unref()
  return {
    add: (atMs, expire) => {
      const entry = { atMs, expire }
      open.add(entry)
      return () => {
        open.delete(entry)
        // An outgrown table of the set may keep the entry until the next full collection: not what it would have ended.
        entry.expire = nothing
      }
    },
    stop: () => clearInterval(timer),
  }
}
