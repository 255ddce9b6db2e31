import type { Decline } from '../cards.ts'
import { emit } from '../events.ts'
import type { PaymentIntent, PaymentMethod } from '../objects.ts'
import { refuse, StripeRefusal } from '../refusal.ts'
import { renderPlain } from '../render.ts'
import { idOf, randomText, type World } from '../world.ts'
import { chargeCard, followUp } from './charge.ts'

const MOST_CENTS = 99_999_999
export const LEAST_CENTS = 50

export interface NewPaymentIntent {
  amount: number
  currency: string
  customer: string | null
  description: string | null
  metadata: Record<string, string>
  paymentMethod: string | null
  receiptEmail: string | null
  setupFutureUsage: PaymentIntent['setup_future_usage']
}

export function createPaymentIntent(world: World, input: NewPaymentIntent): PaymentIntent {
  const { amount } = input
  if (amount < LEAST_CENTS) {
    throw refuse('Amount must be at least $0.50 usd', { code: 'amount_too_small', param: 'amount' })
  }
  if (amount > MOST_CENTS) {
    throw refuse('Amount must be no more than $999,999.99', { code: 'amount_too_large', param: 'amount' })
  }
  const id = world.newId('pi')
  const intent: PaymentIntent = {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: ['card'],
    amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic_async',
    client_secret: `${id}_secret_${randomText(25)}`,
    confirmation_method: 'automatic',
    created: world.now(),
    currency: input.currency,
    customer: input.customer,
    customer_account: null,
    description: input.description,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: input.metadata,
    next_action: null,
    on_behalf_of: null,
    payment_method: input.paymentMethod,
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: ['card'],
    payment_record: null,
    processing: null,
    receipt_email: input.receiptEmail,
    review: null,
    setup_future_usage: input.setupFutureUsage,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: input.paymentMethod === null ? 'requires_payment_method' : 'requires_confirmation',
    transfer_data: null,
    transfer_group: null,
  }
  world.tables.paymentIntents.set(id, intent)
  emit(world, 'payment_intent.created', intent)
  return intent
}

export type PaymentResult = { kind: 'succeeded' } | { kind: 'asks_owner' } | { kind: 'declined'; decline: Decline }

/** Tries to take the money; what comes of it stands in the intent. */
export function confirmPaymentIntent(
  world: World,
  intent: PaymentIntent,
  how: { paymentMethod: PaymentMethod; isOwnerPresent: boolean; hasOwnerAgreed: boolean },
): PaymentResult {
  if (intent.status === 'succeeded' || intent.status === 'canceled') throw refuseState(world, intent)
  const { paymentMethod } = how
  const owner = idOf(paymentMethod.customer)
  if (owner !== null && owner !== idOf(intent.customer)) {
    throw refuse(
      `The PaymentMethod '${paymentMethod.id}' belongs to a Customer. Include the Customer in the \`customer\` parameter of this PaymentIntent.`,
      { param: 'payment_method' },
    )
  }
  intent.payment_method = paymentMethod.id
  const result = chargeCard(world, intent, how)
  if (result.kind === 'asks_owner') {
    intent.status = 'requires_action'
    intent.next_action = {
      type: 'redirect_to_url',
      redirect_to_url: { return_url: null, url: `${world.baseUrl}/stripe/authenticate/${intent.id}` },
    }
    emit(world, 'payment_intent.requires_action', intent)
    return { kind: 'asks_owner' }
  }
  intent.latest_charge = result.charge.id
  intent.next_action = null
  if (result.kind === 'declined') {
    intent.status = 'requires_payment_method'
    intent.payment_method = null
    intent.last_payment_error = cardError(world, {
      paymentMethod,
      ...result,
    }) as unknown as PaymentIntent['last_payment_error']
    emit(world, 'payment_intent.payment_failed', intent)
    return { kind: 'declined', decline: result.decline }
  }
  intent.status = 'succeeded'
  intent.amount_received = intent.amount
  intent.last_payment_error = null
  if (how.hasOwnerAgreed && intent.setup_future_usage === 'off_session') {
    world.tables.setUpMethods.set(paymentMethod.id, true)
  }
  emit(world, 'payment_intent.succeeded', intent)
  followUp(world, result.charge)
  return { kind: 'succeeded' }
}

export function cancelPaymentIntent(world: World, intent: PaymentIntent, reason: string | null): void {
  if (intent.status === 'succeeded' || intent.status === 'canceled') throw refuseState(world, intent)
  intent.status = 'canceled'
  intent.canceled_at = world.now()
  intent.cancellation_reason = reason as PaymentIntent['cancellation_reason']
  intent.next_action = null
  emit(world, 'payment_intent.canceled', intent)
}

function cardError(
  world: World,
  { paymentMethod, decline, charge }: { paymentMethod: PaymentMethod; decline: Decline; charge: { id: string } },
) {
  return {
    type: 'card_error',
    code: decline.code,
    message: decline.message,
    charge: charge.id,
    payment_method: renderPlain(world, paymentMethod),
    ...(decline.declineCode === undefined ? {} : { decline_code: decline.declineCode }),
  }
}

/** The 402 of a payment that did not go through, with the intent in it. */
export function refusePayment(world: World, intent: PaymentIntent, decline: Decline): StripeRefusal {
  const error = intent.last_payment_error
  return new StripeRefusal(402, {
    type: 'card_error',
    code: decline.code,
    message: decline.message,
    payment_intent: renderPlain(world, intent),
    ...(decline.declineCode === undefined ? {} : { decline_code: decline.declineCode }),
    ...(error?.charge === undefined ? {} : { charge: error.charge }),
    ...(error?.payment_method === undefined ? {} : { payment_method: error.payment_method }),
  })
}

function refuseState(world: World, intent: PaymentIntent): StripeRefusal {
  return new StripeRefusal(400, {
    type: 'invalid_request_error',
    code: 'payment_intent_unexpected_state',
    message: `You cannot do this to a PaymentIntent because it has a status of ${intent.status}.`,
    payment_intent: renderPlain(world, intent),
  })
}
