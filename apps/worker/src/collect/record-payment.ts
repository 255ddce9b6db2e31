import { postFee, postPayment } from '@atpar/core/ledger-cash'
import { postTopUp } from '@atpar/core/ledger-prepaid'
import { billingPeriodOf } from '@atpar/core/usage-event'
import type { CollectedPayment } from '@atpar/billing/read-invoice'
import { newId, writePosting } from '../billing/post-ledger.ts'
import type { Connection } from '../billing/transaction.ts'

export type PaymentFor =
  | { readonly purpose: 'invoice'; readonly invoiceId: string; readonly number: string }
  | { readonly purpose: 'topup' }

/**
 * Writes down one charge that succeeded, with its postings. Its id is the natural key: hearing of it again, in whatever order, changes nothing but
 * what was not known yet. The caller holds the ledger lock.
 * @returns whether it was new
 */
export const recordPayment = async (
  connection: Connection,
  scope: { readonly orgId: string; readonly nowMs: number },
  paid: { readonly payment: CollectedPayment; readonly for: PaymentFor },
): Promise<boolean> => {
  const { payment, for: purpose } = paid
  const booked = payment.balanceTransaction
  const { rows } = await connection.query<{ is_new: boolean }>(
    `INSERT INTO payment (id, org_id, purpose, invoice_id, stripe_charge_id, stripe_payment_intent_id, balance_transaction_id, amount_cents, fee_cents, card_brand,
      card_last4, risk_level, livemode, paid_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
    ON CONFLICT (stripe_charge_id) DO UPDATE SET balance_transaction_id = coalesce(payment.balance_transaction_id, EXCLUDED.balance_transaction_id),
      fee_cents = greatest(payment.fee_cents, EXCLUDED.fee_cents) WHERE payment.org_id = EXCLUDED.org_id
    RETURNING xmax = 0 AS is_new`,
    [
      newId(),
      scope.orgId,
      purpose.purpose,
      purpose.purpose === 'invoice' ? purpose.invoiceId : null,
      payment.chargeId,
      payment.paymentIntentId,
      booked?.id ?? null,
      payment.amountCents.toString(),
      (booked?.feeCents ?? 0n).toString(),
      payment.card?.brand ?? null,
      payment.card?.last4 ?? null,
      payment.riskLevel,
      payment.livemode,
      new Date(payment.paidAtMs),
    ],
  )
  const [row] = rows
  if (row === undefined) throw new Error(`Charge ${payment.chargeId} is on record for another organization.`)
  const posting = { orgId: scope.orgId, period: billingPeriodOf(scope.nowMs) }
  const { chargeId, amountCents, paymentIntentId } = payment
  await writePosting(
    connection,
    purpose.purpose === 'invoice'
      ? postPayment(posting, { chargeId, amountCents, number: purpose.number })
      : postTopUp(posting, { paymentIntentId: paymentIntentId ?? chargeId, amountCents }),
  )
  if (booked !== null && booked.feeCents !== 0n)
    await writePosting(connection, postFee(posting, { balanceTransactionId: booked.id, feeCents: booked.feeCents }))
  return row.is_new
}
