import { createCreditNote, findCreditNote, type CreditNoteWay } from '@atpar/billing/credit-notes'
import { classifyFailure, describeFailure } from '@atpar/billing/failure'
import { readInvoice } from '@atpar/billing/read-invoice'
import { postCreditToBalance } from '@atpar/core/ledger-credit-note'
import { billingPeriodOf } from '@atpar/core/usage-event'
import { writePosting } from '../billing/post-ledger.ts'
import { inTransaction, lockLedger } from '../billing/transaction.ts'
import { waitAfter, type CollectDeps } from './collecting.ts'
import { syncInvoice } from './sync-invoice.ts'
import { watchCreditNoteTax } from './watch-tax.ts'

const MANY_ATTEMPTS = 8

interface Row {
  readonly id: string
  readonly org_id: string
  readonly invoice_id: string
  readonly number: string
  readonly total_cents: string
  readonly tax_cents: string
  readonly way: 'lowers_due' | 'refund' | 'balance'
  readonly attempts: number
  readonly stripe_invoice_id: string
  readonly refund_state: string | null
  readonly stripe_refund_id: string | null
}

const CLAIM = `
  UPDATE credit_note_settlement s SET attempts = s.attempts + 1, next_attempt_at = now() + interval '1 minute', updated_at = now()
  FROM credit_note n JOIN invoice_collection c ON c.org_id = n.org_id AND c.invoice_id = n.invoice_id
    LEFT JOIN refund r ON r.org_id = n.org_id AND r.credit_note_id = n.id
  WHERE n.org_id = s.org_id AND n.id = s.credit_note_id AND s.credit_note_id = $1 AND s.state = 'requested' AND s.next_attempt_at <= now() AND c.stripe_invoice_id IS NOT NULL
  RETURNING n.id, n.org_id, n.invoice_id, n.number, n.total_cents::text, n.tax_cents::text, s.way, s.attempts, c.stripe_invoice_id, r.state AS refund_state, r.stripe_refund_id`

/** It was paid before Stripe heard of the note: what was to be lowered is the customer's now, and goes into the balance. */
const creditInstead = async (deps: CollectDeps, row: Row): Promise<void> => {
  await inTransaction(deps.pool, async (connection) => {
    await lockLedger(connection, row.org_id)
    const { rowCount } = await connection.query(
      `UPDATE credit_note_settlement SET way = 'balance', updated_at = now() WHERE credit_note_id = $1 AND way = 'lowers_due'`,
      [row.id],
    )
    if (rowCount === 0) return
    await connection.query(
      'UPDATE invoice_collection SET credited_cents = credited_cents - $2, updated_at = now() WHERE invoice_id = $1',
      [row.invoice_id, row.total_cents],
    )
    const note = { creditNoteId: row.id, number: row.number, totalCents: BigInt(row.total_cents) }
    await writePosting(
      connection,
      postCreditToBalance({ orgId: row.org_id, period: billingPeriodOf(deps.nowMs) }, note),
    )
  })
  deps.log.info('credit-note-to-balance', { orgId: row.org_id, creditNote: row.number })
}

const putInBalance = (deps: CollectDeps, row: Row): Promise<void> =>
  inTransaction(deps.pool, async (connection) => {
    await lockLedger(connection, row.org_id)
    const note = { creditNoteId: row.id, number: row.number, totalCents: BigInt(row.total_cents) }
    await writePosting(
      connection,
      postCreditToBalance({ orgId: row.org_id, period: billingPeriodOf(deps.nowMs) }, note),
    )
  })

/** Null while the refund is on its way. */
const chooseWay = async (deps: CollectDeps, row: Row): Promise<CreditNoteWay | null> => {
  if (row.way === 'balance') {
    // An operator may have chosen it after a card refused the refund: then it is not there yet.
    await putInBalance(deps, row)
    return { kind: 'elsewhere' }
  }
  if (row.way === 'refund')
    return row.stripe_refund_id === null ? null : { kind: 'refund', stripeRefundId: row.stripe_refund_id }
  const { stripe } = deps.collecting
  const found = await findCreditNote(stripe, { creditNoteId: row.id, stripeInvoiceId: row.stripe_invoice_id })
  if (found !== null || (await readInvoice(stripe, row.stripe_invoice_id)).status !== 'paid')
    return { kind: 'lowers_due' }
  await creditInstead(deps, row)
  return { kind: 'elsewhere' }
}

const finish = (deps: CollectDeps, id: string, end: { state: 'settled' | 'failed'; stripeId?: string | null }) =>
  deps.pool.query(
    `UPDATE credit_note_settlement SET state = $2, stripe_credit_note_id = $3, last_error = CASE WHEN $2 = 'settled' THEN NULL ELSE last_error END, updated_at = now()
    WHERE credit_note_id = $1 AND state = 'requested'`,
    [id, end.state, end.stripeId ?? null],
  )

const push = async (deps: CollectDeps, row: Row): Promise<void> => {
  if (row.way === 'refund' && (row.refund_state === 'failed' || row.refund_state === 'canceled')) {
    deps.log.error('credit-note-refund-failed', { orgId: row.org_id, creditNote: row.number })
    await finish(deps, row.id, { state: 'failed' })
    return
  }
  const way = await chooseWay(deps, row)
  if (way === null) return
  const made = await createCreditNote(deps.collecting.stripe, {
    creditNoteId: row.id,
    number: row.number,
    stripeInvoiceId: row.stripe_invoice_id,
    totalCents: BigInt(row.total_cents),
    way,
    attempt: row.attempts,
  })
  await finish(deps, row.id, { state: 'settled', stripeId: made?.stripeId ?? null })
  // One that Stripe has less of takes back less of its tax as well.
  if (made !== null && made.totalCents === BigInt(row.total_cents))
    await watchCreditNoteTax(deps.pool, {
      orgId: row.org_id,
      number: row.number,
      taxCents: BigInt(row.tax_cents),
      stripeTaxCents: made.taxCents,
    })
  await syncInvoice(deps, row.stripe_invoice_id)
}

/** Tells Stripe of a credit note that was issued here. Safe to repeat: one that was made already is found before another is. */
export const pushCreditNote = async (deps: CollectDeps, creditNoteId: string): Promise<void> => {
  const { rows } = await deps.pool.query<Row>(CLAIM, [creditNoteId])
  const [row] = rows
  if (row === undefined) return
  try {
    await push(deps, row)
  } catch (error) {
    const kind = classifyFailure(error)
    const reason = describeFailure(error)
    const isFinal = kind !== null && (kind === 'refused' || row.attempts >= MANY_ATTEMPTS)
    await deps.pool.query(
      `UPDATE credit_note_settlement SET last_error = $2, state = CASE WHEN $3 THEN 'failed' ELSE state END,
        next_attempt_at = now() + make_interval(secs => $4), updated_at = now() WHERE credit_note_id = $1 AND state = 'requested'`,
      [creditNoteId, reason, isFinal, waitAfter(row.attempts)],
    )
    if (kind === null) throw error
    deps.log.warn('credit-note-push-failed', { creditNote: row.number, attempt: row.attempts, isFinal, reason })
  }
}
