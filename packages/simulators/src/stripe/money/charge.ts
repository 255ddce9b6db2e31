import { findCard, type CardBehaviour, type Decline } from '../cards.ts'
import { emit } from '../events.ts'
import type { Charge, PaymentIntent, PaymentMethod } from '../objects.ts'
import { idOf, type World } from '../world.ts'
import { bookCharge } from './balance.ts'
import { openDispute } from './dispute.ts'

/** What a bank answers to one attempt to charge a card. */
export type ChargeResult =
  | { kind: 'succeeded'; charge: Charge }
  | { kind: 'declined'; charge: Charge; decline: Decline }
  | { kind: 'asks_owner' }

const ASK_OWNER: Decline = {
  code: 'authentication_required',
  declineCode: 'authentication_required',
  message: 'Your card was declined. This transaction requires authentication.',
}

export function behaviourOf(world: World, paymentMethodId: string): CardBehaviour {
  const number = world.tables.cardNumbers.get(paymentMethodId)
  const behaviour = number === undefined ? undefined : findCard(number)
  if (behaviour === undefined) throw new Error(`payment method ${paymentMethodId} has no test card`)
  return behaviour
}

/** Charges the intent's card. `isOwnerPresent`: someone at the keyboard can be asked, or was (`hasOwnerAgreed`). */
export function chargeCard(
  world: World,
  intent: PaymentIntent,
  how: { paymentMethod: PaymentMethod; isOwnerPresent: boolean; hasOwnerAgreed: boolean },
): ChargeResult {
  const { paymentMethod } = how
  const behaviour = behaviourOf(world, paymentMethod.id)
  const isAsked =
    behaviour.authentication === 'always' ||
    (behaviour.authentication === 'unless_set_up' && !world.tables.setUpMethods.has(paymentMethod.id))
  if (isAsked && !how.hasOwnerAgreed) {
    if (how.isOwnerPresent) return { kind: 'asks_owner' }
    return {
      kind: 'declined',
      decline: ASK_OWNER,
      charge: record(world, intent, { paymentMethod, decline: ASK_OWNER }),
    }
  }
  const decline = behaviour.chargeDecline
  if (decline !== undefined) {
    return { kind: 'declined', decline, charge: record(world, intent, { paymentMethod, decline }) }
  }
  const charge = record(world, intent, { paymentMethod, decline: null })
  return { kind: 'succeeded', charge }
}

/** After the intent stands as paid: what the card's owner does next. */
export function followUp(world: World, charge: Charge): void {
  const behaviour = charge.payment_method === null ? undefined : behaviourOf(world, charge.payment_method)
  if (behaviour?.dispute !== undefined) openDispute(world, charge, { reason: behaviour.dispute })
}

function record(
  world: World,
  intent: PaymentIntent,
  { paymentMethod, decline }: { paymentMethod: PaymentMethod; decline: Decline | null },
): Charge {
  const isPaid = decline === null
  const card = paymentMethod.card
  const risk = behaviourOf(world, paymentMethod.id).riskLevel ?? 'normal'
  const id = world.newId('ch')
  const charge: Charge = {
    id,
    object: 'charge',
    amount: intent.amount,
    amount_captured: isPaid ? intent.amount : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: {
      address: paymentMethod.billing_details.address,
      email: paymentMethod.billing_details.email,
      name: paymentMethod.billing_details.name,
      phone: paymentMethod.billing_details.phone,
      tax_id: null,
    },
    calculated_statement_descriptor: 'ATPAR SIMULATED',
    captured: isPaid,
    created: world.now(),
    currency: intent.currency,
    customer: idOf(intent.customer),
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: decline?.code ?? null,
    failure_message: decline?.message ?? null,
    fraud_details: {},
    livemode: false,
    metadata: { ...intent.metadata },
    on_behalf_of: null,
    outcome: {
      advice_code: null,
      network_advice_code: null,
      network_decline_code: null,
      network_status:
        risk === 'highest' ? 'not_sent_to_network' : isPaid ? 'approved_by_network' : 'declined_by_network',
      reason: risk === 'highest' ? 'highest_risk_level' : (decline?.declineCode ?? null),
      risk_level: risk,
      seller_message: isPaid ? 'Payment complete.' : 'The bank did not return any further details with this decline.',
      type: risk === 'highest' ? 'blocked' : isPaid ? 'authorized' : 'issuer_declined',
    },
    paid: isPaid,
    payment_intent: intent.id,
    payment_method: paymentMethod.id,
    payment_method_details:
      card === undefined
        ? null
        : {
            type: 'card',
            card: {
              amount_authorized: isPaid ? intent.amount : null,
              authorization_code: null,
              brand: card.brand,
              checks: card.checks,
              country: card.country,
              electronic_commerce_indicator: null,
              exp_month: card.exp_month,
              exp_year: card.exp_year,
              fingerprint: card.fingerprint ?? null,
              funding: card.funding,
              installments: null,
              last4: card.last4,
              mandate: null,
              network: card.brand,
              network_token: null,
              network_transaction_id: null,
              regulated_status: 'unregulated',
              three_d_secure: null,
              transaction_link_id: null,
              wallet: null,
            },
          },
    receipt_email: null,
    receipt_number: null,
    receipt_url: isPaid ? `${world.baseUrl}/stripe/receipts/${id}` : null,
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: isPaid ? 'succeeded' : 'failed',
    transfer_data: null,
    transfer_group: null,
  }
  world.tables.charges.set(id, charge)
  if (isPaid) charge.balance_transaction = bookCharge(world, charge).id
  emit(world, isPaid ? 'charge.succeeded' : 'charge.failed', charge)
  return charge
}
