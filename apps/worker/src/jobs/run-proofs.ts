import { previousPeriod } from '@atpar/core/invoice'
import { holds } from '@atpar/core/proofs'
import { billingPeriodOf } from '@atpar/core/usage-event'
import { proveAll, recordProofs } from '../billing/prove.ts'
import { postAllUsage } from '../billing/post-ledger.ts'
import { inTransaction } from '../billing/transaction.ts'
import { readClockOffset } from '../clock.ts'
import type { Deps } from '../deps.ts'

const MONTHS_BACK = 3

/** Proves every organization's open month and its last invoices, and keeps the figures. A difference is an incident: it is logged as an error. */
export const runProofs = async ({ pool, wallMs, log }: Deps): Promise<void> => {
  await postAllUsage(pool)
  let since = billingPeriodOf(wallMs() + (await readClockOffset(pool)))
  for (let month = 0; month < MONTHS_BACK; month += 1) since = previousPeriod(since)
  const { rows } = await pool.query<{ org_id: string; period: string }>(
    `SELECT org_id, period::text FROM (
      SELECT org_id, invoice_period AS period FROM usage_rollup_hourly UNION SELECT org_id, period FROM invoice) AS known WHERE period >= $1::date ORDER BY 1, 2`,
    [since],
  )
  let differing = 0
  for (const { org_id: orgId, period } of rows) {
    // One snapshot: otherwise an event that arrives between two sums would look like a difference.
    const results = await inTransaction(pool, async (connection) => {
      await connection.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ')
      return proveAll(connection, { orgId, period })
    })
    // The ledger follows the roll-ups by minutes while a month is open; only what a fresh posting does not cure is a difference.
    const failed = results.filter((result) => !holds(result))
    await recordProofs(pool, { orgId, period }, results)
    for (const result of failed)
      log.error('proof-failed', {
        orgId,
        period,
        proof: result.proof,
        differencePusd: result.differencePusd.toString(),
        detail: result.detail,
      })
    differing += failed.length
  }
  log.info('proofs-run', { periods: rows.length, differing })
}
