import type { Stripe } from 'stripe'
import { fromStripeAmount, toStripeAmount } from './cents.ts'
import { refOf } from './read-invoice.ts'

/** A refund as Stripe has it now. */
export interface RefundView {
  readonly stripeRefundId: string
  /** Ours; null for one that somebody made at Stripe. */
  readonly refundId: string | null
  readonly chargeId: string | null
  readonly amountCents: bigint
  readonly state: 'pending' | 'requires_action' | 'succeeded' | 'failed' | 'canceled'
  /** Set once the money has left. */
  readonly balanceTransactionId: string | null
  /** Set once it has come back. */
  readonly failureBalanceTransactionId: string | null
}

const REFUND_ID = 'refund_uuid'
const REFUND_STATES: ReadonlySet<string> = new Set(['pending', 'requires_action', 'succeeded', 'failed', 'canceled'])

const toRefund = (refund: Stripe.Refund): RefundView => {
  const state = refund.status ?? 'pending'
  if (!REFUND_STATES.has(state)) throw new TypeError(`Stripe refund ${refund.id} is "${state}", which is unknown here`)
  return {
    stripeRefundId: refund.id,
    refundId: refund.metadata?.[REFUND_ID] ?? null,
    chargeId: refOf(refund.charge),
    amountCents: fromStripeAmount(refund.amount),
    // Held to these words just above.
    state: state as RefundView['state'],
    balanceTransactionId: refOf(refund.balance_transaction),
    failureBalanceTransactionId: refOf(refund.failure_balance_transaction),
  }
}

export const readRefund = async (stripe: Stripe, stripeRefundId: string): Promise<RefundView> =>
  toRefund(await stripe.refunds.retrieve(stripeRefundId))

/** Gives money back once, however often it is called: a refund of this charge with our id in it is found before another is made. */
export const giveBack = async (
  stripe: Stripe,
  refund: {
    readonly refundId: string
    readonly chargeId: string
    readonly amountCents: bigint
    /** How often it was tried: a failure that Stripe remembers must not be met again. */
    readonly attempt: number
  },
): Promise<RefundView> => {
  for await (const known of stripe.refunds.list({ charge: refund.chargeId, limit: 100 }))
    if (known.metadata?.[REFUND_ID] === refund.refundId) return toRefund(known)
  return toRefund(
    await stripe.refunds.create(
      {
        charge: refund.chargeId,
        amount: toStripeAmount(refund.amountCents),
        metadata: { [REFUND_ID]: refund.refundId },
      },
      { idempotencyKey: `refund:${refund.refundId}:${refund.attempt}` },
    ),
  )
}

/** A dispute as Stripe has it now. */
export interface DisputeView {
  readonly stripeDisputeId: string
  readonly chargeId: string
  readonly amountCents: bigint
  readonly reason: string
  /** Stripe's word. */
  readonly state: string
  readonly outcome: 'won' | 'lost' | null
  readonly evidenceDueAtMs: number | null
  readonly hasEvidence: boolean
  readonly openedAtMs: number
  /** Money taken (below zero) and given back, each with its fee. */
  readonly moves: readonly { readonly id: string; readonly amountCents: bigint; readonly feeCents: bigint }[]
}

export const readDispute = async (stripe: Stripe, stripeDisputeId: string): Promise<DisputeView> => {
  const dispute = await stripe.disputes.retrieve(stripeDisputeId)
  const chargeId = refOf(dispute.charge)
  if (chargeId === null) throw new TypeError(`Stripe dispute ${stripeDisputeId} names no charge`)
  const dueBy = dispute.evidence_details.due_by
  return {
    stripeDisputeId,
    chargeId,
    amountCents: fromStripeAmount(dispute.amount),
    reason: dispute.reason,
    state: dispute.status,
    outcome: dispute.status === 'won' ? 'won' : dispute.status === 'lost' ? 'lost' : null,
    evidenceDueAtMs: dueBy === null ? null : dueBy * 1000,
    hasEvidence: dispute.evidence_details.has_evidence,
    openedAtMs: dispute.created * 1000,
    moves: dispute.balance_transactions.map((move) => ({
      id: move.id,
      amountCents: fromStripeAmount(move.amount),
      feeCents: fromStripeAmount(move.fee),
    })),
  }
}

/** Puts our side of it on record. Not submitted: a person reads it first, and Stripe takes one submission only. */
export const attachEvidence = async (
  stripe: Stripe,
  dispute: { readonly stripeDisputeId: string; readonly productDescription: string; readonly text: string },
): Promise<void> => {
  await stripe.disputes.update(
    dispute.stripeDisputeId,
    {
      evidence: {
        product_description: dispute.productDescription,
        // Stripe's limit over all texts is 150,000 characters, over this one 20,000.
        uncategorized_text: dispute.text.slice(0, 20_000),
      },
      submit: false,
    },
    { idempotencyKey: `dispute:${dispute.stripeDisputeId}:evidence` },
  )
}
