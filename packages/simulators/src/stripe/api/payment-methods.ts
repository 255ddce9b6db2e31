import { z } from 'zod'

import { findCard, fingerprintOf, numberOfTestMethod } from '../cards.ts'
import { emit } from '../events.ts'
import type { Customer, PaymentMethod } from '../objects.ts'
import { address, applyMetadata, clearable, ignored, integer, listing, metadata, text } from '../params.ts'
import { refuse, refuseMissing, StripeRefusal } from '../refusal.ts'
import { renderPlain } from '../render.ts'
import { idOf, type World } from '../world.ts'
import { find, many, one, type Route } from './route.ts'

export interface NewCard {
  number: string
  expMonth: number
  expYear: number
  name?: string | null
  email?: string | null
  postalCode?: string | null
  country?: string | null
}

/** Saves a card as a payment method of nobody yet. Only test numbers are known. */
export function createCard(world: World, card: NewCard): PaymentMethod {
  const number = card.number.replaceAll(/\D/g, '')
  const behaviour = findCard(number)
  if (behaviour === undefined) {
    throw new StripeRefusal(402, {
      type: 'card_error',
      code: 'incorrect_number',
      message: 'Your card number is incorrect.',
      param: 'number',
    })
  }
  const end = new Date(Date.UTC(card.expYear, card.expMonth, 1)).getTime() / 1_000
  if (card.expMonth < 1 || card.expMonth > 12 || end <= world.now()) {
    throw new StripeRefusal(402, {
      type: 'card_error',
      code: 'invalid_expiry_year',
      message: "Your card's expiration year is invalid.",
      param: 'exp_year',
    })
  }
  const hasPlace = (card.country ?? '') !== '' || (card.postalCode ?? '') !== ''
  const method: PaymentMethod = {
    id: world.newId('pm'),
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: {
      address: {
        city: null,
        country: card.country ?? null,
        line1: null,
        line2: null,
        postal_code: hasPlace ? (card.postalCode ?? null) : null,
        state: null,
      },
      email: card.email ?? null,
      name: card.name ?? null,
      phone: null,
      tax_id: null,
    },
    card: {
      brand: behaviour.brand,
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
      country: behaviour.country,
      display_brand: behaviour.brand,
      exp_month: card.expMonth,
      exp_year: card.expYear,
      fingerprint: fingerprintOf(number),
      funding: behaviour.funding,
      generated_from: null,
      last4: number.slice(-4),
      networks: { available: [behaviour.brand], preferred: null },
      regulated_status: 'unregulated',
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created: world.now(),
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: 'card',
  }
  world.tables.paymentMethods.set(method.id, method)
  world.tables.cardNumbers.set(method.id, number)
  return method
}

/** A payment method by its id; the names from Stripe's documentation (`pm_card_visa`) make a new one each time. */
export function takeMethod(world: World, id: string, param = 'payment_method'): PaymentMethod {
  const number = numberOfTestMethod(id)
  if (number === undefined) return find(world.tables.paymentMethods, id, 'PaymentMethod', param)
  const nextYear = new Date(world.now() * 1_000).getUTCFullYear() + 1
  return createCard(world, { number, expMonth: 12, expYear: nextYear })
}

/** Gives a card to a customer; the bank is asked first. */
export function attachMethod(world: World, id: string, customer: Customer): PaymentMethod {
  const method = takeMethod(world, id)
  if (method.customer === customer.id) return method
  if (method.customer !== null) {
    throw refuse('The payment method you provided has already been attached to a customer.', {
      code: 'payment_method_unexpected_state',
      param: 'payment_method',
    })
  }
  refuseDeclined(world, method)
  method.customer = customer.id
  emit(world, 'payment_method.attached', method)
  return method
}

/** Throws when the bank will not have this card saved. */
function refuseDeclined(world: World, method: PaymentMethod): void {
  const decline = findCard(world.tables.cardNumbers.get(method.id) ?? '')?.saveDecline
  if (decline === undefined) return
  throw new StripeRefusal(402, {
    type: 'card_error',
    code: decline.code,
    message: decline.message,
    payment_method: renderPlain(world, method),
    ...(decline.declineCode === undefined ? {} : { decline_code: decline.declineCode }),
  })
}

export function detachMethod(world: World, method: PaymentMethod): void {
  const customer = world.tables.customers.get(idOf(method.customer) ?? '')
  if (customer === undefined) {
    throw refuse('The payment method you provided is not attached to a customer so detachment is impossible.')
  }
  if (customer.invoice_settings.default_payment_method === method.id) {
    customer.invoice_settings.default_payment_method = null
    emit(world, 'customer.updated', customer)
  }
  method.customer = null
  // Its owner's agreement goes with it.
  world.tables.setUpMethods.delete(method.id)
  emit(world, 'payment_method.detached', method, { customer: customer.id })
}

const billingDetails = z
  .strictObject({
    address: z.union([z.literal(''), address]).optional(),
    email: clearable.optional(),
    name: clearable.optional(),
    phone: clearable.optional(),
  })
  .optional()

export const paymentMethodRoutes: readonly Route[] = [
  one(
    { method: 'POST', path: '/v1/payment_methods' },
    {
      type: z.enum(['card']),
      billing_details: billingDetails,
      metadata: metadata.optional(),
      allow_redisplay: ignored,
      card: z.strictObject({
        number: text.optional(),
        exp_month: integer.optional(),
        exp_year: integer.optional(),
        cvc: text.optional(),
        token: text.optional(),
      }),
    },
    (world, { card, billing_details: billing, metadata: given }) => {
      const method = createCard(world, {
        number: card.number ?? '',
        expMonth: card.exp_month ?? 12,
        expYear: card.exp_year ?? new Date(world.now() * 1_000).getUTCFullYear() + 1,
        name: billing?.name ?? null,
        email: billing?.email ?? null,
      })
      method.metadata = applyMetadata({}, given)
      return method
    },
  ),
  many(
    '/v1/payment_methods',
    { ...listing, customer: text.optional(), type: text.optional() },
    (world, { customer, type }) => ({
      items: [...world.tables.paymentMethods.values()].filter(
        (one) =>
          one.customer !== null && (customer === undefined || one.customer === customer) && (type ?? 'card') === 'card',
      ),
    }),
  ),
  many(
    '/v1/customers/:id/payment_methods',
    { ...listing, type: text.optional(), allow_redisplay: ignored },
    (world, { type }, { ids: [id] }) => {
      const customer = find(world.tables.customers, id, 'customer')
      return {
        items: [...world.tables.paymentMethods.values()].filter(
          (one) => one.customer === customer.id && (type ?? 'card') === 'card',
        ),
      }
    },
  ),
  one({ method: 'GET', path: '/v1/customers/:id/payment_methods/:id' }, {}, (world, _, { ids: [customer, id] }) => {
    const method = find(world.tables.paymentMethods, id, 'PaymentMethod')
    if (method.customer !== customer) throw refuseMissing('PaymentMethod', id ?? '')
    return method
  }),
  one({ method: 'GET', path: '/v1/payment_methods/:id' }, {}, (world, _, { ids: [id] }) =>
    find(world.tables.paymentMethods, id, 'PaymentMethod'),
  ),
  one(
    { method: 'POST', path: '/v1/payment_methods/:id' },
    { billing_details: billingDetails, metadata: metadata.optional(), card: ignored, allow_redisplay: ignored },
    (world, params, { ids: [id] }) => {
      const method = find(world.tables.paymentMethods, id, 'PaymentMethod')
      method.metadata = applyMetadata(method.metadata, params.metadata)
      if (params.billing_details?.name !== undefined) method.billing_details.name = params.billing_details.name
      if (params.billing_details?.email !== undefined) method.billing_details.email = params.billing_details.email
      emit(world, 'payment_method.updated', method)
      return method
    },
  ),
  one(
    { method: 'POST', path: '/v1/payment_methods/:id/attach' },
    { customer: text },
    (world, { customer }, { ids: [id] }) =>
      attachMethod(world, id ?? '', find(world.tables.customers, customer, 'customer', 'customer')),
  ),
  one({ method: 'POST', path: '/v1/payment_methods/:id/detach' }, {}, (world, _, { ids: [id] }) => {
    const method = find(world.tables.paymentMethods, id, 'PaymentMethod')
    detachMethod(world, method)
    return method
  }),
]
