import type { Pool } from '@atpar/db/pool'
import { PERIOD_CLOSE_LOCK } from '@atpar/db/usage-ingest'
import { COMPARE_ROLLUPS, DELETE_ROLLUPS, INSERT_ROLLUPS } from '@atpar/db/usage-rollup-sql'
import { inTransaction } from '../../apps/worker/src/billing/transaction.ts'

export interface RebuiltMonth {
  readonly slug: string
  readonly period: string
  /** Roll-up rows that were missing, surplus or wrong in any figure. */
  readonly wrongRows: number
}

/**
 * Sums the roll-ups of whole months anew from the events and compares. With `mayWrite` what differs is set to the sum (never added to), one organization
 * and month per transaction, with ingest kept out meanwhile. Invoices that were issued stay as they are: the proofs then say what is off.
 */
export const rebuildRollups = async (
  pool: Pool,
  options: { readonly orgSlug: string | null; readonly period: string | null; readonly mayWrite: boolean },
): Promise<readonly RebuiltMonth[]> => {
  const { rows } = await pool.query<{ org_id: string; slug: string; period: string }>(
    `SELECT o.id AS org_id, o.slug, known.period::text AS period FROM organization o
    JOIN (SELECT org_id, billing_period AS period FROM usage_rollup_hourly
      UNION SELECT org_id, billing_period FROM usage_event WHERE $1::text IS NULL OR org_id = (SELECT id FROM organization WHERE slug = $1)) AS known ON known.org_id = o.id
    WHERE ($1::text IS NULL OR o.slug = $1) AND ($2::date IS NULL OR known.period = $2::date) ORDER BY o.slug, known.period`,
    [options.orgSlug, options.period],
  )
  const months: RebuiltMonth[] = []
  for (const { org_id: orgId, slug, period } of rows) {
    const wrongRows = await inTransaction(pool, async (connection) => {
      // The exclusive side of ingest's lock: an event between the sum and the write would be lost from the roll-ups.
      await connection.query(`SELECT pg_advisory_xact_lock(${PERIOD_CLOSE_LOCK})`)
      const compared = await connection.query<{ wrong: number }>(COMPARE_ROLLUPS, [orgId, period])
      const wrong = compared.rows[0]?.wrong ?? 0
      if (wrong > 0 && options.mayWrite) {
        await connection.query(DELETE_ROLLUPS, [orgId, period])
        await connection.query(INSERT_ROLLUPS, [orgId, period])
      }
      return wrong
    })
    months.push({ slug, period, wrongRows })
  }
  return months
}
