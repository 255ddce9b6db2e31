import { expirePayPages } from '@atpar/billing/hosted-pages'
import { readInvoice, type CollectedInvoice } from '@atpar/billing/read-invoice'
import { postPaymentOutOfBand, postRecovery, postTax, postVoid, postWriteOff } from '@atpar/core/ledger-cash'
import { billingPeriodOf } from '@atpar/core/usage-event'
import { writePosting } from '../billing/post-ledger.ts'
import { inTransaction, lockLedger, type Connection } from '../billing/transaction.ts'
import type { CollectDeps } from './collecting.ts'
import { recordPayment } from './record-payment.ts'

export type CollectionState = 'draft' | 'pushing' | 'open' | 'paid' | 'void' | 'uncollectible' | 'not_collected'

interface CollectionRow {
  readonly invoice_id: string
  readonly org_id: string
  readonly number: string
  readonly state: CollectionState
  readonly amount_cents: string
  readonly paid_cents: string
  readonly credited_cents: string
  readonly customer: string | null
}

/** Only forwards. Stripe lets an uncollectible invoice be paid or voided; from those two nothing leads on. */
const RANK: Readonly<Record<CollectionState, number>> = {
  not_collected: 0,
  draft: 0,
  pushing: 0,
  open: 1,
  uncollectible: 2,
  paid: 3,
  void: 3,
}

const findCollection = async (connection: Connection, read: CollectedInvoice): Promise<CollectionRow | null> => {
  const { rows } = await connection.query<CollectionRow>(
    `SELECT c.invoice_id, c.org_id, i.number, c.state, c.amount_cents::text, c.paid_cents::text, c.credited_cents::text, a.stripe_customer_id AS customer
    FROM invoice_collection c JOIN invoice i ON i.org_id = c.org_id AND i.id = c.invoice_id LEFT JOIN billing_account a ON a.org_id = c.org_id
    WHERE c.stripe_invoice_id = $1 FOR UPDATE OF c`,
    [read.stripeInvoiceId],
  )
  const [row] = rows
  // What its metadata says is a hint; that our row names it and its customer is ours decides.
  return row === undefined || row.customer !== read.customerId ? null : row
}

/** Postings of a claim that ended, or came back, without money. */
const postEnd = async (
  connection: Connection,
  read: CollectedInvoice,
  row: CollectionRow & { readonly next: CollectionState; readonly period: string },
): Promise<void> => {
  const scope = { orgId: row.org_id, period: row.period }
  const claim = { invoiceId: row.invoice_id, number: row.number }
  const openCents = BigInt(row.amount_cents) + read.taxCents - BigInt(row.paid_cents) - BigInt(row.credited_cents)
  if (row.next === 'uncollectible') await writePosting(connection, postWriteOff(scope, { ...claim, openCents }))
  // What was written off is owed by nobody already.
  if (row.next === 'void' && row.state !== 'uncollectible')
    await writePosting(connection, postVoid(scope, { ...claim, openCents, taxCents: read.taxCents }))
  if (row.next === 'paid' && row.state === 'uncollectible')
    await writePosting(connection, postRecovery(scope, { ...claim, openCents }))
}

const applyRead = async (
  connection: Connection,
  read: CollectedInvoice,
  { nowMs }: Pick<CollectDeps, 'nowMs'>,
): Promise<(CollectionRow & { readonly next: CollectionState }) | null> => {
  const found = await connection.query<{ org_id: string }>(
    'SELECT org_id FROM invoice_collection WHERE stripe_invoice_id = $1',
    [read.stripeInvoiceId],
  )
  const orgId = found.rows[0]?.org_id
  if (orgId === undefined) return null
  await lockLedger(connection, orgId)
  const row = await findCollection(connection, read)
  if (row === null || read.status === 'draft') return null
  const next = RANK[read.status] > RANK[row.state] ? read.status : row.state
  const period = billingPeriodOf(nowMs)
  const claim = { invoiceId: row.invoice_id, number: row.number }
  if (read.taxCents > 0n)
    await writePosting(connection, postTax({ orgId, period }, { ...claim, taxCents: read.taxCents }))
  if (next !== row.state) await postEnd(connection, read, { ...row, next, period })
  for (const payment of read.payments)
    await recordPayment(connection, { orgId, nowMs }, { payment, for: { purpose: 'invoice', ...claim } })
  if (read.paidOutOfBandCents > 0n)
    await writePosting(
      connection,
      postPaymentOutOfBand(
        { orgId, period },
        { stripeInvoiceId: read.stripeInvoiceId, amountCents: read.paidOutOfBandCents, number: row.number },
      ),
    )
  const now = new Date(nowMs)
  await connection.query(
    `UPDATE invoice_collection SET state = $2, tax_cents = $3, hosted_url = $4, blocked_reason = NULL, last_error = NULL, read_at = now(), updated_at = now(),
      paid_cents = greatest(paid_cents, $5), charge_attempts = greatest(charge_attempts, $6),
      charge_failed_at = CASE WHEN $7::text IS NULL OR $2 = 'paid' THEN charge_failed_at ELSE coalesce(charge_failed_at, $9) END,
      charge_failure = CASE WHEN $2 = 'paid' THEN NULL ELSE coalesce($7, charge_failure) END, next_charge_at = CASE WHEN $2 = 'open' THEN $8::timestamptz END,
      finalised_at = coalesce(finalised_at, $9), due_at = coalesce(due_at, $9), paid_at = CASE WHEN $2 = 'paid' THEN coalesce(paid_at, $9) END
    WHERE invoice_id = $1`,
    [
      row.invoice_id,
      next,
      read.taxCents.toString(),
      read.hostedUrl,
      (read.payments.reduce((sum, payment) => sum + payment.amountCents, 0n) + read.paidOutOfBandCents).toString(),
      read.chargeAttempts,
      read.failure,
      read.nextChargeAtMs === null ? null : new Date(read.nextChargeAtMs),
      now,
    ],
  )
  return { ...row, next }
}

/**
 * Reads an invoice at Stripe and brings our record of it forward: state, tax, payments and their postings, all in one transaction and all by natural
 * keys, so that it may run any number of times and in any order.
 * @returns what it came to; null for an invoice that is none of ours
 */
export const syncInvoice = async (
  deps: CollectDeps,
  stripeInvoiceId: string,
): Promise<{ readonly orgId: string; readonly invoiceId: string; readonly state: CollectionState } | null> => {
  const read = await readInvoice(deps.collecting.stripe, stripeInvoiceId)
  const row = await inTransaction(deps.pool, (connection) => applyRead(connection, read, deps))
  if (row === null) return null
  // Somebody may have a page open on which it could be paid a second time.
  if (row.next !== row.state && row.next !== 'open' && row.customer !== null)
    await expirePayPages(deps.collecting.stripe, { customerId: row.customer, invoiceId: row.invoice_id })
  if (row.next !== row.state)
    deps.log.info('invoice-collected', { orgId: row.org_id, invoice: row.number, state: row.next })
  return { orgId: row.org_id, invoiceId: row.invoice_id, state: row.next }
}
