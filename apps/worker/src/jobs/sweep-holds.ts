import { decodeUsageEvent, type UsageEvent } from '@atpar/core/usage-event'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import { ackSettled, listSettled } from '@atpar/redis/hold-records'
import type { Deps } from '../deps.ts'
import { listLateBoots } from '../quota/late-boots.ts'
import { freeDeadLeases } from '../quota/dead-leases.ts'
import { resolveHolds } from '../quota/resolve-holds.ts'

/** The shipper needs milliseconds; what it has not acknowledged after this long may be known to Redis alone. */
const SETTLED_AFTER_MS = 60_000
const INGEST_BATCH = 200

const decodeOrNull = (text: string): UsageEvent | null => {
  try {
    return decodeUsageEvent(text)
  } catch {
    // Reported by the caller, which knows whose it is.
    return null
  }
}

/** Events that were settled in Redis and, for all we know, nowhere else. Postgres takes each once, whoever brings it. */
const rescueSettled = async ({ redis, pool, log }: Deps, orgId: string, settledAfterMs: number): Promise<void> => {
  const records = await listSettled(redis, orgId, settledAfterMs)
  if (records.length === 0) return
  const events: UsageEvent[] = []
  for (const record of records) {
    const event = decodeOrNull(record.eventText)
    if (event?.orgId === orgId) events.push(event)
    else log.error('settled-record-unreadable', { orgId, holdId: record.holdId })
  }
  for (let from = 0; from < events.length; from += INGEST_BATCH) {
    const { inserted, quarantined } = await ingestUsageEvents(pool, { events: events.slice(from, from + INGEST_BATCH) })
    if (inserted > 0 || quarantined > 0) log.warn('events-rescued', { orgId, inserted, quarantined })
  }
  await ackSettled(
    redis,
    records.map((record) => ({ orgId, holdId: record.holdId })),
  )
}

/** Every minute: what neither the proxy nor the shipper brought to its end. One organization's trouble does not keep the others waiting. */
export const sweepHolds = async (deps: Deps, settledAfterMs: number = SETTLED_AFTER_MS): Promise<void> => {
  if (deps.redis.status !== 'ready') {
    deps.log.warn('sweep-skipped', { reason: 'Redis is not reachable' })
    return
  }
  const deadBoots = await listLateBoots(deps.pool)
  const { rows } = await deps.pool.query<{ id: string }>('SELECT id FROM organization ORDER BY id')
  const failures: unknown[] = []
  for (const { id } of rows) {
    try {
      await rescueSettled(deps, id, settledAfterMs)
      await resolveHolds(deps, id, deadBoots)
      await freeDeadLeases(deps, id)
    } catch (error) {
      deps.log.error('sweep-failed', { orgId: id, error: error instanceof Error ? error.message : String(error) })
      failures.push(error)
    }
  }
  if (failures.length > 0)
    throw new AggregateError(failures, `The holds of ${failures.length} organizations could not be swept.`)
}
