import type { Stripe } from 'stripe'
import { fromStripeAmount } from './cents.ts'

/** An invoice as Stripe has it now, in our words. */
export interface CollectedInvoice {
  readonly stripeInvoiceId: string
  /** Ours; null for an invoice that is not from here. */
  readonly invoiceId: string | null
  readonly customerId: string | null
  readonly status: 'draft' | 'open' | 'paid' | 'void' | 'uncollectible'
  readonly totalCents: bigint
  readonly taxCents: bigint
  readonly remainingCents: bigint
  readonly paidOutOfBandCents: bigint
  readonly hostedUrl: string | null
  readonly chargeAttempts: number
  readonly nextChargeAtMs: number | null
  readonly finalisedAtMs: number | null
  readonly paidAtMs: number | null
  /** Charges that succeeded. */
  readonly payments: readonly CollectedPayment[]
  /** Why the last charge failed, in Stripe's word; null when none failed. */
  readonly failure: string | null
}

export interface CollectedPayment {
  readonly chargeId: string
  readonly paymentIntentId: string | null
  readonly amountCents: bigint
  readonly refundedCents: bigint
  readonly card: { readonly brand: string; readonly last4: string } | null
  readonly riskLevel: string | null
  readonly paidAtMs: number
  readonly livemode: boolean
  /** Null while Stripe has not booked it. */
  readonly balanceTransaction: { readonly id: string; readonly amountCents: bigint; readonly feeCents: bigint } | null
}

const toMs = (seconds: number | null | undefined): number | null => (seconds == null ? null : seconds * 1000)
export const refOf = (reference: string | { id: string } | null | undefined): string | null =>
  reference == null ? null : typeof reference === 'string' ? reference : reference.id

/** A charge with its balance transaction expanded. */
export const toPayment = (charge: Stripe.Charge): CollectedPayment => {
  const booked = charge.balance_transaction
  const card = charge.payment_method_details?.card
  return {
    chargeId: charge.id,
    paymentIntentId: refOf(charge.payment_intent),
    amountCents: fromStripeAmount(charge.amount_captured),
    refundedCents: fromStripeAmount(charge.amount_refunded),
    card: card?.brand == null || card.last4 == null ? null : { brand: card.brand, last4: card.last4 },
    riskLevel: charge.outcome?.risk_level ?? null,
    paidAtMs: charge.created * 1000,
    livemode: charge.livemode,
    balanceTransaction:
      booked === null || typeof booked === 'string'
        ? null
        : { id: booked.id, amountCents: fromStripeAmount(booked.amount), feeCents: fromStripeAmount(booked.fee) },
  }
}

/** The charge of a payment intent, if it succeeded. */
export const readPaymentIntent = async (
  stripe: Stripe,
  paymentIntentId: string,
): Promise<{ readonly intent: Stripe.PaymentIntent; readonly payment: CollectedPayment | null }> => {
  const intent = await stripe.paymentIntents.retrieve(paymentIntentId, {
    expand: ['latest_charge.balance_transaction'],
  })
  const charge = intent.latest_charge
  const isPaid = intent.status === 'succeeded' && charge !== null && typeof charge !== 'string' && charge.paid
  return { intent, payment: isPaid ? toPayment(charge) : null }
}

/** One charge by its id, expanded. */
export const readCharge = (stripe: Stripe, chargeId: string): Promise<Stripe.Charge> =>
  stripe.charges.retrieve(chargeId, { expand: ['balance_transaction'] })

/** Which invoice a payment intent pays; null when it pays none. */
export const findInvoiceOfIntent = async (stripe: Stripe, paymentIntentId: string): Promise<string | null> => {
  const { data } = await stripe.invoicePayments.list({
    payment: { type: 'payment_intent', payment_intent: paymentIntentId },
    limit: 1,
  })
  const [first] = data
  return first === undefined ? null : refOf(first.invoice as string | { id: string })
}

const STATUSES: ReadonlySet<string> = new Set(['draft', 'open', 'paid', 'void', 'uncollectible'])

const readPayments = async (
  stripe: Stripe,
  stripeInvoiceId: string,
): Promise<{ readonly payments: readonly CollectedPayment[]; readonly failure: string | null }> => {
  const payments: CollectedPayment[] = []
  let failure: string | null = null
  for await (const paid of stripe.invoicePayments.list({ invoice: stripeInvoiceId, limit: 100 })) {
    const intentId = refOf(paid.payment.payment_intent)
    if (intentId === null) continue
    const { intent, payment } = await readPaymentIntent(stripe, intentId)
    if (payment !== null && paid.status === 'paid') payments.push(payment)
    failure = intent.last_payment_error?.decline_code ?? intent.last_payment_error?.code ?? failure
  }
  return { payments, failure }
}

const sumTaxes = (invoice: Stripe.Invoice): bigint =>
  (invoice.total_taxes ?? []).reduce((sum, tax) => sum + fromStripeAmount(tax.amount), 0n)

/** @throws StripeError 404 for an invoice that is not there */
export const readInvoice = async (stripe: Stripe, stripeInvoiceId: string): Promise<CollectedInvoice> => {
  const invoice = await stripe.invoices.retrieve(stripeInvoiceId)
  const status = invoice.status ?? 'draft'
  if (!STATUSES.has(status))
    throw new TypeError(`Stripe invoice ${stripeInvoiceId} is "${status}", which is unknown here`)
  const { payments, failure } = await readPayments(stripe, stripeInvoiceId)
  return {
    stripeInvoiceId,
    invoiceId: invoice.metadata?.['invoice_uuid'] ?? null,
    customerId: refOf(invoice.customer),
    // Held to these words just above.
    status: status as CollectedInvoice['status'],
    totalCents: fromStripeAmount(invoice.total),
    taxCents: sumTaxes(invoice),
    remainingCents: fromStripeAmount(invoice.amount_remaining),
    paidOutOfBandCents: fromStripeAmount(invoice.amount_paid_off_stripe ?? 0),
    hostedUrl: invoice.hosted_invoice_url ?? null,
    chargeAttempts: invoice.attempt_count,
    nextChargeAtMs: toMs(invoice.next_payment_attempt),
    finalisedAtMs: toMs(invoice.status_transitions.finalized_at),
    paidAtMs: toMs(invoice.status_transitions.paid_at),
    payments,
    failure: status === 'open' ? failure : null,
  }
}
