import { ACCOUNTS } from '@atpar/core/ledger'
import { proveClearingEmpty, type ProofResult } from '@atpar/core/proofs'
import { amountOf } from './amount-column.ts'
import type { Reader } from './transaction.ts'
import type { OrgPeriod } from './usage-figures.ts'

/** Pushing to Stripe takes minutes, and its nightly sweep finds what was missed: two nights. */
const CLEARING_DEADLINE_DAYS = 2
/** Card networks decide within 75 days of a dispute and a late appeal adds some: https://docs.stripe.com/disputes/how-disputes-work */
const DISPUTE_DEADLINE_DAYS = 120

/**
 * What went in before the deadline and has not come out since, first in first out: newer entries of the same sign are not late yet, and
 * whatever came out is taken from the oldest.
 */
const OVERDUE = `
  WITH passing AS (
    SELECT e.account, e.amount_pusd AS amount,
      t.posted_at < now() - make_interval(days => CASE WHEN e.account = $2 THEN $4::int ELSE $3::int END) AS is_late
    FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
    WHERE e.org_id = $1 AND (e.account = $2 OR e.account LIKE 'clearing:%')
  ), sums AS (
    SELECT account, coalesce(sum(amount) FILTER (WHERE is_late), 0) AS late, coalesce(sum(amount) FILTER (WHERE NOT is_late AND amount > 0), 0) AS new_in,
      coalesce(sum(amount) FILTER (WHERE NOT is_late AND amount < 0), 0) AS new_out
    FROM passing GROUP BY 1
  )
  SELECT account, (CASE WHEN late > 0 THEN greatest(late + new_out, 0) ELSE least(late + new_in, 0) END)::text AS amount FROM sums ORDER BY 1`

const UNBILLED_AFTER_CLOSE = `
  SELECT coalesce(sum(e.amount_pusd), 0)::text AS amount FROM ledger_transaction t JOIN ledger_entry e ON e.transaction_id = t.id
  WHERE t.org_id = $1 AND t.period = $2::date AND e.account = $3 AND EXISTS (SELECT 1 FROM period_close c WHERE c.org_id = $1 AND c.period = $2::date)`

/** Accounts that only pass things on have no period: a late one shows in every month of the organization until it is cleared. */
export const proveP7 = async (reader: Reader, { orgId, period }: OrgPeriod): Promise<ProofResult> => {
  const overdue = await reader.query<{ account: string; amount: string }>({
    name: 'overdue-clearing',
    text: OVERDUE,
    values: [orgId, 'disputed', CLEARING_DEADLINE_DAYS, DISPUTE_DEADLINE_DAYS],
  })
  const unbilled = await reader.query<{ amount: string }>(UNBILLED_AFTER_CLOSE, [orgId, period, ACCOUNTS.unbilledUsage])
  return proveClearingEmpty({
    unbilledAfterClose: amountOf(unbilled.rows[0]?.amount),
    overdue: Object.fromEntries(overdue.rows.map((row) => [row.account, amountOf(row.amount)])),
  })
}
