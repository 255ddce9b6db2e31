import { pusd } from '@atpar/core/money'
import { holds, proveCashEqualsBook, type ProofResult } from '@atpar/core/proofs'
import { billingPeriodOf } from '@atpar/core/usage-event'
import { recordProofs } from '../billing/prove.ts'
import type { Reader } from '../billing/transaction.ts'
import type { CollectDeps } from './collecting.ts'

/** Stripe's lines of one organization: found by their charge, refund or dispute. What is copied of the book and what is posted, each summed for itself. */
const FIGURES = `
  WITH ours AS (
    SELECT stripe_charge_id AS source FROM payment WHERE org_id = $1
    UNION ALL SELECT stripe_refund_id FROM refund WHERE org_id = $1 AND stripe_refund_id IS NOT NULL
    UNION ALL SELECT stripe_dispute_id FROM dispute WHERE org_id = $1
  ), book AS (
    SELECT coalesce(sum(b.amount_cents), 0) AS moved, coalesce(sum(b.fee_cents), 0) AS fees, max(b.read_at) AS read_at
    FROM stripe_balance_transaction b WHERE b.source_id IN (SELECT source FROM ours)
  ), ledger AS (
    SELECT coalesce(sum(e.amount_pusd) FILTER (WHERE e.account = 'cash:stripe'), 0) AS cash, coalesce(sum(e.amount_pusd) FILTER (WHERE e.account = 'stripe_fees'), 0) AS fees
    FROM ledger_entry e WHERE e.org_id = $1 AND e.account IN ('cash:stripe', 'stripe_fees')
  )
  SELECT book.moved::text, book.fees::text AS book_fees, ledger.cash::text, ledger.fees::text AS ledger_fees FROM book, ledger`

interface Row {
  readonly moved: string
  readonly book_fees: string
  readonly cash: string
  readonly ledger_fees: string
}

/** P4 of one organization, over its whole life. Only after Stripe's book was copied: a payment of this minute is not in yesterday's copy. */
export const proveP4 = async (reader: Reader, orgId: string): Promise<ProofResult> => {
  const { rows } = await reader.query<Row>(FIGURES, [orgId])
  const row = rows[0] ?? { moved: '0', book_fees: '0', cash: '0', ledger_fees: '0' }
  return proveCashEqualsBook({
    ledgerCash: pusd(BigInt(row.cash)),
    ledgerFees: pusd(BigInt(row.ledger_fees)),
    bookMovedCents: BigInt(row.moved),
    bookFeesCents: BigInt(row.book_fees),
  })
}

/** Money in Stripe's book that belongs to no organization: payouts and the like aside, there is none. */
export const findUnplacedMoney = async (
  reader: Reader,
): Promise<readonly { id: string; type: string; cents: string }[]> => {
  const { rows } = await reader.query<{ id: string; type: string; cents: string }>(
    `SELECT b.id, b.type, b.amount_cents::text AS cents FROM stripe_balance_transaction b
    WHERE b.type NOT IN ('payout', 'payout_cancel', 'payout_failure', 'transfer', 'stripe_fee', 'tax_fee', 'topup', 'topup_reversal', 'reserve_hold', 'reserve_release')
      AND NOT EXISTS (SELECT 1 FROM payment p WHERE p.stripe_charge_id = b.source_id)
      AND NOT EXISTS (SELECT 1 FROM refund r WHERE r.stripe_refund_id = b.source_id)
      AND NOT EXISTS (SELECT 1 FROM dispute d WHERE d.stripe_dispute_id = b.source_id) ORDER BY b.occurred_at`,
  )
  return rows
}

/** P4 of everybody who ever paid, kept with the other proofs under the month that runs. A difference is an incident. */
export const proveAllCash = async ({ pool, nowMs, log }: CollectDeps): Promise<void> => {
  const { rows } = await pool.query<{ org_id: string }>(
    `SELECT org_id FROM payment UNION SELECT org_id FROM ledger_entry WHERE account = 'cash:stripe'`,
  )
  const period = billingPeriodOf(nowMs)
  for (const { org_id: orgId } of rows) {
    const result = await proveP4(pool, orgId)
    await recordProofs(pool, { orgId, period }, [result])
    if (!holds(result))
      log.error('proof-failed', {
        orgId,
        period,
        proof: result.proof,
        differencePusd: result.differencePusd.toString(),
        detail: result.detail,
      })
  }
  for (const money of await findUnplacedMoney(pool)) log.error('stripe-money-unplaced', { ...money })
}
