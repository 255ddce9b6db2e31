import { emit } from '../events.ts'
import type { Charge, Refund } from '../objects.ts'
import { refuse } from '../refusal.ts'
import { idOf, type World } from '../world.ts'
import { bookRefund, bookRefundFailure } from './balance.ts'
import { behaviourOf } from './charge.ts'

/** A failing refund looks well for this long. */
const SECONDS_UNTIL_FAILURE = 2

export function createRefund(
  world: World,
  charge: Charge,
  input: { amount: number | undefined; reason: Refund['reason']; metadata: Record<string, string> },
): Refund {
  if (charge.status !== 'succeeded') throw refuse(`Charge ${charge.id} was not paid, so it cannot be refunded.`)
  if (charge.disputed) {
    throw refuse(`Charge ${charge.id} has been charged back; cannot issue a refund.`, { code: 'charge_disputed' })
  }
  const left = charge.amount - charge.amount_refunded
  if (left === 0) {
    throw refuse(`Charge ${charge.id} has already been refunded.`, { code: 'charge_already_refunded' })
  }
  const amount = input.amount ?? left
  if (amount < 1) {
    throw refuse('Invalid positive integer', { code: 'parameter_invalid_integer', param: 'amount' })
  }
  if (amount > left) {
    throw refuse(`Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`, { param: 'amount' })
  }
  const id = world.newId('re')
  const booked = bookRefund(world, { id, amount, currency: charge.currency, description: `REFUND FOR CHARGE` })
  const refund: Refund = {
    id,
    object: 'refund',
    amount,
    balance_transaction: booked.id,
    charge: charge.id,
    created: world.now(),
    currency: charge.currency,
    customer: idOf(charge.customer),
    customer_account: null,
    metadata: input.metadata,
    payment_intent: idOf(charge.payment_intent),
    payment_method: charge.payment_method,
    reason: input.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: 'succeeded',
    transfer_reversal: null,
  }
  world.tables.refunds.set(id, refund)
  charge.amount_refunded += amount
  charge.refunded = charge.amount_refunded === charge.amount
  emit(world, 'refund.created', refund)
  emit(world, 'charge.refunded', charge)
  const isFailing = charge.payment_method !== null && behaviourOf(world, charge.payment_method).isRefundFailing === true
  if (isFailing) world.tables.failingRefunds.set(id, world.now() + SECONDS_UNTIL_FAILURE)
  return refund
}

/** The bank sends the money back: it is on the account again, and the charge is as it was. */
export function failRefund(world: World, refund: Refund): void {
  world.tables.failingRefunds.delete(refund.id)
  const charge = world.tables.charges.get(idOf(refund.charge) ?? '')
  if (charge === undefined || refund.status !== 'succeeded') return
  refund.status = 'failed'
  refund.failure_reason = 'expired_or_canceled_card'
  refund.failure_balance_transaction = bookRefundFailure(world, {
    id: refund.id,
    amount: refund.amount,
    currency: refund.currency,
    description: 'REFUND FAILURE',
  }).id
  charge.amount_refunded -= refund.amount
  charge.refunded = false
  emit(world, 'refund.updated', refund)
  emit(world, 'refund.failed', refund)
  emit(world, 'charge.refund.updated', refund)
}
