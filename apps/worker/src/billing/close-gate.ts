import { periodRange } from '@atpar/core/invoice'
import type { Reader } from './transaction.ts'
import type { OrgPeriod } from './usage-figures.ts'

export interface GateInput extends OrgPeriod {
  /** The installation's clock: real time plus the offset of test mode. */
  readonly nowMs: number
  /** How long after its end a period may be closed at the earliest. */
  readonly graceMs: number
}

interface BootRow {
  readonly boot_id: string
  readonly proxy_id: string
  readonly acked_seq: string
  readonly last_seq: string
  readonly ended: boolean
  readonly silent: boolean
}

/** Heartbeats come every 5 s. One that missed six may have begun requests that nobody here has heard of. */
const SILENT_SECONDS = 30
/** Longer than any request may take: whoever was admitted in the period has ended by then. */
const LONGEST_REQUEST_MINUTES = 20

/**
 * True when everything a boot began before an instant is terminal in Postgres: either all it ever began is, or something it began well after
 * that instant is, below the first open one. Numbers are given in the order of time.
 */
export const hasBootPassed = async (reader: Reader, bootId: string, atMs: number): Promise<boolean> => {
  const { rows } = await reader.query<{ passed: boolean }>(
    `SELECT boot.acked_seq >= boot.last_seq OR EXISTS (
        SELECT 1 FROM usage_event e WHERE e.request_id >= uuid_v7_floor($2::timestamptz + make_interval(mins => $3))
          AND e.proxy_boot_id = boot.boot_id AND e.proxy_seq <= boot.acked_seq) AS passed
    FROM proxy_boot boot WHERE boot.boot_id = $1`,
    [bootId, new Date(atMs), LONGEST_REQUEST_MINUTES],
  )
  return rows[0]?.passed ?? false
}

const readUnsettledBoots = async (reader: Reader): Promise<readonly BootRow[]> => {
  const { rows } = await reader.query<BootRow>(
    `SELECT boot_id, proxy_id, acked_seq::text, last_seq::text, ended_at IS NOT NULL AS ended, last_seen_at < now() - make_interval(secs => $1) AS silent
    FROM proxy_boot WHERE acked_seq < last_seq OR (ended_at IS NULL AND last_seen_at < now() - make_interval(secs => $1))`,
    [SILENT_SECONDS],
  )
  return rows
}

const findOpenBoot = async (reader: Reader, periodEndMs: number): Promise<string | null> => {
  for (const boot of await readUnsettledBoots(reader)) {
    if (!boot.ended && boot.silent)
      return `proxy ${boot.proxy_id} (boot ${boot.boot_id}) has not been heard of for ${SILENT_SECONDS} s and has not ended`
    if (!(await hasBootPassed(reader, boot.boot_id, periodEndMs))) {
      return `proxy ${boot.proxy_id} (boot ${boot.boot_id}) has requests open or not shipped: ${boot.acked_seq} of ${boot.last_seq} are accounted for`
    }
  }
  return null
}

const findQuarantined = async (reader: Reader, orgId: string): Promise<string | null> => {
  // There hardly ever is one, and planning to look through the partitions for its event takes longer than all else here.
  const any = await reader.query(
    'SELECT 1 FROM usage_quarantine WHERE resolved_at IS NULL AND strpos(raw, $1) > 0 LIMIT 1',
    [orgId],
  )
  if (any.rowCount === 0) return null
  const { rows } = await reader.query<{ id: string; error: string }>(
    `SELECT q.id, q.error FROM usage_quarantine q WHERE q.resolved_at IS NULL AND strpos(q.raw, $1::text) > 0
      AND NOT EXISTS (SELECT 1 FROM usage_event e WHERE e.org_id = $1::uuid
        AND e.request_id = nullif(substring(q.raw FROM '"requestId":"([0-9a-f-]{36})"'), '')::uuid
        AND e.attempt = coalesce(substring(q.raw FROM '"attempt":([0-9]{1,4})')::int, 1))
    ORDER BY q.created_at LIMIT 1`,
    [orgId],
  )
  const first = rows[0]
  return first === undefined ? null : `usage record ${first.id} is in quarantine (${first.error}): resolve it first`
}

const findEarlierOpenPeriod = async (reader: Reader, { orgId, period }: OrgPeriod): Promise<string | null> => {
  const { rows } = await reader.query<{ period: string }>(
    `SELECT DISTINCT r.invoice_period::text AS period FROM usage_rollup_hourly r WHERE r.org_id = $1 AND r.invoice_period < $2::date
      AND NOT EXISTS (SELECT 1 FROM period_close c WHERE c.org_id = r.org_id AND c.period = r.invoice_period) ORDER BY 1 LIMIT 1`,
    [orgId, period],
  )
  const first = rows[0]
  return first === undefined ? null : `${first.period.slice(0, 7)} is still open: close it first`
}

/** Why this period cannot be closed yet, in words for an operator; null when the gate is open. */
export const findClosingObstacle = async (reader: Reader, input: GateInput): Promise<string | null> => {
  const { toMs } = periodRange(input.period)
  if (input.nowMs < toMs + input.graceMs)
    return `the period ends at ${new Date(toMs).toISOString()} and is closed ${Math.round(input.graceMs / 60_000)} min later at the earliest`
  return (
    (await findEarlierOpenPeriod(reader, input)) ??
    (await findOpenBoot(reader, toMs)) ??
    (await findQuarantined(reader, input.orgId))
  )
}
