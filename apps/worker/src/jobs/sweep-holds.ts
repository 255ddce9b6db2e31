import { decodeAttemptBegin, decodeUsageEvent, killedEvent, type UsageEvent } from '@atpar/core/usage-event'
import { nanoUsd, pusd, toNanoUsdCeil } from '@atpar/core/money'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import {
  ackSettled,
  dropSuspense,
  listSettled,
  sweepExpired,
  type ExpiredHold,
  type ResolvedHold,
} from '@atpar/redis/hold-records'
import { requestIdOf } from '@atpar/redis/quota-keys'
import { hasBootPassed } from '../billing/close-gate.ts'
import type { Deps } from '../deps.ts'
import { freeDeadLeases } from '../quota/dead-leases.ts'

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

interface BilledRow {
  readonly request_id: string
  readonly billed: string
  readonly tokens: string
  readonly is_over: boolean
}

const readBilled = async (
  { pool }: Deps,
  orgId: string,
  requestIds: readonly string[],
): Promise<ReadonlyMap<string, BilledRow>> => {
  const { rows } = await pool.query<BilledRow>(
    `SELECT request_id, sum(billed_pusd)::text AS billed, sum(count_tokens(units))::text AS tokens, bool_or(is_final) AS is_over FROM usage_event WHERE org_id = $1 AND request_id = ANY ($2::uuid[]) GROUP BY request_id`,
    [orgId, requestIds],
  )
  return new Map(rows.map((row) => [row.request_id, row]))
}

/** 'dead': its journal is shipped to the last line and will never say more. 'passed': alive, and nothing it began before then is open. */
const judgeBoot = async (
  { pool, wallMs, abandonBootMs }: Deps,
  hold: ExpiredHold,
): Promise<'dead' | 'passed' | 'open'> => {
  const { rows } = await pool.query<{ concluded: boolean }>(
    'SELECT ended_at IS NOT NULL AND shipped_position = $2 AS concluded FROM proxy_boot WHERE boot_id = $1',
    [hold.bootId, Number.MAX_SAFE_INTEGER],
  )
  const [boot] = rows
  if (boot === undefined || wallMs() - hold.deadlineMs > abandonBootMs)
    return wallMs() - hold.deadlineMs > abandonBootMs ? 'dead' : 'open'
  if (boot.concluded) return 'dead'
  return (await hasBootPassed(pool, hold.bootId, hold.deadlineMs)) ? 'passed' : 'open'
}

const endKilled = async ({ pool, wallMs, log }: Deps, hold: ExpiredHold): Promise<void> => {
  if (hold.payload === '') return
  try {
    const begin = decodeAttemptBegin(hold.payload)
    const { rows } = await pool.query<{ proxy_id: string }>('SELECT proxy_id FROM proxy_boot WHERE boot_id = $1', [
      hold.bootId,
    ])
    const event = killedEvent(
      begin,
      { proxyId: rows[0]?.proxy_id ?? 'unknown', proxyBootId: hold.bootId, proxySeq: 0 },
      Math.max(begin.startedAtMs, wallMs()),
    )
    const { inserted } = await ingestUsageEvents(pool, { events: [event] })
    if (inserted > 0) log.warn('request-ended-killed', { orgId: begin.orgId, requestId: begin.requestId })
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    log.error('hold-payload-unreadable', { holdId: hold.holdId })
  }
}

/**
 * Holds past their deadline. Room is given back only when it is certain what became of the request: its event is in Postgres (then what it
 * billed becomes used), or the journal that would have begun it is accounted for and has nothing of it.
 */
const resolveExpired = async (deps: Deps, orgId: string): Promise<void> => {
  const holds = await sweepExpired(deps.redis, orgId, deps.wallMs())
  if (holds.length === 0) return
  const billed = await readBilled(deps, orgId, [...new Set(holds.map((hold) => requestIdOf(hold.holdId)))])
  const resolved: ResolvedHold[] = []
  for (const hold of holds) {
    const row = billed.get(requestIdOf(hold.holdId))
    if (row?.is_over === true) {
      resolved.push({
        holdId: hold.holdId,
        used: toNanoUsdCeil(pusd(BigInt(row.billed))),
        tokens: Number(row.tokens),
      })
      continue
    }
    const boot = await judgeBoot(deps, hold)
    if (boot === 'open') continue
    if (boot === 'dead') await endKilled(deps, hold)
    resolved.push({ holdId: hold.holdId, used: nanoUsd(0n), tokens: 0 })
  }
  await dropSuspense(deps.redis, orgId, resolved)
  deps.log.info('holds-swept', { orgId, expired: holds.length, resolved: resolved.length })
}

/** Every minute: what neither the proxy nor the shipper brought to its end. One organization's trouble does not keep the others waiting. */
export const sweepHolds = async (deps: Deps, settledAfterMs: number = SETTLED_AFTER_MS): Promise<void> => {
  if (deps.redis.status !== 'ready') {
    deps.log.warn('sweep-skipped', { reason: 'Redis is not reachable' })
    return
  }
  const { rows } = await deps.pool.query<{ id: string }>('SELECT id FROM organization ORDER BY id')
  const failures: unknown[] = []
  for (const { id } of rows) {
    try {
      await rescueSettled(deps, id, settledAfterMs)
      await resolveExpired(deps, id)
      await freeDeadLeases(deps, id)
    } catch (error) {
      deps.log.error('sweep-failed', { orgId: id, error: error instanceof Error ? error.message : String(error) })
      failures.push(error)
    }
  }
  if (failures.length > 0)
    throw new AggregateError(failures, `The holds of ${failures.length} organizations could not be swept.`)
}
