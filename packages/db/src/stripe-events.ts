import type { Db } from './client.ts'

/** What is kept of an event: enough to read its object again. Times in milliseconds since 1970. */
export interface HeardStripeEvent {
  readonly id: string
  readonly type: string
  readonly objectId: string
  readonly livemode: boolean
  readonly apiVersion: string | null
  readonly occurredAtMs: number
}

export interface StripeEventView extends HeardStripeEvent {
  readonly receivedAtMs: number
  readonly source: 'webhook' | 'sweep'
  /** How often Stripe brought it. */
  readonly deliveries: number
  readonly attempts: number
  /** waiting = not worked yet · ignored = nothing of ours · failed = given up */
  readonly state: 'waiting' | 'applied' | 'unchanged' | 'ignored' | 'failed'
  readonly lastError: string | null
}

/** Takes note of an event. One that was heard before is counted and nothing else. @returns whether it is still to be worked */
export const noteStripeEvent = async (db: Db, event: HeardStripeEvent): Promise<boolean> => {
  const rows = await db.$queryRaw<{ waiting: boolean }[]>`
    INSERT INTO stripe_event (id, type, object_id, livemode, api_version, occurred_at, source)
    VALUES (${event.id}, ${event.type}, ${event.objectId}, ${event.livemode}, ${event.apiVersion}, ${new Date(event.occurredAtMs)}, 'webhook')
    ON CONFLICT (id) DO UPDATE SET deliveries = stripe_event.deliveries + 1 RETURNING applied_at IS NULL AS waiting`
  return rows[0]?.waiting ?? false
}

/** Newest first. For the platform's staff alone: they belong to no organization. */
export const listStripeEvents = async (db: Db, most: number): Promise<readonly StripeEventView[]> => {
  const rows = await db.stripeEvent.findMany({ orderBy: [{ receivedAt: 'desc' }, { id: 'desc' }], take: most })
  return rows.map((row) => ({
    id: row.id,
    type: row.type,
    objectId: row.objectId,
    livemode: row.livemode,
    apiVersion: row.apiVersion,
    occurredAtMs: row.occurredAt.getTime(),
    receivedAtMs: row.receivedAt.getTime(),
    // Held to these words by the table's check.
    source: row.source as StripeEventView['source'],
    deliveries: row.deliveries,
    attempts: row.attempts,
    state: row.appliedAt === null ? 'waiting' : ((row.outcome ?? 'applied') as StripeEventView['state']),
    lastError: row.lastError,
  }))
}

/** Works an event once more, from the first attempt: its object is read again. False when there is none of that id. */
export const redoStripeEvent = async (db: Db, eventId: string): Promise<boolean> => {
  const { count } = await db.stripeEvent.updateMany({
    where: { id: eventId },
    data: { appliedAt: null, outcome: null, attempts: 0, nextAttemptAt: new Date() },
  })
  return count === 1
}
