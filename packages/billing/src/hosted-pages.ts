import type { Stripe } from 'stripe'

/** Where a browser is sent to, and where it comes back to. Card numbers are typed at Stripe, never here. */
export interface HostedPage {
  readonly sessionId: string
  readonly url: string
}

const withUrl = (sessionId: string, url: string | null): HostedPage => {
  if (url === null) throw new TypeError(`Stripe's session ${sessionId} has no address`)
  return { sessionId, url }
}

/** Checkout that saves a card and charges nothing. */
export const openCardSetup = async (
  stripe: Stripe,
  page: { readonly customerId: string; readonly successUrl: string; readonly cancelUrl: string },
): Promise<HostedPage> => {
  const session = await stripe.checkout.sessions.create({
    mode: 'setup',
    currency: 'usd',
    customer: page.customerId,
    success_url: page.successUrl,
    cancel_url: page.cancelUrl,
  })
  return withUrl(session.id, session.url)
}

/** Stripe's page of cards, tax ids and documents of one customer. */
export const openPortal = async (
  stripe: Stripe,
  page: { readonly customerId: string; readonly returnUrl: string },
): Promise<HostedPage> => {
  const session = await stripe.billingPortal.sessions.create({ customer: page.customerId, return_url: page.returnUrl })
  return withUrl(session.id, session.url)
}

/** Checkout in payment mode. Its payment intent carries `metadata`, by which the payment is recognised; nothing is credited before it succeeded. */
export const openTopUpPage = async (
  stripe: Stripe,
  page: {
    readonly customerId: string
    readonly topUpId: string
    readonly cents: number
    readonly successUrl: string
    readonly cancelUrl: string
  },
): Promise<HostedPage> => {
  const metadata = { topup_id: page.topUpId }
  const session = await stripe.checkout.sessions.create(
    {
      mode: 'payment',
      customer: page.customerId,
      line_items: [
        {
          quantity: 1,
          price_data: { currency: 'usd', unit_amount: page.cents, product_data: { name: 'Prepaid balance' } },
        },
      ],
      metadata,
      payment_intent_data: { metadata },
      success_url: page.successUrl,
      cancel_url: page.cancelUrl,
    },
    { idempotencyKey: `topup:${page.topUpId}:checkout` },
  )
  return withUrl(session.id, session.url)
}

/** Charges a saved card without its owner. One intent per top-up, whatever happens: the key is its id. */
export const chargeTopUp = async (
  stripe: Stripe,
  topUp: {
    readonly customerId: string
    readonly topUpId: string
    readonly paymentMethodId: string
    readonly cents: number
  },
): Promise<Stripe.PaymentIntent> =>
  stripe.paymentIntents.create(
    {
      customer: topUp.customerId,
      amount: topUp.cents,
      currency: 'usd',
      payment_method: topUp.paymentMethodId,
      off_session: true,
      confirm: true,
      metadata: { topup_id: topUp.topUpId },
    },
    { idempotencyKey: `topup:${topUp.topUpId}` },
  )

/** Ends the sessions in which somebody could still pay an invoice that is settled: else it would be paid twice. */
export const expirePayPages = async (
  stripe: Stripe,
  invoice: { readonly customerId: string; readonly invoiceId: string },
): Promise<number> => {
  let expired = 0
  for await (const session of stripe.checkout.sessions.list({
    customer: invoice.customerId,
    status: 'open',
    limit: 100,
  })) {
    if (session.metadata?.['invoice_uuid'] !== invoice.invoiceId) continue
    await stripe.checkout.sessions.expire(session.id)
    expired += 1
  }
  return expired
}
