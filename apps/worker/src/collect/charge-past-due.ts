import { classifyFailure, describeFailure } from '@atpar/billing/failure'
import { payNow } from '@atpar/billing/push-invoice'
import type { CollectDeps } from './collecting.ts'
import { syncInvoice } from './sync-invoice.ts'

/**
 * A card that was just saved pays what the one before did not, at once: nobody has to wait for Stripe's next attempt, or to press anything. Once per
 * card: `setupId` is in the key of the request.
 */
export const chargePastDue = async (deps: CollectDeps, customerId: string, setupId: string): Promise<void> => {
  const { rows } = await deps.pool.query<{ invoice_id: string; stripe_invoice_id: string; org_id: string }>(
    `SELECT c.invoice_id, c.stripe_invoice_id, c.org_id FROM invoice_collection c JOIN billing_account a ON a.org_id = c.org_id
    WHERE a.stripe_customer_id = $1 AND c.state = 'open' AND c.charge_failed_at IS NOT NULL AND c.stripe_invoice_id IS NOT NULL ORDER BY c.due_at, c.invoice_id`,
    [customerId],
  )
  for (const row of rows) {
    const invoice = { invoiceId: row.invoice_id, stripeInvoiceId: row.stripe_invoice_id, attempt: setupId }
    try {
      await payNow(deps.collecting.stripe, invoice)
    } catch (error) {
      // Declined, or paid in this instant by other means: reading the invoice says which. Anything else is tried again with the event.
      if (classifyFailure(error) !== 'refused') throw error
      deps.log.warn('past-due-not-charged', { orgId: row.org_id, reason: describeFailure(error) })
    }
    await syncInvoice(deps, row.stripe_invoice_id)
  }
}
