import { API_VERSION, type StripeEvent } from './objects.ts'
import { renderPlain } from './render.ts'
import type { World } from './world.ts'

/** Writes down that something happened, with the object as it is now, and hands it to the webhooks. */
export function emit(
  world: World,
  type: string,
  object: { id: string },
  previousAttributes?: Record<string, unknown>,
): void {
  const event: StripeEvent = {
    id: world.newId('evt'),
    object: 'event',
    api_version: API_VERSION,
    created: world.now(),
    data: {
      object: renderPlain(world, object),
      ...(previousAttributes === undefined ? {} : { previous_attributes: previousAttributes }),
    },
    livemode: false,
    pending_webhooks: 0,
    request: { ...world.request },
    type,
  }
  world.tables.events.set(event.id, event)
  world.onEvent(event)
}
