import { readBook, readEvents } from '@atpar/billing/read-books'
import { DAY_MS } from '@atpar/core/durations'
import { findUntold, tellDetails } from './account.ts'
import { applyEvent } from './apply-event.ts'
import type { CollectDeps } from './collecting.ts'
import { requirePayment } from './find-payment.ts'
import { findHopeless, giveUp } from './give-up.ts'
import { pushCreditNote } from './push-credit-note.ts'
import { pushInvoice } from './push-invoice.ts'
import { pushRefund } from './push-refund.ts'
import { syncDispute } from './sync-dispute.ts'
import { syncInvoice } from './sync-invoice.ts'
import { syncRefund } from './sync-refund.ts'

const BATCH = 200

const idsOf = async (deps: CollectDeps, sql: string): Promise<readonly string[]> =>
  (await deps.pool.query<{ id: string }>(sql)).rows.map((row) => row.id)

/** One that fails keeps none of the others waiting. @returns how many did */
const each = async (
  deps: CollectDeps,
  ids: readonly string[],
  work: (id: string) => Promise<unknown>,
): Promise<number> => {
  let failed = 0
  for (const id of ids) {
    try {
      await work(id)
    } catch (error) {
      failed += 1
      deps.log.error('collecting-failed', { id, error: error instanceof Error ? error.message : String(error) })
    }
  }
  return failed
}

const DUE_EVENTS = `SELECT id FROM stripe_event WHERE applied_at IS NULL AND next_attempt_at <= now() ORDER BY occurred_at LIMIT ${BATCH}`
const DUE_PUSHES = `SELECT invoice_id AS id FROM invoice_collection WHERE state IN ('draft', 'pushing') AND next_attempt_at <= now() ORDER BY created_at LIMIT ${BATCH}`
const DUE_REFUNDS = `SELECT id FROM refund WHERE state = 'requested' AND (attempts = 0 OR updated_at < now() - interval '1 minute') ORDER BY created_at LIMIT ${BATCH}`
const DUE_CREDIT_NOTES = `SELECT credit_note_id AS id FROM credit_note_settlement WHERE state = 'requested' AND next_attempt_at <= now() ORDER BY credit_note_id LIMIT ${BATCH}`

/** Everything that is due, found by looking: what the queue lost, or nobody queued, is done here. */
export const collectDue = async (deps: CollectDeps): Promise<void> => {
  await each(deps, await idsOf(deps, DUE_EVENTS), (id) => applyEvent(deps, id))
  await each(deps, await findUntold(deps), (id) => tellDetails(deps, id))
  await each(deps, await idsOf(deps, DUE_PUSHES), (id) => pushInvoice(deps, id))
  await each(deps, await idsOf(deps, DUE_REFUNDS), (id) => pushRefund(deps, id))
  await each(deps, await idsOf(deps, DUE_CREDIT_NOTES), (id) => pushCreditNote(deps, id))
  await each(deps, await findHopeless(deps), (id) => giveUp(deps, id))
}

/** Stripe tries a webhook for three days; a day more for clocks. */
const EVENTS_BACK_MS = 4 * DAY_MS
const BOOK_BACK_MS = 45 * DAY_MS

/** Events that no webhook brought. @returns how many there were */
const hearMissedEvents = async (deps: CollectDeps, nowMs: number): Promise<number> => {
  const range = { sinceMs: nowMs - EVENTS_BACK_MS, livemode: deps.collecting.livemode }
  let missed = 0
  for await (const hint of readEvents(deps.collecting.stripe, range)) {
    const { rowCount } = await deps.pool.query(
      `INSERT INTO stripe_event (id, type, object_id, livemode, api_version, occurred_at, source) VALUES ($1, $2, $3, $4, $5, $6, 'sweep') ON CONFLICT (id) DO NOTHING`,
      [hint.id, hint.type, hint.objectId, hint.livemode, hint.apiVersion, new Date(hint.occurredAtMs)],
    )
    missed += rowCount ?? 0
  }
  return missed
}

const OPEN_INVOICES = `SELECT stripe_invoice_id AS id FROM invoice_collection WHERE stripe_invoice_id IS NOT NULL AND state IN ('open', 'uncollectible') ORDER BY read_at NULLS FIRST`
const OPEN_REFUNDS = `SELECT stripe_refund_id AS id FROM refund WHERE stripe_refund_id IS NOT NULL AND state IN ('pending', 'requires_action')`
const OPEN_DISPUTES = `SELECT stripe_dispute_id AS id FROM dispute WHERE outcome IS NULL`

/** Copies Stripe's book of our money: the other side of P4. */
const copyBook = async (deps: CollectDeps, nowMs: number): Promise<void> => {
  for await (const line of readBook(deps.collecting.stripe, nowMs - BOOK_BACK_MS))
    await deps.pool.query(
      `INSERT INTO stripe_balance_transaction (id, type, source_id, amount_cents, fee_cents, currency, occurred_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING`,
      [
        line.id,
        line.type,
        line.sourceId,
        line.amountCents.toString(),
        line.feeCents.toString(),
        line.currency,
        new Date(line.occurredAtMs),
      ],
    )
}

/** Lines of the book whose charge, refund or dispute is unknown here: read, in case it is ours after all. */
const UNPLACED = (prefixes: string): string => `
  SELECT DISTINCT b.source_id AS id FROM stripe_balance_transaction b WHERE b.source_id ~ '^(${prefixes})_'
    AND NOT EXISTS (SELECT 1 FROM payment p WHERE p.stripe_charge_id = b.source_id)
    AND NOT EXISTS (SELECT 1 FROM refund r WHERE r.stripe_refund_id = b.source_id)
    AND NOT EXISTS (SELECT 1 FROM dispute d WHERE d.stripe_dispute_id = b.source_id)`

/**
 * Once a night: hears what no webhook said, reads again whatever is not at its end, and copies Stripe's book for the proof of cash. `wallMs` is real
 * time: Stripe's clock is not moved by ours.
 */
export const sweepStripe = async (deps: CollectDeps, wallMs: number): Promise<void> => {
  const missed = await hearMissedEvents(deps, wallMs)
  await collectDue(deps)
  let failed = await each(deps, await idsOf(deps, OPEN_INVOICES), (id) => syncInvoice(deps, id))
  failed += await each(deps, await idsOf(deps, OPEN_REFUNDS), (id) => syncRefund(deps, id))
  failed += await each(deps, await idsOf(deps, OPEN_DISPUTES), (id) => syncDispute(deps, id))
  await copyBook(deps, wallMs)
  failed += await each(deps, await idsOf(deps, UNPLACED('ch|py')), (id) => requirePayment(deps, id))
  failed += await each(deps, await idsOf(deps, UNPLACED('re|pyr')), (id) => syncRefund(deps, id))
  failed += await each(deps, await idsOf(deps, UNPLACED('dp|du')), (id) => syncDispute(deps, id))
  deps.log.info('stripe-swept', { missed, failed })
}
