import { findInvoiceOfIntent, readCharge, readPaymentIntent, refOf } from '@atpar/billing/read-invoice'
import type { Reader } from '../billing/transaction.ts'
import type { CollectDeps } from './collecting.ts'
import { syncInvoice } from './sync-invoice.ts'
import { syncTopUp } from './sync-top-up.ts'

export interface KnownPayment {
  readonly paymentId: string
  readonly orgId: string
  readonly purpose: 'invoice' | 'topup'
  readonly invoiceId: string | null
}

const findPayment = async (reader: Reader, chargeId: string): Promise<KnownPayment | null> => {
  const { rows } = await reader.query<{
    id: string
    org_id: string
    purpose: 'invoice' | 'topup'
    invoice_id: string | null
  }>('SELECT id, org_id, purpose, invoice_id FROM payment WHERE stripe_charge_id = $1', [chargeId])
  const [row] = rows
  return row === undefined
    ? null
    : { paymentId: row.id, orgId: row.org_id, purpose: row.purpose, invoiceId: row.invoice_id }
}

/** Brings forward whatever a payment intent pays. False when it is none of ours. */
export const syncIntent = async (deps: CollectDeps, paymentIntentId: string): Promise<boolean> => {
  const stripeInvoiceId = await findInvoiceOfIntent(deps.collecting.stripe, paymentIntentId)
  if (stripeInvoiceId !== null) return (await syncInvoice(deps, stripeInvoiceId)) !== null
  const { intent, payment } = await readPaymentIntent(deps.collecting.stripe, paymentIntentId)
  const topUpId = intent.metadata['topup_id']
  return topUpId === undefined
    ? false
    : syncTopUp(deps, { topUpId, intent, customerId: refOf(intent.customer), payment })
}

/** The payment behind a charge. A refund or a dispute can be heard of before its payment was; then that is read first. */
export const requirePayment = async (deps: CollectDeps, chargeId: string): Promise<KnownPayment | null> => {
  const known = await findPayment(deps.pool, chargeId)
  if (known !== null) return known
  const intentId = refOf((await readCharge(deps.collecting.stripe, chargeId)).payment_intent)
  if (intentId !== null) await syncIntent(deps, intentId)
  return findPayment(deps.pool, chargeId)
}
