import { ACCOUNTS, withoutZeros, type LedgerPosting } from './ledger.ts'
import type { PostingScope } from './ledger-cash.ts'
import { PUSD_PER_CENT, pusd } from './money.ts'

/** Money paid in advance. Only a payment that Stripe says has succeeded is ever posted, under the name of its intent: hearing of it twice credits once. */
export const postTopUp = (
  scope: PostingScope,
  topUp: { readonly paymentIntentId: string; readonly amountCents: bigint },
): LedgerPosting => ({
  ...scope,
  naturalKey: `topup:${topUp.paymentIntentId}`,
  kind: 'topup',
  memo: `Top-up ${topUp.paymentIntentId}`,
  entries: withoutZeros([
    { account: ACCOUNTS.cashStripe, amountPusd: pusd(topUp.amountCents * PUSD_PER_CENT) },
    { account: ACCOUNTS.prepaidCredit, amountPusd: pusd(-topUp.amountCents * PUSD_PER_CENT) },
  ]),
})

/** What of an invoice the balance paid, in whole cents, before Stripe is asked for the rest. */
export const postPrepaidUse = (
  scope: PostingScope,
  use: { readonly invoiceId: string; readonly number: string; readonly cents: bigint },
): LedgerPosting => ({
  ...scope,
  naturalKey: `prepaid-use:${use.invoiceId}`,
  kind: 'prepaid_use',
  memo: `Invoice ${use.number}, paid from the balance`,
  entries: withoutZeros([
    { account: ACCOUNTS.prepaidCredit, amountPusd: pusd(use.cents * PUSD_PER_CENT) },
    { account: ACCOUNTS.arOpen, amountPusd: pusd(-use.cents * PUSD_PER_CENT) },
  ]),
})

/** Below it Stripe would not charge but call the invoice paid and remember a debt of its own. */
export const STRIPE_MINIMUM_CENTS = 50n

/**
 * How much of an invoice the balance pays: all it can, but it never leaves a rest that is too small to charge.
 * @returns whole cents, at most the total and at most the balance
 */
export const allotPrepaid = (totalCents: bigint, balanceCents: bigint): bigint => {
  if (balanceCents <= 0n || totalCents <= 0n) return 0n
  if (balanceCents >= totalCents) return totalCents
  const rest = totalCents - balanceCents
  if (rest >= STRIPE_MINIMUM_CENTS) return balanceCents
  return totalCents > STRIPE_MINIMUM_CENTS ? totalCents - STRIPE_MINIMUM_CENTS : 0n
}
