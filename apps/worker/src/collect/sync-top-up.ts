import type { Stripe } from '@atpar/billing/client'
import type { CollectedPayment } from '@atpar/billing/read-invoice'
import { inTransaction, lockLedger } from '../billing/transaction.ts'
import { findOrganizationOf } from './account.ts'
import type { CollectDeps } from './collecting.ts'
import { recordPayment } from './record-payment.ts'
import { settleTopUp, stateOfIntent } from './settle-top-up.ts'

/** A payment intent that carries a top-up's id, as Stripe has it now. */
export interface TopUpIntent {
  readonly topUpId: string
  readonly intent: Stripe.PaymentIntent
  readonly customerId: string | null
  /** Null unless it succeeded: nothing else credits. */
  readonly payment: CollectedPayment | null
}

/**
 * Credits the balance of the organization whose customer paid, with what was really charged: neither is taken from metadata. False when the customer is
 * none of ours.
 */
export const syncTopUp = async (
  deps: CollectDeps,
  { topUpId, intent, customerId, payment }: TopUpIntent,
): Promise<boolean> => {
  const orgId = await findOrganizationOf(deps.pool, customerId)
  if (orgId === null) return false
  await inTransaction(deps.pool, async (connection) => {
    await lockLedger(connection, orgId)
    if (payment !== null)
      await recordPayment(connection, { orgId, nowMs: deps.nowMs }, { payment, for: { purpose: 'topup' } })
    const failure = intent.last_payment_error?.decline_code ?? intent.last_payment_error?.code ?? null
    await settleTopUp(connection, {
      orgId,
      topUpId,
      paymentIntentId: intent.id,
      state: stateOfIntent(intent.status, failure !== null),
      failure,
    })
  })
  return true
}
