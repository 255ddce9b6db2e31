import { ForgedEvent, readWebhook } from '@atpar/billing/webhook'
import { noteStripeEvent } from '@atpar/db/stripe-events'
import { readDeps } from '../deps.ts'
import { readBoundedBody } from '../read-bounded-body.ts'

/** Stripe's largest events are a few hundred kilobytes. */
const MOST_BYTES = 1024 * 1024

const refuse = (status: number): Response => Response.json({ received: false }, { status })

/**
 * Takes note of what Stripe says and answers at once; the worker reads the object it is about and acts on that. The queue is only woken: an event that is
 * in the table is found without it.
 */
export const receiveWebhook = async (request: Request): Promise<Response> => {
  const { db, log, stripe, wakeStripeEvent } = readDeps()
  if (stripe === null) return refuse(404)
  const body = await readBoundedBody(request, MOST_BYTES)
  if (body === null) return refuse(413)
  try {
    const hint = readWebhook({ body, signature: request.headers.get('stripe-signature') }, stripe.webhook)
    if (await noteStripeEvent(db, hint)) await wakeStripeEvent(hint.id)
    return Response.json({ received: true })
  } catch (error) {
    if (!(error instanceof ForgedEvent)) throw error
    log.warn('stripe-event-refused', { reason: error.message })
    return refuse(400)
  }
}
