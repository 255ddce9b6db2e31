import { emit } from '../events.ts'
import type { PaymentMethod, SetupIntent } from '../objects.ts'
import { refuse, StripeRefusal } from '../refusal.ts'
import { renderPlain } from '../render.ts'
import { idOf, randomText, type World } from '../world.ts'
import { behaviourOf } from './charge.ts'

export function createSetupIntent(
  world: World,
  input: { customer: string | null; description: string | null; metadata: Record<string, string>; usage: string },
): SetupIntent {
  const id = world.newId('seti')
  const intent: SetupIntent = {
    id,
    object: 'setup_intent',
    allowed_payment_method_types: ['card'],
    application: null,
    automatic_payment_methods: null,
    cancellation_reason: null,
    client_secret: `${id}_secret_${randomText(25)}`,
    created: world.now(),
    customer: input.customer,
    customer_account: null,
    description: input.description,
    excluded_payment_method_types: null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: false,
    mandate: null,
    metadata: input.metadata,
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: ['card'],
    single_use_mandate: null,
    status: 'requires_payment_method',
    usage: input.usage,
  }
  world.tables.setupIntents.set(id, intent)
  emit(world, 'setup_intent.created', intent)
  return intent
}

/** Asks the bank whether this card may be kept; on success it belongs to the intent's customer. */
export function confirmSetupIntent(
  world: World,
  intent: SetupIntent,
  { method, hasOwnerAgreed }: { method: PaymentMethod; hasOwnerAgreed: boolean },
): void {
  if (intent.status === 'succeeded' || intent.status === 'canceled') {
    throw refuse(`You cannot confirm this SetupIntent because it has a status of ${intent.status}.`, {
      code: 'setup_intent_unexpected_state',
    })
  }
  const behaviour = behaviourOf(world, method.id)
  const decline = behaviour.saveDecline
  if (decline !== undefined) {
    intent.status = 'requires_payment_method'
    intent.payment_method = null
    const error = {
      type: 'card_error' as const,
      code: decline.code,
      message: decline.message,
      payment_method: renderPlain(world, method),
      ...(decline.declineCode === undefined ? {} : { decline_code: decline.declineCode }),
    }
    intent.last_setup_error = error as unknown as SetupIntent['last_setup_error']
    emit(world, 'setup_intent.setup_failed', intent)
    throw new StripeRefusal(402, { ...error, setup_intent: renderPlain(world, intent) })
  }
  intent.payment_method = method.id
  if (behaviour.authentication !== undefined && !hasOwnerAgreed) {
    intent.status = 'requires_action'
    intent.next_action = {
      type: 'redirect_to_url',
      redirect_to_url: { return_url: null, url: `${world.baseUrl}/stripe/authenticate/${intent.id}` },
    }
    emit(world, 'setup_intent.requires_action', intent)
    return
  }
  intent.status = 'succeeded'
  intent.next_action = null
  intent.last_setup_error = null
  world.tables.setUpMethods.set(method.id, true)
  const customer = idOf(intent.customer)
  if (customer !== null && method.customer === null) {
    method.customer = customer
    emit(world, 'payment_method.attached', method)
  }
  emit(world, 'setup_intent.succeeded', intent)
}
