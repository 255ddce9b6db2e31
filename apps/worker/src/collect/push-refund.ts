import { classifyFailure, describeFailure } from '@atpar/billing/failure'
import { giveBack } from '@atpar/billing/give-back'
import type { CollectDeps } from './collecting.ts'
import { recordRefund } from './sync-refund.ts'

const MANY_ATTEMPTS = 8

interface Row {
  readonly charge: string
  readonly amount_cents: string
  readonly attempts: number
}

/** Asks Stripe for a refund that was decided here. Safe to repeat: one that was made already is found before another is. */
export const pushRefund = async (deps: CollectDeps, refundId: string): Promise<void> => {
  const { rows } = await deps.pool.query<Row>(
    `UPDATE refund r SET attempts = r.attempts + 1, updated_at = now() FROM payment p
    WHERE p.org_id = r.org_id AND p.id = r.payment_id AND r.id = $1 AND r.state = 'requested' RETURNING p.stripe_charge_id AS charge, r.amount_cents::text, r.attempts`,
    [refundId],
  )
  const [row] = rows
  if (row === undefined) return
  try {
    const refund = { refundId, chargeId: row.charge, amountCents: BigInt(row.amount_cents), attempt: row.attempts }
    await recordRefund(deps, await giveBack(deps.collecting.stripe, refund))
  } catch (error) {
    const kind = classifyFailure(error)
    // More than is left of the charge, or one in dispute: it will be refused tomorrow too.
    const isFinal = kind === 'refused' || row.attempts >= MANY_ATTEMPTS
    await deps.pool.query(
      `UPDATE refund SET last_error = $2, state = CASE WHEN $3 THEN 'failed' ELSE state END, updated_at = now() WHERE id = $1 AND state = 'requested'`,
      [refundId, describeFailure(error), isFinal],
    )
    if (kind === null) throw error
    deps.log.warn('refund-failed', { refundId, attempt: row.attempts, isFinal, reason: describeFailure(error) })
  }
}
