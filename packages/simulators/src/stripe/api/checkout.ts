import { z } from 'zod'

import { emit } from '../events.ts'
import { createPaymentIntent } from '../money/payment-intent.ts'
import { createSetupIntent } from '../money/setup-intent.ts'
import type { CheckoutSession } from '../objects.ts'
import { applyMetadata, boolean, ignored, integer, listing, metadata, text } from '../params.ts'
import { refuse, refuseParameter } from '../refusal.ts'
import { idOf, type World } from '../world.ts'
import { find, many, one, type Route } from './route.ts'

const SECONDS_OPEN = 86_400
const SECONDS_LEAST_OPEN = 1_800

const lineItem = z.strictObject({
  quantity: integer.optional(),
  price_data: z.strictObject({
    currency: text,
    unit_amount: integer,
    tax_behavior: ignored,
    product_data: z.strictObject({
      name: text,
      description: text.optional(),
      tax_code: ignored,
      metadata: metadata.optional(),
      images: ignored,
    }),
  }),
})

/** Ends a session nobody finished; true when it was still open. */
export function expireSession(world: World, session: CheckoutSession): boolean {
  if (session.status !== 'open') return false
  session.status = 'expired'
  session.url = null
  emit(world, 'checkout.session.expired', session)
  return true
}

function findSession(world: World, id: string | undefined): CheckoutSession {
  return find(world.tables.checkoutSessions, id, 'checkout.session')
}

const shape = {
  adaptive_pricing: ignored,
  automatic_tax: ignored,
  billing_address_collection: z.enum(['auto', 'required']).optional(),
  branding_settings: ignored,
  cancel_url: text.optional(),
  client_reference_id: text.optional(),
  consent_collection: ignored,
  currency: text.optional(),
  custom_text: ignored,
  customer: text.optional(),
  customer_email: text.optional(),
  customer_update: z
    .strictObject({ address: z.enum(['auto', 'never']).optional(), name: ignored, shipping: ignored })
    .optional(),
  expires_at: integer.optional(),
  line_items: z.array(lineItem).min(1).max(100).optional(),
  locale: ignored,
  metadata: metadata.optional(),
  mode: z.enum(['payment', 'setup']),
  payment_intent_data: z
    .strictObject({
      description: text.optional(),
      metadata: metadata.optional(),
      receipt_email: text.optional(),
      setup_future_usage: text.optional(),
      statement_descriptor: ignored,
    })
    .optional(),
  payment_method_options: ignored,
  payment_method_types: z.array(text).optional(),
  allowed_payment_method_types: z.array(text).optional(),
  saved_payment_method_options: ignored,
  setup_intent_data: z.strictObject({ description: text.optional(), metadata: metadata.optional() }).optional(),
  submit_type: ignored,
  success_url: text.optional(),
  tax_id_collection: z.strictObject({ enabled: boolean, required: ignored }).optional(),
  ui_mode: text.optional(),
}

const sessionParams = z.strictObject(shape)

function createSession(world: World, params: z.infer<typeof sessionParams>): CheckoutSession {
  const now = world.now()
  if (params.customer !== undefined) find(world.tables.customers, params.customer, 'customer', 'customer')
  if (params.success_url === undefined) {
    throw refuseParameter('Missing required param: success_url.', { code: 'parameter_missing', param: 'success_url' })
  }
  for (const name of ['success_url', 'cancel_url'] as const) {
    const url = params[name]
    if (url !== undefined && !URL.canParse(url)) {
      throw refuseParameter('Not a valid URL', { code: 'url_invalid', param: name })
    }
  }
  const expiresAt = params.expires_at ?? now + SECONDS_OPEN
  if (expiresAt < now + SECONDS_LEAST_OPEN || expiresAt > now + SECONDS_OPEN) {
    throw refuse('The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.', {
      param: 'expires_at',
    })
  }
  const items = params.line_items ?? []
  if ((params.mode === 'payment') !== items.length > 0) {
    throw refuse(
      params.mode === 'payment'
        ? '`line_items` is required in payment mode.'
        : 'You can not pass `line_items` in `setup` mode.',
      { param: 'line_items' },
    )
  }
  const currency = items[0]?.price_data.currency.toLowerCase() ?? params.currency?.toLowerCase() ?? null
  if (items.some((item) => item.price_data.currency.toLowerCase() !== currency)) {
    throw refuse('All line items must have the same currency.', { param: 'line_items' })
  }
  const amount = items.reduce((sum, item) => sum + item.price_data.unit_amount * (item.quantity ?? 1), 0)
  const setup =
    params.mode === 'setup'
      ? createSetupIntent(world, {
          customer: params.customer ?? null,
          description: params.setup_intent_data?.description ?? null,
          metadata: applyMetadata({}, params.setup_intent_data?.metadata),
          usage: 'off_session',
        })
      : null
  const payment =
    params.mode === 'payment'
      ? createPaymentIntent(world, {
          amount,
          currency: currency ?? 'usd',
          customer: params.customer ?? null,
          description: params.payment_intent_data?.description ?? items[0]?.price_data.product_data.name ?? null,
          metadata: applyMetadata({}, params.payment_intent_data?.metadata),
          paymentMethod: null,
          receiptEmail: params.payment_intent_data?.receipt_email ?? null,
          setupFutureUsage: params.payment_intent_data?.setup_future_usage ?? null,
        })
      : null
  const id = world.newId('cs_test')
  const session: CheckoutSession = {
    ...EMPTY_SESSION,
    id,
    amount_subtotal: params.mode === 'payment' ? amount : null,
    amount_total: params.mode === 'payment' ? amount : null,
    billing_address_collection: params.billing_address_collection ?? null,
    cancel_url: params.cancel_url ?? null,
    client_reference_id: params.client_reference_id ?? null,
    created: now,
    currency,
    customer: params.customer ?? null,
    customer_email: params.customer_email ?? null,
    expires_at: expiresAt,
    metadata: applyMetadata({}, params.metadata),
    mode: params.mode,
    payment_intent: payment?.id ?? null,
    payment_status: params.mode === 'payment' ? 'unpaid' : 'no_payment_required',
    setup_intent: setup?.id ?? null,
    success_url: params.success_url,
    url: `${world.baseUrl}/stripe/checkout/${id}`,
    ...(params.tax_id_collection === undefined
      ? {}
      : { tax_id_collection: { enabled: params.tax_id_collection.enabled, required: 'never' as const } }),
  }
  world.tables.checkoutSessions.set(id, session)
  if (params.customer_update?.address === 'auto') world.tables.checkoutsKeepingAddress.set(id, true)
  return session
}

const EMPTY_SESSION: Omit<
  CheckoutSession,
  'id' | 'created' | 'expires_at' | 'metadata' | 'mode' | 'payment_status' | 'success_url' | 'url'
> = {
  object: 'checkout.session',
  adaptive_pricing: null,
  after_expiration: null,
  allow_promotion_codes: null,
  allowed_payment_method_types: ['card'],
  amount_subtotal: null,
  amount_total: null,
  automatic_tax: { enabled: false, liability: null, provider: null, status: null },
  billing_address_collection: null,
  cancel_url: null,
  client_reference_id: null,
  client_secret: null,
  collected_information: null,
  consent: null,
  consent_collection: null,
  currency: null,
  currency_conversion: null,
  custom_fields: [],
  custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
  customer: null,
  customer_account: null,
  customer_creation: null,
  customer_details: null,
  customer_email: null,
  discounts: null,
  integration_identifier: null,
  invoice: null,
  invoice_creation: null,
  livemode: false,
  locale: null,
  managed_payments: null,
  origin_context: null,
  payment_intent: null,
  payment_link: null,
  payment_method_collection: 'if_required',
  payment_method_configuration_details: null,
  payment_method_options: {},
  payment_method_types: ['card'],
  permissions: null,
  recovered_from: null,
  saved_payment_method_options: null,
  setup_intent: null,
  shipping_address_collection: null,
  shipping_cost: null,
  shipping_options: [],
  status: 'open',
  submit_type: null,
  subscription: null,
  total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
  ui_mode: 'hosted_page',
  wallet_options: null,
}

export const checkoutRoutes: readonly Route[] = [
  one({ method: 'POST', path: '/v1/checkout/sessions' }, shape, createSession),
  many(
    '/v1/checkout/sessions',
    {
      ...listing,
      customer: text.optional(),
      payment_intent: text.optional(),
      status: z.enum(['open', 'complete', 'expired']).optional(),
    },
    (world, { customer, payment_intent: intent, status }) => ({
      items: [...world.tables.checkoutSessions.values()].filter(
        (one) =>
          (customer === undefined || idOf(one.customer) === customer) &&
          (intent === undefined || one.payment_intent === intent) &&
          (status === undefined || one.status === status),
      ),
    }),
  ),
  one({ method: 'GET', path: '/v1/checkout/sessions/:id' }, {}, (world, _, { ids: [id] }) => findSession(world, id)),
  one({ method: 'POST', path: '/v1/checkout/sessions/:id/expire' }, {}, (world, _, { ids: [id] }) => {
    const session = findSession(world, id)
    if (!expireSession(world, session)) {
      throw refuse(
        `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of "${String(session.status)}".`,
      )
    }
    return session
  }),
]
