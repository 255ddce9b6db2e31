import { emit } from '../events.ts'
import type { BalanceTransaction, Charge, Dispute } from '../objects.ts'
import { refuse } from '../refusal.ts'
import { idOf, type World } from '../world.ts'
import { bookDispute, bookDisputeReversal } from './balance.ts'

const SECONDS_TO_ANSWER = 9 * 86_400

const NO_EVIDENCE: Omit<Dispute['evidence'], 'enhanced_evidence'> = {
  access_activity_log: null,
  appeal: null,
  billing_address: null,
  cancellation_policy: null,
  cancellation_policy_disclosure: null,
  cancellation_rebuttal: null,
  customer_communication: null,
  customer_email_address: null,
  customer_name: null,
  customer_purchase_ip: null,
  customer_signature: null,
  duplicate_charge_documentation: null,
  duplicate_charge_explanation: null,
  duplicate_charge_id: null,
  product_description: null,
  receipt: null,
  refund_policy: null,
  refund_policy_disclosure: null,
  refund_refusal_explanation: null,
  service_date: null,
  service_documentation: null,
  shipping_address: null,
  shipping_carrier: null,
  shipping_date: null,
  shipping_documentation: null,
  shipping_tracking_number: null,
  uncategorized_file: null,
  uncategorized_text: null,
}

/** The card's owner asks the bank for the money back: Stripe takes it, and its fee, at once. */
export function openDispute(
  world: World,
  charge: Charge,
  { reason, amount }: { reason: string; amount?: number },
): Dispute {
  if (charge.status !== 'succeeded' || charge.disputed) throw refuse(`Charge ${charge.id} cannot be disputed.`)
  const disputed = amount ?? charge.amount - charge.amount_refunded
  if (disputed < 1 || disputed > charge.amount) throw refuse('A dispute is about a part of its charge.')
  const id = world.newId('du')
  const withdrawn = bookDispute(world, {
    id,
    amount: disputed,
    currency: charge.currency,
    description: `Chargeback withdrawal for ${charge.id}`,
  })
  const dispute: Dispute = {
    id,
    object: 'dispute',
    amount: disputed,
    balance_transactions: [withdrawn],
    charge: charge.id,
    created: world.now(),
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: { ...NO_EVIDENCE, enhanced_evidence: {} },
    evidence_details: {
      due_by: world.now() + SECONDS_TO_ANSWER,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'not_submitted',
    },
    intended_submission_method: null,
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    payment_intent: idOf(charge.payment_intent),
    reason,
    status: 'needs_response',
  }
  world.tables.disputes.set(id, dispute)
  charge.disputed = true
  emit(world, 'charge.dispute.created', dispute)
  emit(world, 'charge.dispute.funds_withdrawn', dispute)
  emit(world, 'charge.updated', charge)
  return dispute
}

/** The bank decides. */
export function closeDispute(world: World, dispute: Dispute, outcome: 'won' | 'lost'): BalanceTransaction | null {
  if (dispute.status === 'won' || dispute.status === 'lost') throw refuse('This dispute is already closed.')
  dispute.status = outcome
  if (outcome === 'lost') {
    emit(world, 'charge.dispute.closed', dispute)
    return null
  }
  const reinstated = bookDisputeReversal(world, {
    id: dispute.id,
    amount: dispute.amount,
    currency: dispute.currency,
    description: `Chargeback reversal for ${idOf(dispute.charge) ?? ''}`,
  })
  dispute.balance_transactions = [...dispute.balance_transactions, reinstated]
  emit(world, 'charge.dispute.closed', dispute)
  emit(world, 'charge.dispute.funds_reinstated', dispute)
  return reinstated
}
