import type { Answer, Hear, WriteOperation } from './quota-transport.ts'

/** What must reach Redis however long it takes: settles and releases, all idempotent there. */
export interface Outbox {
  /** Sends now, and again until Redis answered. */
  put(item: OutboxItem): void
  /** Sends what waits, without waiting for the next attempt. */
  retryNow(): void
  size(): number
  dropped(): number
  close(): void
}

export interface OutboxItem {
  readonly orgId: string
  readonly holdId: string
  readonly write: WriteOperation
}

export interface OutboxDeps {
  readonly send: (orgId: string, write: WriteOperation, hear: Hear) => void
  readonly onRebuilding: (orgId: string) => void
  readonly onDropped: (item: OutboxItem) => void
  readonly maxPending: number
}

const RETRY_MS = 200
const RETRY_BURST = 2_000

export const createOutbox = (deps: OutboxDeps): Outbox => {
  const waiting: OutboxItem[] = []
  let underWay = 0
  let droppedCount = 0
  let timer: NodeJS.Timeout | null = null
  let isClosed = false

  const scheduleRetry = (): void => {
    if (timer !== null || isClosed || waiting.length === 0) return
    timer = setTimeout(retryNow, RETRY_MS * (0.75 + Math.random() / 2))
  }

  const finish = (item: OutboxItem, answer: Answer): void => {
    underWay -= 1
    if (answer.kind === 'reply') return
    waiting.push(item)
    if (answer.cause === 'rebuilding') deps.onRebuilding(item.orgId)
    scheduleRetry()
  }

  const attempt = (item: OutboxItem): void => {
    underWay += 1
    deps.send(item.orgId, item.write, (answer) => finish(item, answer))
  }

  const retryNow = (): void => {
    if (timer !== null) clearTimeout(timer)
    timer = null
    if (isClosed) return
    for (const item of waiting.splice(0, RETRY_BURST)) attempt(item)
    scheduleRetry()
  }

  return {
    put: (item) => {
      if (waiting.length + underWay >= deps.maxPending) {
        droppedCount += 1
        deps.onDropped(item)
        return
      }
      attempt(item)
    },
    retryNow,
    size: () => waiting.length + underWay,
    dropped: () => droppedCount,
    close: () => {
      isClosed = true
      if (timer !== null) clearTimeout(timer)
    },
  }
}
