import { attachEvidence, readDispute, type DisputeView } from '@atpar/billing/give-back'
import { postDisputeLoss, postDisputeReinstatement, postDisputeWithdrawal, postFee } from '@atpar/core/ledger-cash'
import { billingPeriodOf } from '@atpar/core/usage-event'
import { newId, writePosting } from '../billing/post-ledger.ts'
import { inTransaction, lockLedger, type Connection } from '../billing/transaction.ts'
import type { CollectDeps } from './collecting.ts'
import { buildEvidence } from './dispute-evidence.ts'
import { requirePayment, type KnownPayment } from './find-payment.ts'

const applyRead = async (
  connection: Connection,
  read: DisputeView,
  context: { readonly payment: KnownPayment; readonly nowMs: number },
): Promise<boolean> => {
  const { payment, nowMs } = context
  await lockLedger(connection, payment.orgId)
  const scope = { orgId: payment.orgId, period: billingPeriodOf(nowMs) }
  const { stripeDisputeId } = read
  for (const move of read.moves) {
    const money = { stripeDisputeId, balanceTransactionId: move.id }
    if (move.amountCents < 0n)
      await writePosting(connection, postDisputeWithdrawal(scope, { ...money, amountCents: -move.amountCents }))
    else if (move.amountCents > 0n)
      await writePosting(connection, postDisputeReinstatement(scope, { ...money, amountCents: move.amountCents }))
    if (move.feeCents !== 0n)
      await writePosting(connection, postFee(scope, { balanceTransactionId: move.id, feeCents: move.feeCents }))
  }
  const heldCents = -read.moves.reduce((sum, move) => sum + move.amountCents, 0n)
  if (read.outcome === 'lost' && heldCents > 0n)
    await writePosting(connection, postDisputeLoss(scope, { stripeDisputeId, amountCents: heldCents }))
  const { rows } = await connection.query<{ evidence: unknown }>(
    `INSERT INTO dispute (id, org_id, payment_id, stripe_dispute_id, amount_cents, reason, state, outcome, evidence_due_at, opened_at, closed_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, CASE WHEN $8::text IS NULL THEN NULL ELSE now() END)
    ON CONFLICT (stripe_dispute_id) DO UPDATE SET updated_at = now(), evidence_due_at = coalesce(EXCLUDED.evidence_due_at, dispute.evidence_due_at),
      state = CASE WHEN dispute.outcome IS NULL THEN EXCLUDED.state ELSE dispute.state END, outcome = coalesce(dispute.outcome, EXCLUDED.outcome),
      closed_at = coalesce(dispute.closed_at, EXCLUDED.closed_at)
    RETURNING evidence`,
    [
      newId(),
      payment.orgId,
      payment.paymentId,
      stripeDisputeId,
      read.amountCents.toString(),
      read.reason,
      read.state,
      read.outcome,
      read.evidenceDueAtMs === null ? null : new Date(read.evidenceDueAtMs),
      new Date(read.openedAtMs),
    ],
  )
  // Whoever had a charge taken back pays in advance from then on, won or lost; a person may lift it.
  await connection.query(
    'UPDATE billing_account SET prepaid_only_since = coalesce(prepaid_only_since, $2), updated_at = now() WHERE org_id = $1',
    [payment.orgId, new Date(read.openedAtMs)],
  )
  return rows[0]?.evidence === null
}

/** Brings our record of a dispute forward: its money, its end, what it means for credit, and our side of it. False when it is none of ours. */
export const syncDispute = async (deps: CollectDeps, stripeDisputeId: string): Promise<boolean> => {
  const read = await readDispute(deps.collecting.stripe, stripeDisputeId)
  const payment = await requirePayment(deps, read.chargeId)
  if (payment === null) return false
  const lacksEvidence = await inTransaction(deps.pool, (connection) =>
    applyRead(connection, read, { payment, nowMs: deps.nowMs }),
  )
  if (!lacksEvidence || read.outcome !== null) return true
  const evidence = await buildEvidence(deps.pool, payment)
  await attachEvidence(deps.collecting.stripe, { stripeDisputeId, ...evidence })
  await deps.pool.query(
    'UPDATE dispute SET evidence = $2, evidence_submitted_at = NULL, updated_at = now() WHERE stripe_dispute_id = $1',
    [stripeDisputeId, JSON.stringify(evidence)],
  )
  deps.log.error('charge-disputed', {
    orgId: payment.orgId,
    dispute: stripeDisputeId,
    cents: read.amountCents.toString(),
    evidenceDueAt: read.evidenceDueAtMs === null ? null : new Date(read.evidenceDueAtMs).toISOString(),
  })
  return true
}
