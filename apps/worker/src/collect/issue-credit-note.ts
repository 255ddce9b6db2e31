import { createHash } from 'node:crypto'
import { allotLargestRemainder } from '@atpar/core/largest-remainder'
import { postCreditNote, postCreditToBalance, taxPartOf } from '@atpar/core/ledger-credit-note'
import { formatUsd, PUSD_PER_CENT, pusd } from '@atpar/core/money'
import { billingPeriodOf } from '@atpar/core/usage-event'
import type { Pool } from '@atpar/db/pool'
import { newId, writePosting } from '../billing/post-ledger.ts'
import { inTransaction, lockLedger, type Connection } from '../billing/transaction.ts'
import { renderCreditNoteHtml, renderCreditNotePdf, type CreditNoteModel } from '../documents/credit-note-document.ts'
import { readBuyer, readSeller } from '../documents/read-parties.ts'
import { choosePayment, findIssued, readCreditable, readShares, type Creditable } from './creditable-invoice.ts'

export interface CreditNoteRequest {
  readonly invoiceNumber: string
  /** With tax; above 0, at most what is left of the invoice. */
  readonly amountCents: bigint
  readonly reason: string
  /** Where it goes when the invoice is paid; one that is open is lowered. */
  readonly to: 'refund' | 'balance'
  readonly issuedBy: string
  /** The installation's clock. */
  readonly nowMs: number
}

export interface IssuedCreditNote {
  readonly creditNoteId: string
  readonly number: string
  readonly way: CreditNoteModel['way']
  /** False: it had been issued before, and nothing was done now. */
  readonly isNew: boolean
}

const sha256 = (bytes: string | Buffer): Buffer => createHash('sha256').update(bytes).digest()
const dollars = (cents: bigint): string => `$${formatUsd(pusd(cents * PUSD_PER_CENT), 2)}`

/** What becomes of it. @throws Error when the invoice is not in a state to be credited, RangeError when that much is not left of it */
const chooseWay = (invoice: Creditable, request: CreditNoteRequest): CreditNoteModel['way'] => {
  const { state, number } = invoice
  if (state === 'draft' || state === 'pushing')
    throw new Error(`Invoice ${number} is on its way to Stripe. Try again in a minute.`)
  if (state === 'void' || state === 'uncollectible')
    throw new Error(`Invoice ${number} is ${state}: nobody is asked for it.`)
  const isPaid = state === 'paid'
  const left = isPaid || invoice.leftCents < invoice.dueCents ? invoice.leftCents : invoice.dueCents
  if (request.amountCents <= 0n || request.amountCents > left)
    throw new RangeError(`${dollars(left)} is left of invoice ${number} to be credited.`)
  return isPaid ? request.to : 'lowers_due'
}

/** The note's own number series, for ever counting up. Somebody else may have had this organization's name before. */
const numberOf = async (connection: Connection, invoice: Creditable, sequence: number): Promise<string> => {
  const count = sequence.toString().padStart(4, '0')
  const number = `CN-${invoice.slug}-${count}`
  const { rowCount } = await connection.query('SELECT 1 FROM credit_note WHERE number = $1', [number])
  return rowCount === 0 ? number : `CN-${invoice.slug}-${invoice.orgId.slice(-8)}-${count}`
}

const draw = async (
  connection: Connection,
  request: CreditNoteRequest,
  { invoice, way, number }: { invoice: Creditable; way: CreditNoteModel['way']; number: string },
) => {
  const taxCents = taxPartOf(request.amountCents, invoice)
  const netCents = request.amountCents - taxCents
  const shares = await readShares(connection, invoice)
  const weight = shares.reduce((sum, share) => sum + share.leftCents, 0n)
  const cents = allotLargestRemainder(
    shares.map((share) => share.leftCents * netCents),
    weight === 0n ? 1n : weight,
  )
  const lines = shares
    .map((share, index) => ({ ...share, cents: cents[index] ?? 0n }))
    .filter((line) => line.cents > 0n)
  const model: CreditNoteModel = {
    number,
    invoiceNumber: invoice.number,
    period: invoice.period,
    seller: await readSeller(connection),
    buyer: await readBuyer(connection, invoice.orgId),
    issuedAtMs: request.nowMs,
    reason: request.reason,
    lines,
    totalCents: request.amountCents,
    taxCents,
    way,
  }
  return { lines, taxCents, html: renderCreditNoteHtml(model), pdf: await renderCreditNotePdf(model) }
}

const write = async (
  connection: Connection,
  request: CreditNoteRequest,
  { invoice, way }: { invoice: Creditable; way: CreditNoteModel['way'] },
): Promise<IssuedCreditNote> => {
  const { orgId, invoiceId } = invoice
  const sequence = invoice.lastSequence + 1
  const number = await numberOf(connection, invoice, sequence)
  const { lines, taxCents, html, pdf } = await draw(connection, request, { invoice, way, number })
  const id = newId()
  const { amountCents, reason } = request
  await connection.query(
    `INSERT INTO credit_note (id, org_id, invoice_id, number, sequence, reason, total_cents, tax_cents, issued_by, issued_at, html, html_sha256, pdf, pdf_sha256)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    [
      id,
      orgId,
      invoiceId,
      number,
      sequence,
      reason,
      amountCents.toString(),
      taxCents.toString(),
      request.issuedBy,
      new Date(request.nowMs),
      html,
      sha256(html),
      pdf,
      sha256(pdf),
    ],
  )
  for (const [index, line] of lines.entries())
    await connection.query(
      'INSERT INTO credit_note_line (id, org_id, credit_note_id, position, invoice_position, description, cents) VALUES ($1, $2, $3, $4, $5, $6, $7)',
      [newId(), orgId, id, index + 1, line.position, line.description, line.cents.toString()],
    )
  await connection.query(
    'INSERT INTO credit_note_settlement (credit_note_id, org_id, way, state) VALUES ($1, $2, $3, $4)',
    [id, orgId, way, invoice.stripeInvoiceId === null ? 'local' : 'requested'],
  )
  const scope = { orgId, period: billingPeriodOf(request.nowMs) }
  const figures = { creditNoteId: id, number, totalCents: amountCents, taxCents }
  await writePosting(connection, postCreditNote(scope, figures))
  if (way === 'balance') await writePosting(connection, postCreditToBalance(scope, figures))
  if (way === 'lowers_due')
    await connection.query(
      'UPDATE invoice_collection SET credited_cents = credited_cents + $2, updated_at = now() WHERE invoice_id = $1',
      [invoiceId, amountCents.toString()],
    )
  if (way === 'refund')
    await connection.query(
      `INSERT INTO refund (id, org_id, payment_id, amount_cents, reason, settles, state, credit_note_id) VALUES ($1, $2, $3, $4, $5, 'ar_open', 'requested', $6)`,
      [newId(), orgId, await choosePayment(connection, invoice, amountCents), amountCents.toString(), reason, id],
    )
  return { creditNoteId: id, number, way, isNew: true }
}

/**
 * Takes back a part of an issued invoice, which itself is never rewritten: the document with its own number, the postings, and what Stripe is to be told,
 * in one transaction. The same amount of the same invoice for the same reason is the same credit note, however often it is asked for.
 * @throws Error when there is no such invoice or its state forbids it, RangeError when less is left of it
 */
export const issueCreditNote = (pool: Pool, request: CreditNoteRequest): Promise<IssuedCreditNote> =>
  inTransaction(pool, async (connection) => {
    const owner = await connection.query<{ org_id: string }>('SELECT org_id FROM invoice WHERE number = $1', [
      request.invoiceNumber,
    ])
    const orgId = owner.rows[0]?.org_id
    if (orgId === undefined) throw new Error(`There is no invoice ${request.invoiceNumber}.`)
    await lockLedger(connection, orgId)
    const invoice = await readCreditable(connection, { orgId, number: request.invoiceNumber })
    const known = await findIssued(connection, invoice, request)
    if (known !== null) return { ...known, isNew: false }
    return write(connection, request, { invoice, way: chooseWay(invoice, request) })
  })
