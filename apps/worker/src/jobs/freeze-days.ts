import { freezeDays } from '../billing/day-digests.ts'
import { MANY_EVENTS } from '../billing/prove-frozen.ts'
import { readClockOffset } from '../clock.ts'
import type { Deps } from '../deps.ts'

/** Digests the days that are over of every big open month, so that its close need not read them again (.github/decisions/0006). */
export const freezePastDays = async ({ pool, wallMs, log }: Deps): Promise<void> => {
  const today = new Date(wallMs() + (await readClockOffset(pool))).toISOString().slice(0, 10)
  const { rows } = await pool.query<{ org_id: string; period: string }>(
    `SELECT r.org_id, r.invoice_period::text AS period FROM usage_rollup_hourly r
    WHERE NOT EXISTS (SELECT 1 FROM period_close c WHERE c.org_id = r.org_id AND c.period = r.invoice_period)
    GROUP BY 1, 2 HAVING sum(r.events) > $1 ORDER BY 1, 2`,
    [MANY_EVENTS.toString()],
  )
  let days = 0
  for (const { org_id: orgId, period } of rows) days += await freezeDays(pool, { orgId, period }, today)
  if (days > 0) log.info('days-frozen', { organizations: rows.length, days })
}
