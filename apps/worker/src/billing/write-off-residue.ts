import { postResidue } from '@atpar/core/ledger-credit-note'
import { PUSD_PER_CENT } from '@atpar/core/money'
import { STRIPE_MINIMUM_CENTS } from '@atpar/core/ledger-prepaid'
import { billingPeriodOf } from '@atpar/core/usage-event'
import type { Pool } from '@atpar/db/pool'
import { writePosting } from './post-ledger.ts'
import { inTransaction, lockLedger } from './transaction.ts'

interface Row {
  readonly carried: string
  readonly unbilled: string
  readonly is_open: boolean
  readonly invoice_id: string | null
  readonly number: string | null
}

/** What is carried forward, and whether another invoice will still take it up: one does as long as a month with usage is not closed. */
const CARRIED = `
  SELECT coalesce((SELECT sum(amount_pusd) FROM ledger_entry WHERE org_id = $1 AND account = 'carry_over'), 0)::text AS carried,
    coalesce((SELECT sum(amount_pusd) FROM ledger_entry WHERE org_id = $1 AND account = 'unbilled_usage'), 0)::text AS unbilled,
    EXISTS (SELECT 1 FROM usage_rollup_hourly r WHERE r.org_id = $1
      AND NOT EXISTS (SELECT 1 FROM period_close c WHERE c.org_id = r.org_id AND c.period = r.invoice_period)) AS is_open,
    (SELECT id FROM invoice WHERE org_id = $1 AND sequence = 1 ORDER BY id DESC LIMIT 1) AS invoice_id,
    (SELECT number FROM invoice WHERE org_id = $1 AND sequence = 1 ORDER BY id DESC LIMIT 1) AS number`

/**
 * Gives up what an erased organization carries forward, once its last month is closed: it is below what a card can be charged, and nobody will use
 * more. An amount that could be charged is left alone: that is for a person to see.
 * @returns whether something was written off
 */
export const writeOffResidue = (
  pool: Pool,
  { orgId, nowMs }: { readonly orgId: string; readonly nowMs: number },
): Promise<boolean> =>
  inTransaction(pool, async (connection) => {
    await lockLedger(connection, orgId)
    const { rows } = await connection.query<Row>(CARRIED, [orgId])
    const [row] = rows
    if (row === undefined || row.is_open || row.unbilled !== '0') return false
    const { invoice_id: invoiceId, number } = row
    const amountPusd = BigInt(row.carried)
    if (invoiceId === null || number === null || amountPusd <= 0n || amountPusd >= STRIPE_MINIMUM_CENTS * PUSD_PER_CENT)
      return false
    return writePosting(
      connection,
      postResidue({ orgId, period: billingPeriodOf(nowMs) }, { invoiceId, number, amountPusd }),
    )
  })
