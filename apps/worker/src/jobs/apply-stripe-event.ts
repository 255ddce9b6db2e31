import type { JobPayload } from '@atpar/queue/catalog'
import { applyEvent } from '../collect/apply-event.ts'
import { collectDeps } from '../collect/collect-deps.ts'
import type { Deps } from '../deps.ts'

/** Works one event that a webhook brought; the sweep finds it within seconds anyway. */
export const applyStripeEvent = async (deps: Deps, { eventId }: JobPayload<'apply-stripe-event'>): Promise<void> => {
  const collect = await collectDeps(deps)
  if (collect !== null) await applyEvent(collect, eventId)
}
