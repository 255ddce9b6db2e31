import { pusd } from '@atpar/core/money'
import { proveCashEqualsBook, type ProofResult } from '@atpar/core/proofs'
import type { Reader } from './transaction.ts'

/** Stripe's book is copied once a night. A posting that is older than this and not in the copy is a difference; until then it waits for the copy. */
const COPIED_WITHIN = '36 hours'

/**
 * What is copied of Stripe's book and what is posted, each summed for itself. Stripe's lines of one organization are found by their charge, refund or
 * dispute. What moved before the organization was brought here stands in another installation's book, and was proven there.
 */
const FIGURES = `
  WITH here AS (
    SELECT coalesce(max(created_at), '-infinity') AS since FROM audit_log WHERE org_id = $1 AND action = 'organization-imported'
  ), paid AS (
    SELECT p.* FROM payment p, here WHERE p.org_id = $1 AND p.created_at > here.since
  ), ours AS (
    SELECT stripe_charge_id AS source FROM paid
    UNION ALL SELECT r.stripe_refund_id FROM refund r JOIN paid ON paid.id = r.payment_id WHERE r.stripe_refund_id IS NOT NULL
    UNION ALL SELECT d.stripe_dispute_id FROM dispute d JOIN paid ON paid.id = d.payment_id
  ), book AS (
    SELECT coalesce(sum(b.amount_cents), 0) AS moved, coalesce(sum(b.fee_cents), 0) AS fees
    FROM stripe_balance_transaction b WHERE b.source_id IN (SELECT source FROM ours)
  ), named AS (
    SELECT 'payment:' || stripe_charge_id AS natural_key, balance_transaction_id AS book_id FROM paid
    UNION ALL SELECT 'topup:' || coalesce(stripe_payment_intent_id, stripe_charge_id), balance_transaction_id FROM paid
    UNION ALL SELECT 'refund:' || r.stripe_refund_id, r.balance_transaction_id FROM refund r WHERE r.org_id = $1
    UNION ALL SELECT 'refund-failed:' || r.stripe_refund_id, r.failure_balance_transaction_id FROM refund r WHERE r.org_id = $1
    UNION ALL SELECT t.natural_key, split_part(t.natural_key, ':', 2) FROM ledger_transaction t
      WHERE t.org_id = $1 AND t.kind IN ('fee', 'dispute') AND t.natural_key ~ '^(fee|dispute):'
  ), posted AS (
    SELECT e.account, e.amount_pusd,
      named.natural_key IS NOT NULL AND t.posted_at > now() - interval '${COPIED_WITHIN}'
        AND NOT EXISTS (SELECT 1 FROM stripe_balance_transaction b WHERE b.id = named.book_id) AS is_awaiting
    FROM here, ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id LEFT JOIN named ON named.natural_key = t.natural_key
    WHERE e.org_id = $1 AND e.account IN ('cash:stripe', 'stripe_fees') AND t.posted_at > here.since
  )
  SELECT book.moved::text, book.fees::text AS book_fees,
    (SELECT coalesce(sum(amount_pusd), 0) FROM posted WHERE account = 'cash:stripe' AND NOT is_awaiting)::text AS cash,
    (SELECT coalesce(sum(amount_pusd), 0) FROM posted WHERE account = 'stripe_fees' AND NOT is_awaiting)::text AS ledger_fees,
    (SELECT coalesce(sum(amount_pusd), 0) FROM posted WHERE account = 'cash:stripe' AND is_awaiting)::text AS awaiting,
    (SELECT count(*) FROM posted)::int + (SELECT count(*) FROM paid)::int AS moves
  FROM book`

interface Row {
  readonly moved: string
  readonly book_fees: string
  readonly cash: string
  readonly ledger_fees: string
  readonly awaiting: string
  readonly moves: number
}

/** P4 of one organization, over its whole life here. Null while no money of it has moved through Stripe. */
export const proveP4 = async (reader: Reader, orgId: string): Promise<ProofResult | null> => {
  const { rows } = await reader.query<Row>({ name: 'cash-equals-book', text: FIGURES, values: [orgId] })
  const [row] = rows
  if (row === undefined || row.moves === 0) return null
  return proveCashEqualsBook({
    ledgerCash: pusd(BigInt(row.cash)),
    ledgerFees: pusd(BigInt(row.ledger_fees)),
    awaitingCash: pusd(BigInt(row.awaiting)),
    bookMovedCents: BigInt(row.moved),
    bookFeesCents: BigInt(row.book_fees),
  })
}
