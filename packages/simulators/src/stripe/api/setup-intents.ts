import { emit } from '../events.ts'
import { confirmSetupIntent, createSetupIntent } from '../money/setup-intent.ts'
import type { SetupIntent } from '../objects.ts'
import { applyMetadata, boolean, ignored, listing, metadata, text } from '../params.ts'
import { refuse } from '../refusal.ts'
import { idOf, type World } from '../world.ts'
import { takeMethod } from './payment-methods.ts'
import { find, many, one, type Route } from './route.ts'

const confirmation = {
  mandate_data: ignored,
  payment_method: text.optional(),
  payment_method_options: ignored,
  return_url: text.optional(),
  use_stripe_sdk: ignored,
} as const

const findIntent = (world: World, id: string | undefined) => find(world.tables.setupIntents, id, 'setup_intent')

function confirm(world: World, intent: SetupIntent, asked: string | undefined): void {
  const id = asked ?? idOf(intent.payment_method)
  if (id === null) throw refuse('You cannot confirm this SetupIntent because it is missing a payment method.')
  confirmSetupIntent(world, intent, { method: takeMethod(world, id), hasOwnerAgreed: false })
}

export const setupIntentRoutes: readonly Route[] = [
  one(
    { method: 'POST', path: '/v1/setup_intents' },
    {
      ...confirmation,
      automatic_payment_methods: ignored,
      confirm: boolean.optional(),
      customer: text.optional(),
      description: text.optional(),
      metadata: metadata.optional(),
      usage: text.optional(),
    },
    (world, params) => {
      if (params.customer !== undefined) find(world.tables.customers, params.customer, 'customer', 'customer')
      const intent = createSetupIntent(world, {
        customer: params.customer ?? null,
        description: params.description ?? null,
        metadata: applyMetadata({}, params.metadata),
        usage: params.usage ?? 'off_session',
      })
      if (params.payment_method !== undefined) {
        intent.payment_method = takeMethod(world, params.payment_method).id
        intent.status = 'requires_confirmation'
      }
      if (params.confirm === true) confirm(world, intent, undefined)
      return intent
    },
  ),
  many('/v1/setup_intents', { ...listing, customer: text.optional() }, (world, { customer }) => ({
    items: [...world.tables.setupIntents.values()].filter((one) => customer === undefined || one.customer === customer),
  })),
  one({ method: 'GET', path: '/v1/setup_intents/:id' }, { client_secret: text.optional() }, (world, _, call) =>
    findIntent(world, call.ids[0]),
  ),
  one({ method: 'POST', path: '/v1/setup_intents/:id/confirm' }, confirmation, (world, params, { ids: [id] }) => {
    const intent = findIntent(world, id)
    confirm(world, intent, params.payment_method)
    return intent
  }),
  one(
    { method: 'POST', path: '/v1/setup_intents/:id/cancel' },
    { cancellation_reason: text.optional() },
    (world, _, { ids: [id] }) => {
      const intent = findIntent(world, id)
      if (intent.status === 'succeeded' || intent.status === 'canceled') {
        throw refuse(`You cannot cancel this SetupIntent because it has a status of ${intent.status}.`, {
          code: 'setup_intent_unexpected_state',
        })
      }
      intent.status = 'canceled'
      emit(world, 'setup_intent.canceled', intent)
      return intent
    },
  ),
]
