import { adoptSetup } from '@atpar/billing/customers'
import { classifyFailure, describeFailure } from '@atpar/billing/failure'
import { readCharge, refOf } from '@atpar/billing/read-invoice'
import { syncCustomer } from './account.ts'
import { chargePastDue } from './charge-past-due.ts'
import { waitAfter, type CollectDeps } from './collecting.ts'
import { syncIntent } from './find-payment.ts'
import { syncDispute } from './sync-dispute.ts'
import { syncInvoice } from './sync-invoice.ts'
import { syncRefund } from './sync-refund.ts'

/** An event is a hint to read its object again: what it says itself may be three days old, or the third to arrive of two. True = it was ours. */
type Sync = (deps: CollectDeps, objectId: string) => Promise<boolean>

const syncCharge: Sync = async (deps, chargeId) => {
  const intentId = refOf((await readCharge(deps.collecting.stripe, chargeId)).payment_intent)
  return intentId !== null && (await syncIntent(deps, intentId))
}

const syncSetup: Sync = async (deps, setupIntentId) => {
  const customerId = await adoptSetup(deps.collecting.stripe, setupIntentId)
  if (customerId === null || !(await syncCustomer(deps, customerId))) return false
  await chargePastDue(deps, customerId, setupIntentId)
  return true
}

const syncSession: Sync = async (deps, sessionId) => {
  const session = await deps.collecting.stripe.checkout.sessions.retrieve(sessionId)
  const [setupId, intentId] = [refOf(session.setup_intent), refOf(session.payment_intent)]
  if (setupId !== null) return syncSetup(deps, setupId)
  return intentId !== null && (await syncIntent(deps, intentId))
}

const syncMethod: Sync = async (deps, methodId) => {
  const customerId = refOf((await deps.collecting.stripe.paymentMethods.retrieve(methodId)).customer)
  return customerId !== null && (await syncCustomer(deps, customerId))
}

const syncInvoicePayment: Sync = async (deps, id) => {
  const paid = await deps.collecting.stripe.invoicePayments.retrieve(id)
  const invoiceId = refOf(paid.invoice as string | { id: string })
  return invoiceId !== null && (await syncInvoice(deps, invoiceId)) !== null
}

/** By the prefix of the object's id: Stripe's types of events grow, its objects hardly do. */
const BY_PREFIX: readonly (readonly [prefix: string, sync: Sync])[] = [
  ['inpay_', syncInvoicePayment],
  ['in_', async (deps, id) => (await syncInvoice(deps, id)) !== null],
  ['ch_', syncCharge],
  ['py_', syncCharge],
  ['pi_', syncIntent],
  ['re_', syncRefund],
  ['pyr_', syncRefund],
  ['dp_', syncDispute],
  ['du_', syncDispute],
  ['cus_', syncCustomer],
  ['pm_', syncMethod],
  ['seti_', syncSetup],
  ['cs_', syncSession],
]

/** Ended by what makes them: nothing is left to read. */
const GONE = new Set(['invoice.deleted', 'customer.deleted', 'payment_method.detached'])

const syncObject = async (deps: CollectDeps, event: { type: string; object_id: string }): Promise<boolean> => {
  const sync = BY_PREFIX.find(([prefix]) => event.object_id.startsWith(prefix))?.[1]
  if (sync === undefined) return false
  try {
    return await sync(deps, event.object_id)
  } catch (error) {
    if (classifyFailure(error) === 'missing' && GONE.has(event.type)) return false
    throw error
  }
}

const MANY_ATTEMPTS = 12

/**
 * Works one event that was heard. It claims it for a minute, reads the object, brings our record forward and says what came of it. A crash in between
 * costs that minute; doing it twice changes nothing.
 */
export const applyEvent = async (deps: CollectDeps, eventId: string): Promise<void> => {
  const { pool } = deps
  const { rows } = await pool.query<{ type: string; object_id: string; attempts: number }>(
    `UPDATE stripe_event SET attempts = attempts + 1, next_attempt_at = now() + interval '1 minute'
    WHERE id = $1 AND applied_at IS NULL AND next_attempt_at <= now() RETURNING type, object_id, attempts`,
    [eventId],
  )
  const [event] = rows
  if (event === undefined) return
  try {
    const isOurs = await syncObject(deps, event)
    await pool.query(
      `UPDATE stripe_event SET applied_at = now(), outcome = $2, last_error = NULL WHERE id = $1 AND applied_at IS NULL`,
      [eventId, isOurs ? 'applied' : 'ignored'],
    )
  } catch (error) {
    const isFinal = event.attempts >= MANY_ATTEMPTS
    await pool.query(
      `UPDATE stripe_event SET last_error = $2, next_attempt_at = now() + make_interval(secs => $3), applied_at = CASE WHEN $4 THEN now() END,
        outcome = CASE WHEN $4 THEN 'failed' END WHERE id = $1 AND applied_at IS NULL`,
      [eventId, describeFailure(error), waitAfter(event.attempts), isFinal],
    )
    deps.log[isFinal ? 'error' : 'warn']('stripe-event-failed', {
      event: eventId,
      type: event.type,
      attempt: event.attempts,
      reason: describeFailure(error),
    })
    if (classifyFailure(error) === null) throw error
  }
}
