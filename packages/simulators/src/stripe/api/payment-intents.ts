import { settleInvoiceOf } from '../invoice/collect.ts'
import {
  cancelPaymentIntent,
  confirmPaymentIntent,
  createPaymentIntent,
  refusePayment,
} from '../money/payment-intent.ts'
import type { PaymentIntent } from '../objects.ts'
import { applyMetadata, boolean, clearable, ignored, integer, listing, metadata, text } from '../params.ts'
import { refuse } from '../refusal.ts'
import { compileSearch } from '../search.ts'
import { renderPlain } from '../render.ts'
import { idOf, type World } from '../world.ts'
import { attachMethod, takeMethod } from './payment-methods.ts'
import { find, many, one, plain, type Route } from './route.ts'

const confirmation = {
  error_on_requires_action: boolean.optional(),
  mandate: ignored,
  mandate_data: ignored,
  off_session: boolean.optional(),
  payment_method: text.optional(),
  payment_method_options: ignored,
  radar_options: ignored,
  receipt_email: clearable.optional(),
  return_url: text.optional(),
  use_stripe_sdk: ignored,
} as const

const findIntent = (world: World, id: string | undefined) => find(world.tables.paymentIntents, id, 'payment_intent')

/** Confirms as the API does: what went wrong is a 402, what needs the owner is a state, or a 402 off session. */
function confirm(
  world: World,
  intent: PaymentIntent,
  how: {
    payment_method?: string | undefined
    off_session?: boolean | undefined
    error_on_requires_action?: boolean | undefined
  },
): void {
  const id = how.payment_method ?? idOf(intent.payment_method)
  if (id === null) {
    throw refuse(
      'You cannot confirm this PaymentIntent because it is missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method.',
      { code: 'payment_intent_unexpected_state' },
    )
  }
  const paymentMethod = takeMethod(world, id)
  const result = confirmPaymentIntent(world, intent, {
    paymentMethod,
    isOwnerPresent: how.off_session !== true && how.error_on_requires_action !== true,
    hasOwnerAgreed: false,
  })
  if (result.kind === 'declined') throw refusePayment(world, intent, result.decline)
  if (result.kind !== 'succeeded') return
  settleInvoiceOf(world, intent)
  const customer = world.tables.customers.get(idOf(intent.customer) ?? '')
  if (intent.setup_future_usage !== null && customer !== undefined && paymentMethod.customer === null) {
    attachMethod(world, paymentMethod.id, customer)
  }
}

export const paymentIntentRoutes: readonly Route[] = [
  one(
    { method: 'POST', path: '/v1/payment_intents' },
    {
      ...confirmation,
      amount: integer,
      automatic_payment_methods: ignored,
      allowed_payment_method_types: ignored,
      capture_method: text.optional(),
      confirm: boolean.optional(),
      confirmation_method: text.optional(),
      currency: text,
      customer: text.optional(),
      description: text.optional(),
      metadata: metadata.optional(),
      setup_future_usage: text.optional(),
      statement_descriptor: text.optional(),
      statement_descriptor_suffix: text.optional(),
    },
    (world, params) => {
      const customer =
        params.customer === undefined ? null : find(world.tables.customers, params.customer, 'customer', 'customer')
      if (params.confirm !== true && params.off_session !== undefined) {
        throw refuse('You can only set off_session when confirm is true.', { param: 'off_session' })
      }
      if (!/^[a-z]{3}$/.test(params.currency.toLowerCase())) {
        throw refuse(`Invalid currency: ${params.currency}.`, { param: 'currency' })
      }
      const method = params.payment_method === undefined ? null : takeMethod(world, params.payment_method)
      const intent = createPaymentIntent(world, {
        amount: params.amount,
        currency: params.currency.toLowerCase(),
        customer: customer?.id ?? null,
        description: params.description ?? null,
        metadata: applyMetadata({}, params.metadata),
        paymentMethod: method?.id ?? null,
        receiptEmail: params.receipt_email ?? null,
        setupFutureUsage: params.setup_future_usage ?? null,
      })
      if (params.confirm === true) confirm(world, intent, { ...params, payment_method: method?.id })
      return intent
    },
  ),
  many('/v1/payment_intents', { ...listing, customer: text.optional() }, (world, { customer }) => ({
    items: [...world.tables.paymentIntents.values()].filter(
      (one) => customer === undefined || one.customer === customer,
    ),
  })),
  plain(
    { method: 'GET', path: '/v1/payment_intents/search' },
    { query: text, limit: integer.optional(), page: text.optional() },
    (world, { query, limit }, { path }) => {
      const matches = compileSearch(query)
      const data = [...world.tables.paymentIntents.values()].filter((one) => matches({ ...one })).toReversed()
      return {
        object: 'search_result',
        data: data.slice(0, limit ?? 10).map((intent) => renderPlain(world, intent)),
        has_more: false,
        next_page: null,
        url: path,
      }
    },
  ),
  one({ method: 'GET', path: '/v1/payment_intents/:id' }, { client_secret: text.optional() }, (world, _, call) =>
    findIntent(world, call.ids[0]),
  ),
  one(
    { method: 'POST', path: '/v1/payment_intents/:id' },
    { description: text.optional(), metadata: metadata.optional(), receipt_email: clearable.optional() },
    (world, params, { ids: [id] }) => {
      const intent = findIntent(world, id)
      if (params.description !== undefined) intent.description = params.description
      if (params.receipt_email !== undefined) intent.receipt_email = params.receipt_email
      intent.metadata = applyMetadata(intent.metadata, params.metadata)
      return intent
    },
  ),
  one({ method: 'POST', path: '/v1/payment_intents/:id/confirm' }, confirmation, (world, params, { ids: [id] }) => {
    const intent = findIntent(world, id)
    confirm(world, intent, params)
    return intent
  }),
  one(
    { method: 'POST', path: '/v1/payment_intents/:id/cancel' },
    { cancellation_reason: text.optional() },
    (world, { cancellation_reason: reason }, { ids: [id] }) => {
      const intent = findIntent(world, id)
      cancelPaymentIntent(world, intent, reason ?? null)
      return intent
    },
  ),
]
