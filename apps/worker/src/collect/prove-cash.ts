import { holds } from '@atpar/core/proofs'
import { billingPeriodOf } from '@atpar/core/usage-event'
import { recordProofs } from '../billing/prove.ts'
import { proveP4 } from '../billing/prove-book.ts'
import type { Reader } from '../billing/transaction.ts'
import type { CollectDeps } from './collecting.ts'

/** Money in Stripe's book that belongs to no organization: payouts and the like aside, there is none. */
export const findUnplacedMoney = async (
  reader: Reader,
): Promise<readonly { id: string; type: string; cents: string }[]> => {
  const { rows } = await reader.query<{ id: string; type: string; cents: string }>(
    `SELECT b.id, b.type, b.amount_cents::text AS cents FROM stripe_balance_transaction b
    WHERE b.type NOT IN ('payout', 'payout_cancel', 'payout_failure', 'transfer', 'stripe_fee', 'tax_fee', 'topup', 'topup_reversal', 'reserve_hold', 'reserve_release')
      AND NOT EXISTS (SELECT 1 FROM payment p WHERE p.stripe_charge_id = b.source_id)
      AND NOT EXISTS (SELECT 1 FROM refund r WHERE r.stripe_refund_id = b.source_id)
      AND NOT EXISTS (SELECT 1 FROM dispute d WHERE d.stripe_dispute_id = b.source_id) ORDER BY b.occurred_at`,
  )
  return rows
}

/** P4 of everybody who ever paid, kept with the other proofs under the month that runs. A difference is an incident. */
export const proveAllCash = async ({ pool, nowMs, log }: CollectDeps): Promise<void> => {
  const { rows } = await pool.query<{ org_id: string }>(
    `SELECT org_id FROM payment UNION SELECT org_id FROM ledger_entry WHERE account = 'cash:stripe'`,
  )
  const period = billingPeriodOf(nowMs)
  for (const { org_id: orgId } of rows) {
    const result = await proveP4(pool, orgId)
    if (result === null) continue
    await recordProofs(pool, { orgId, period }, [result])
    if (!holds(result))
      log.error('proof-failed', {
        orgId,
        period,
        proof: result.proof,
        differencePusd: result.differencePusd.toString(),
        detail: result.detail,
      })
  }
  for (const money of await findUnplacedMoney(pool)) log.error('stripe-money-unplaced', { ...money })
}
