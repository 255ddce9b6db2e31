import { readRefund, type RefundView } from '@atpar/billing/give-back'
import { postRefund, postRefundFailure, type RefundSettles } from '@atpar/core/ledger-cash'
import { billingPeriodOf } from '@atpar/core/usage-event'
import { newId, writePosting } from '../billing/post-ledger.ts'
import { inTransaction, lockLedger, type Connection } from '../billing/transaction.ts'
import type { CollectDeps } from './collecting.ts'
import { requirePayment, type KnownPayment } from './find-payment.ts'

interface RefundRow {
  readonly id: string
  readonly settles: RefundSettles
}

/** Our row of it: by Stripe's id, by ours in its metadata, or a new one for a refund that was made at Stripe. */
const findRow = async (connection: Connection, read: RefundView, payment: KnownPayment): Promise<RefundRow> => {
  const { rows } = await connection.query<RefundRow>(
    `SELECT id, settles FROM refund WHERE org_id = $1 AND payment_id = $2 AND (stripe_refund_id = $3 OR (stripe_refund_id IS NULL AND id::text = $4)) FOR UPDATE`,
    [payment.orgId, payment.paymentId, read.stripeRefundId, read.refundId],
  )
  if (rows[0] !== undefined) return rows[0]
  const row: RefundRow = { id: newId(), settles: payment.purpose === 'topup' ? 'prepaid_credit' : 'refunds' }
  await connection.query(
    `INSERT INTO refund (id, org_id, payment_id, amount_cents, reason, settles, state) VALUES ($1, $2, $3, $4, 'Made at Stripe', $5, 'pending')`,
    [row.id, payment.orgId, payment.paymentId, read.amountCents.toString(), row.settles],
  )
  return row
}

const applyRead = async (
  connection: Connection,
  read: RefundView,
  context: { readonly payment: KnownPayment; readonly nowMs: number },
): Promise<void> => {
  const { payment, nowMs } = context
  await lockLedger(connection, payment.orgId)
  const { id, settles } = await findRow(connection, read, payment)
  const posting = { stripeRefundId: read.stripeRefundId, amountCents: read.amountCents, settles }
  const scope = { orgId: payment.orgId, period: billingPeriodOf(nowMs) }
  // By what Stripe booked, not by the word for its state: the money has left when it is in its book.
  if (read.balanceTransactionId !== null) await writePosting(connection, postRefund(scope, posting))
  if (read.failureBalanceTransactionId !== null) await writePosting(connection, postRefundFailure(scope, posting))
  await connection.query(
    `UPDATE refund SET stripe_refund_id = $2, balance_transaction_id = coalesce($4, balance_transaction_id),
      failure_balance_transaction_id = coalesce($5, failure_balance_transaction_id), last_error = NULL, updated_at = now(),
      state = CASE WHEN state IN ('failed', 'canceled') OR (state = 'succeeded' AND $3 NOT IN ('failed', 'canceled')) THEN state ELSE $3 END WHERE id = $1`,
    [id, read.stripeRefundId, read.state, read.balanceTransactionId, read.failureBalanceTransactionId],
  )
  await connection.query(
    `UPDATE payment SET refunded_cents = least(amount_cents, (SELECT coalesce(sum(r.amount_cents), 0) FROM refund r
      WHERE r.org_id = payment.org_id AND r.payment_id = payment.id AND r.state NOT IN ('requested', 'failed', 'canceled'))) WHERE org_id = $1 AND id = $2`,
    [payment.orgId, payment.paymentId],
  )
}

/** Brings our record of a refund forward. False when it is of no payment of ours. */
export const recordRefund = async (deps: CollectDeps, read: RefundView): Promise<boolean> => {
  const payment = read.chargeId === null ? null : await requirePayment(deps, read.chargeId)
  if (payment === null) return false
  await inTransaction(deps.pool, (connection) => applyRead(connection, read, { payment, nowMs: deps.nowMs }))
  return true
}

export const syncRefund = async (deps: CollectDeps, stripeRefundId: string): Promise<boolean> =>
  recordRefund(deps, await readRefund(deps.collecting.stripe, stripeRefundId))
