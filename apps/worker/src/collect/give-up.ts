import { markUncollectible } from '@atpar/billing/give-up'
import { DUNNING_DAYS } from '@atpar/core/dunning'
import { DAY_MS } from '@atpar/core/durations'
import type { CollectDeps } from './collecting.ts'
import { syncInvoice } from './sync-invoice.ts'

/** Open ones whose last stage of dunning has come by the installation's clock. */
export const findHopeless = async ({ pool, nowMs }: CollectDeps): Promise<readonly string[]> => {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT invoice_id AS id FROM invoice_collection WHERE state = 'open' AND stripe_invoice_id IS NOT NULL AND due_at <= $1 AND next_attempt_at <= now() ORDER BY due_at, invoice_id`,
    [new Date(nowMs - DUNNING_DAYS.uncollectible * DAY_MS)],
  )
  return rows.map((row) => row.id)
}

/** For a minute nobody else takes it up. */
const CLAIM = `
  UPDATE invoice_collection SET next_attempt_at = now() + interval '1 minute' WHERE invoice_id = $1 AND state = 'open' AND next_attempt_at <= now()
  RETURNING stripe_invoice_id AS id`

/**
 * Gives an invoice up at Stripe, which charges it no more, and then reads it like any other: what is still open of it is written off, or it turns out to
 * have been paid. It stays unpaid for dunning, so calls stay refused until it is paid after all.
 */
export const giveUp = async (deps: CollectDeps, invoiceId: string): Promise<void> => {
  const { rows } = await deps.pool.query<{ id: string }>(CLAIM, [invoiceId])
  const stripeInvoiceId = rows[0]?.id
  if (stripeInvoiceId === undefined) return
  await markUncollectible(deps.collecting.stripe, stripeInvoiceId)
  await syncInvoice(deps, stripeInvoiceId)
}
