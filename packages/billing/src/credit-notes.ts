import type { Stripe } from 'stripe'
import { fromStripeAmount, toStripeAmount } from './cents.ts'

const CREDIT_NOTE_ID = 'credit_note_uuid'

/**
 * Where what it takes back goes. `lowers_due`: the invoice is open · `refund`: one that was made before · `elsewhere`: credited in our own books, which
 * Stripe calls out of band; its customer balance is never used.
 */
export type CreditNoteWay =
  | { readonly kind: 'lowers_due' }
  | { readonly kind: 'refund'; readonly stripeRefundId: string }
  | { readonly kind: 'elsewhere' }

export interface StripeCreditNote {
  readonly creditNoteId: string
  readonly number: string
  readonly stripeInvoiceId: string
  /** With tax. */
  readonly totalCents: bigint
  readonly way: CreditNoteWay
  /** How often it was tried: a failure that Stripe remembers must not be met again. */
  readonly attempt: number
}

export interface MadeCreditNote {
  readonly stripeId: string
  readonly totalCents: bigint
  /** As Stripe computed it. */
  readonly taxCents: bigint
}

const toMade = (note: Stripe.CreditNote): MadeCreditNote => ({
  stripeId: note.id,
  totalCents: fromStripeAmount(note.total),
  taxCents: (note.total_taxes ?? []).reduce((sum, tax) => sum + fromStripeAmount(tax.amount), 0n),
})

/** The credit note with our id in it; null when there is none. */
export const findCreditNote = async (
  stripe: Stripe,
  note: Pick<StripeCreditNote, 'creditNoteId' | 'stripeInvoiceId'>,
): Promise<MadeCreditNote | null> => {
  for await (const known of stripe.creditNotes.list({ invoice: note.stripeInvoiceId, limit: 100 }))
    if (known.metadata?.[CREDIT_NOTE_ID] === note.creditNoteId) return toMade(known)
  return null
}

/** What a credit note for it can still take. Stripe has nothing of what the prepaid balance paid. */
const leftOf = async (stripe: Stripe, stripeInvoiceId: string): Promise<bigint> => {
  const invoice = await stripe.invoices.retrieve(stripeInvoiceId)
  return fromStripeAmount(
    invoice.total - invoice.pre_payment_credit_notes_amount - invoice.post_payment_credit_notes_amount,
  )
}

const settlementOf = (way: CreditNoteWay, amount: number): Partial<Stripe.CreditNoteCreateParams> => {
  if (way.kind === 'lowers_due') return {}
  if (way.kind === 'elsewhere') return { out_of_band_amount: amount }
  return { refunds: [{ refund: way.stripeRefundId, amount_refunded: amount }] }
}

/**
 * Makes a credit note once, however often it is called.
 * @returns null when Stripe has nothing of the invoice that is not taken back already
 */
export const createCreditNote = async (stripe: Stripe, note: StripeCreditNote): Promise<MadeCreditNote | null> => {
  const known = await findCreditNote(stripe, note)
  if (known !== null) return known
  const left = note.way.kind === 'elsewhere' ? await leftOf(stripe, note.stripeInvoiceId) : note.totalCents
  const cents = left < note.totalCents ? left : note.totalCents
  if (cents <= 0n) return null
  const amount = toStripeAmount(cents)
  const made = await stripe.creditNotes.create(
    {
      invoice: note.stripeInvoiceId,
      amount,
      ...settlementOf(note.way, amount),
      memo: `Credit note ${note.number}`,
      metadata: { [CREDIT_NOTE_ID]: note.creditNoteId },
    },
    { idempotencyKey: `credit-note:${note.creditNoteId}:${note.attempt}` },
  )
  return toMade(made)
}
