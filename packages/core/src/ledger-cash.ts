import { ACCOUNTS, withoutZeros, type LedgerEntry, type LedgerPosting } from './ledger.ts'
import { PUSD_PER_CENT, pusd, type Pusd } from './money.ts'

/**
 * Postings of money that really moved, and of claims that ended without it. All amounts are whole cents above zero unless said otherwise.
 * Each is named after what Stripe calls it by: hearing of the same charge, refund or dispute again posts nothing.
 */

/** Whose posting, and the month in which it is entered (`YYYY-MM-01`): the month of the event, whatever invoice it is about. */
export interface PostingScope {
  readonly orgId: string
  readonly period: string
}

const fromCents = (cents: bigint): Pusd => pusd(cents * PUSD_PER_CENT)

const move = (cents: bigint, debit: string, credit: string): readonly LedgerEntry[] =>
  withoutZeros([
    { account: debit, amountPusd: fromCents(cents) },
    { account: credit, amountPusd: fromCents(-cents) },
  ])

/** Tax that was added to an invoice when it was finalised: owed by the customer, and by us to the state. */
export const postTax = (
  scope: PostingScope,
  tax: { readonly invoiceId: string; readonly number: string; readonly taxCents: bigint },
): LedgerPosting => ({
  ...scope,
  naturalKey: `tax:${tax.invoiceId}`,
  kind: 'tax',
  memo: `Tax of invoice ${tax.number}`,
  entries: move(tax.taxCents, ACCOUNTS.arOpen, ACCOUNTS.taxPayable),
})

/** A charge that succeeded for an invoice. Its fee is posted by `postFee`: Stripe takes it from the same money. */
export const postPayment = (
  scope: PostingScope,
  payment: { readonly chargeId: string; readonly amountCents: bigint; readonly number: string },
): LedgerPosting => ({
  ...scope,
  naturalKey: `payment:${payment.chargeId}`,
  kind: 'payment',
  memo: `Payment of invoice ${payment.number}`,
  entries: move(payment.amountCents, ACCOUNTS.cashStripe, ACCOUNTS.arOpen),
})

/** An invoice that somebody at Stripe marked as paid elsewhere. No cash here, until somebody clears it. */
export const postPaymentOutOfBand = (
  scope: PostingScope,
  payment: { readonly stripeInvoiceId: string; readonly amountCents: bigint; readonly number: string },
): LedgerPosting => ({
  ...scope,
  naturalKey: `payment:${payment.stripeInvoiceId}`,
  kind: 'payment',
  memo: `Invoice ${payment.number} was marked as paid outside Stripe`,
  entries: move(payment.amountCents, ACCOUNTS.clearingOutOfBand, ACCOUNTS.arOpen),
})

/** What Stripe kept. Below zero when it gave a fee back. The platform bears it: the markup is zero and shown. */
export const postFee = (
  scope: PostingScope,
  fee: { readonly balanceTransactionId: string; readonly feeCents: bigint },
): LedgerPosting => ({
  ...scope,
  naturalKey: `fee:${fee.balanceTransactionId}`,
  kind: 'fee',
  memo: `Stripe's fee of ${fee.balanceTransactionId}`,
  entries: move(fee.feeCents, ACCOUNTS.stripeFees, ACCOUNTS.cashStripe),
})

/**
 * What money given back is set against: `refunds` = the platform's own expense, the customer still owed it · `ar_open` = a credit note lowered the
 * claim below what was paid · `prepaid_credit` = a top-up is returned.
 */
export type RefundSettles = 'refunds' | 'ar_open' | 'prepaid_credit'

export const postRefund = (
  scope: PostingScope,
  refund: { readonly stripeRefundId: string; readonly amountCents: bigint; readonly settles: RefundSettles },
): LedgerPosting => ({
  ...scope,
  naturalKey: `refund:${refund.stripeRefundId}`,
  kind: 'refund',
  memo: `Refund ${refund.stripeRefundId}`,
  entries: move(refund.amountCents, refund.settles, ACCOUNTS.cashStripe),
})

/** A refund that the customer's bank sent back: the money is ours again, and the customer's claim to it stands. */
export const postRefundFailure = (
  scope: PostingScope,
  refund: { readonly stripeRefundId: string; readonly amountCents: bigint; readonly settles: RefundSettles },
): LedgerPosting => ({
  ...scope,
  naturalKey: `refund-failed:${refund.stripeRefundId}`,
  kind: 'refund',
  memo: `Refund ${refund.stripeRefundId} came back`,
  entries: move(refund.amountCents, ACCOUNTS.cashStripe, refund.settles),
})

export interface DisputedMoney {
  readonly stripeDisputeId: string
  readonly balanceTransactionId: string
  readonly amountCents: bigint
}

/** The bank took the money back until it has decided. */
export const postDisputeWithdrawal = (scope: PostingScope, dispute: DisputedMoney): LedgerPosting => ({
  ...scope,
  naturalKey: `dispute:${dispute.balanceTransactionId}`,
  kind: 'dispute',
  memo: `Dispute ${dispute.stripeDisputeId}: withdrawn`,
  entries: move(dispute.amountCents, ACCOUNTS.disputed, ACCOUNTS.cashStripe),
})

/** The bank decided for us and gave it back. */
export const postDisputeReinstatement = (scope: PostingScope, dispute: DisputedMoney): LedgerPosting => ({
  ...scope,
  naturalKey: `dispute:${dispute.balanceTransactionId}`,
  kind: 'dispute',
  memo: `Dispute ${dispute.stripeDisputeId}: reinstated`,
  entries: move(dispute.amountCents, ACCOUNTS.cashStripe, ACCOUNTS.disputed),
})

/** The bank decided against us: what is still held as disputed is lost. */
export const postDisputeLoss = (
  scope: PostingScope,
  dispute: { readonly stripeDisputeId: string; readonly amountCents: bigint },
): LedgerPosting => ({
  ...scope,
  naturalKey: `dispute-lost:${dispute.stripeDisputeId}`,
  kind: 'dispute',
  memo: `Dispute ${dispute.stripeDisputeId}: lost`,
  entries: move(dispute.amountCents, ACCOUNTS.writtenOff, ACCOUNTS.disputed),
})

/** What was still open of an invoice that is given up. */
export const postWriteOff = (
  scope: PostingScope,
  claim: { readonly invoiceId: string; readonly number: string; readonly openCents: bigint },
): LedgerPosting => ({
  ...scope,
  naturalKey: `write-off:${claim.invoiceId}`,
  kind: 'write_off',
  memo: `Invoice ${claim.number} is uncollectible`,
  entries: move(claim.openCents, ACCOUNTS.writtenOff, ACCOUNTS.arOpen),
})

/** A customer paid what had been given up: the claim is put back, so that the payment finds it. */
export const postRecovery = (
  scope: PostingScope,
  claim: { readonly invoiceId: string; readonly number: string; readonly openCents: bigint },
): LedgerPosting => ({
  ...scope,
  naturalKey: `write-off-reversed:${claim.invoiceId}`,
  kind: 'write_off',
  memo: `Invoice ${claim.number} was paid after all`,
  entries: move(claim.openCents, ACCOUNTS.arOpen, ACCOUNTS.writtenOff),
})

/** An open invoice that was voided: nobody owes it any more, nor its tax. */
export const postVoid = (
  scope: PostingScope,
  claim: { readonly invoiceId: string; readonly number: string; readonly openCents: bigint; readonly taxCents: bigint },
): LedgerPosting => ({
  ...scope,
  naturalKey: `void:${claim.invoiceId}`,
  kind: 'write_off',
  memo: `Invoice ${claim.number} was voided`,
  entries: withoutZeros([
    { account: ACCOUNTS.writtenOff, amountPusd: fromCents(claim.openCents - claim.taxCents) },
    { account: ACCOUNTS.taxPayable, amountPusd: fromCents(claim.taxCents) },
    { account: ACCOUNTS.arOpen, amountPusd: fromCents(-claim.openCents) },
  ]),
})
