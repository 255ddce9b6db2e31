import type { Connection } from '../billing/transaction.ts'

export type TopUpState = 'pending' | 'requires_action' | 'succeeded' | 'failed' | 'canceled'

export interface TopUpOutcome {
  readonly orgId: string
  readonly topUpId: string
  readonly paymentIntentId: string
  readonly state: TopUpState
  /** Why it failed, in Stripe's word. */
  readonly failure: string | null
}

/** What Stripe says of a payment intent, in our words. A charge off session that was declined waits for another method: for us it failed. */
export const stateOfIntent = (status: string, hasFailed: boolean): TopUpState => {
  switch (status) {
    case 'succeeded':
      return 'succeeded'
    case 'canceled':
      return 'canceled'
    case 'requires_action':
      return 'requires_action'
    default:
      return hasFailed ? 'failed' : 'pending'
  }
}

/** Only forward: what succeeded stays so, whatever is heard late. The row is found by our own id within our own organization. */
const ADVANCE = `
  UPDATE topup SET state = $3, stripe_payment_intent_id = coalesce(stripe_payment_intent_id, $4), failure = $5,
    settled_at = CASE WHEN $3 IN ('succeeded', 'failed', 'canceled') THEN coalesce(settled_at, now()) END
  WHERE org_id = $1 AND id = $2 AND state <> 'succeeded' AND (state <> $3 OR stripe_payment_intent_id IS NULL) RETURNING trigger_epoch::text AS epoch`

/** The epoch of an automatic top-up ends with it. */
const NEXT_EPOCH =
  'UPDATE auto_top_up SET epoch = epoch + 1, updated_at = now() WHERE org_id = $1 AND epoch = $2::bigint'
/** After one that did not go through, nothing is tried until a person says so, which opens the next epoch. */
const PAUSE =
  'UPDATE auto_top_up SET paused_at = now(), pause_reason = $3, updated_at = now() WHERE org_id = $1 AND epoch = $2::bigint AND paused_at IS NULL'

const REASONS = {
  requires_action: 'the bank wants you to confirm the charge.',
  failed: 'the card was declined.',
  canceled: 'the charge was cancelled.',
} as const

/** Writes down what became of a top-up. Money is not credited here: `recordPayment` does that, by the payment intent. False when nothing is new. */
export const settleTopUp = async (connection: Connection, outcome: TopUpOutcome): Promise<boolean> => {
  const { orgId, topUpId, state } = outcome
  const { rows } = await connection.query<{ epoch: string | null }>(ADVANCE, [
    orgId,
    topUpId,
    state,
    outcome.paymentIntentId,
    outcome.failure,
  ])
  const [row] = rows
  if (row === undefined) return false
  if (row.epoch === null || state === 'pending') return true
  if (state === 'succeeded') await connection.query(NEXT_EPOCH, [orgId, row.epoch])
  else await connection.query(PAUSE, [orgId, row.epoch, REASONS[state]])
  return true
}
