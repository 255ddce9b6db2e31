import { billingPeriodOf } from '@atpar/core/usage-event'
import { readClockOffset } from '../clock.ts'
import type { Deps } from '../deps.ts'

/**
 * Queues a close for every organization with usage in a month that is over. It looks for what is not closed instead of remembering what is
 * due, so a lost queue or a missed hour costs an hour.
 */
export const closeDuePeriods = async ({ pool, producer, wallMs, closing, log }: Deps): Promise<void> => {
  const nowMs = wallMs() + (await readClockOffset(pool))
  const { rows } = await pool.query<{ org_id: string; period: string }>(
    `SELECT DISTINCT r.org_id, r.invoice_period::text AS period FROM usage_rollup_hourly r
    WHERE r.invoice_period < $1::date AND NOT EXISTS (SELECT 1 FROM period_close c WHERE c.org_id = r.org_id AND c.period = r.invoice_period) ORDER BY 2, 1`,
    [billingPeriodOf(nowMs - closing.graceMs)],
  )
  // Of several open months only the first can be closed; the next hour takes the next.
  const first = new Map<string, string>()
  for (const row of rows) if (!first.has(row.org_id)) first.set(row.org_id, row.period)
  const hour = Math.floor(wallMs() / 3_600_000)
  for (const [orgId, period] of first)
    await producer.add('close-period', { orgId, period }, { jobId: `close-${orgId}-${period}-${hour}` })
  if (first.size > 0) log.info('closes-queued', { organizations: first.size })
}
