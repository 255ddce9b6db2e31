import { decodeAttemptBegin, killedEvent } from '@atpar/core/usage-event'
import { nanoUsd, pusd, toNanoUsdCeil } from '@atpar/core/money'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import { dropSuspense, sweepExpired, type ExpiredHold, type ResolvedHold } from '@atpar/redis/hold-records'
import { requestIdOf } from '@atpar/redis/quota-keys'
import { hasBootPassed } from '../billing/close-gate.ts'
import type { Deps } from '../deps.ts'

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

const requestIdsOf = (holds: readonly ExpiredHold[]): readonly string[] => [
  ...new Set(holds.map((hold) => requestIdOf(hold.holdId))),
]

const resolvedAs = ({ holdId }: ExpiredHold, row: BilledRow | undefined): ResolvedHold => ({
  holdId,
  used: row === undefined ? nanoUsd(0n) : toNanoUsdCeil(pusd(BigInt(row.billed))),
  tokens: Number(row?.tokens ?? 0),
})

/**
 * Holds past their deadline, and those of boots that will settle nothing any more. Room is given back only when it is certain what became of the request: its event is in Postgres (then what it
 * billed becomes used), or the journal that would have begun it is accounted for and has nothing of it.
 */
export const resolveHolds = async (deps: Deps, orgId: string, deadBoots: readonly string[]): Promise<void> => {
  const holds = await sweepExpired(deps.redis, orgId, { nowMs: deps.wallMs(), deadBoots })
  if (holds.length === 0) return
  const billed = await readBilled(deps, orgId, requestIdsOf(holds))
  const resolved: ResolvedHold[] = []
  const over: { readonly hold: ExpiredHold; readonly boot: 'dead' | 'passed' }[] = []
  for (const hold of holds) {
    const row = billed.get(requestIdOf(hold.holdId))
    const boot = row?.is_over === true ? null : await judgeBoot(deps, hold)
    if (boot === null) resolved.push(resolvedAs(hold, row))
    else if (boot !== 'open') over.push({ hold, boot })
  }
  // Read again: the last of a journal may have come between the first look and the boot's.
  const late = await readBilled(deps, orgId, requestIdsOf(over.map(({ hold }) => hold)))
  for (const { hold, boot } of over) {
    const row = late.get(requestIdOf(hold.holdId))
    if (boot === 'dead' && row?.is_over !== true) await endKilled(deps, hold)
    resolved.push(resolvedAs(hold, row))
  }
  await dropSuspense(deps.redis, orgId, resolved)
  deps.log.info('holds-swept', { orgId, expired: holds.length, resolved: resolved.length })
}
