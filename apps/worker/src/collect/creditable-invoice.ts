import { formatUsd, PUSD_PER_CENT, pusd } from '@atpar/core/money'
import type { Connection } from '../billing/transaction.ts'
import type { CreditNoteModel } from '../documents/credit-note-document.ts'

/** An invoice as it stands, for somebody who wants to take a part of it back. */
export interface Creditable {
  readonly orgId: string
  readonly slug: string
  readonly invoiceId: string
  readonly number: string
  readonly period: string
  /** Of `invoice_collection`. */
  readonly state: string
  readonly stripeInvoiceId: string | null
  /** Without tax. */
  readonly totalCents: bigint
  readonly taxCents: bigint
  /** Of the invoice with its tax, after the credit notes before. */
  readonly leftCents: bigint
  /** What is still to be paid of it. */
  readonly dueCents: bigint
  /** Of the organization's credit notes. */
  readonly lastSequence: number
}

interface Row {
  readonly id: string
  readonly slug: string
  readonly period: string
  readonly state: string
  readonly stripe: string | null
  readonly total: string
  readonly tax: string
  readonly noted: string
  readonly due: string
  readonly last: number
}

/** The caller holds the ledger lock. @throws Error when it was never to be collected */
export const readCreditable = async (
  connection: Connection,
  { orgId, number }: { readonly orgId: string; readonly number: string },
): Promise<Creditable> => {
  const { rows } = await connection.query<Row>(
    `SELECT i.id, o.slug, i.period::text, c.state, c.stripe_invoice_id AS stripe, i.total_cents::text AS total, coalesce(c.tax_cents, 0)::text AS tax,
      coalesce((SELECT sum(n.total_cents) FROM credit_note n WHERE n.org_id = i.org_id AND n.invoice_id = i.id), 0)::text AS noted,
      (c.amount_cents + coalesce(c.tax_cents, 0) - c.paid_cents - c.credited_cents)::text AS due,
      coalesce((SELECT max(n.sequence) FROM credit_note n WHERE n.org_id = i.org_id), 0) AS last
    FROM invoice i JOIN organization o ON o.id = i.org_id JOIN invoice_collection c ON c.org_id = i.org_id AND c.invoice_id = i.id
    WHERE i.org_id = $1 AND i.number = $2 FOR UPDATE OF c`,
    [orgId, number],
  )
  const [row] = rows
  if (row === undefined) throw new Error(`Invoice ${number} is not on the list of what is collected.`)
  const [totalCents, taxCents] = [BigInt(row.total), BigInt(row.tax)]
  return {
    orgId,
    slug: row.slug,
    invoiceId: row.id,
    number,
    period: row.period,
    state: row.state,
    stripeInvoiceId: row.stripe,
    totalCents,
    taxCents,
    leftCents: totalCents + taxCents - BigInt(row.noted),
    dueCents: BigInt(row.due),
    lastSequence: row.last,
  }
}

/** Charged lines with what earlier credit notes left of them, in order. */
export const readShares = async (
  connection: Connection,
  { orgId, invoiceId }: Creditable,
): Promise<readonly { readonly position: number; readonly description: string; readonly leftCents: bigint }[]> => {
  const { rows } = await connection.query<{ position: number; description: string; left: string }>(
    `SELECT l.position, l.description, (l.cents - coalesce((SELECT sum(c.cents) FROM credit_note_line c JOIN credit_note n ON n.org_id = c.org_id AND n.id = c.credit_note_id
      WHERE n.org_id = l.org_id AND n.invoice_id = l.invoice_id AND c.invoice_position = l.position), 0))::text AS left
    FROM invoice_line l WHERE l.org_id = $1 AND l.invoice_id = $2 AND l.cents > 0 ORDER BY l.position`,
    [orgId, invoiceId],
  )
  return rows.map((row) => ({ position: row.position, description: row.description, leftCents: BigInt(row.left) }))
}

/** The same amount of the same invoice for the same reason. */
export const findIssued = async (
  connection: Connection,
  { orgId, invoiceId }: Creditable,
  wanted: { readonly amountCents: bigint; readonly reason: string },
): Promise<{ readonly creditNoteId: string; readonly number: string; readonly way: CreditNoteModel['way'] } | null> => {
  const { rows } = await connection.query<{ id: string; number: string; way: CreditNoteModel['way'] }>(
    `SELECT n.id, n.number, s.way FROM credit_note n JOIN credit_note_settlement s ON s.org_id = n.org_id AND s.credit_note_id = n.id
    WHERE n.org_id = $1 AND n.invoice_id = $2 AND n.total_cents = $3 AND n.reason = $4 ORDER BY n.sequence LIMIT 1`,
    [orgId, invoiceId, wanted.amountCents.toString(), wanted.reason],
  )
  const [row] = rows
  return row === undefined ? null : { creditNoteId: row.id, number: row.number, way: row.way }
}

/** The payment that it goes back to: the one with the most left. @throws RangeError when none has that much */
export const choosePayment = async (
  connection: Connection,
  { orgId, invoiceId, number }: Creditable,
  amountCents: bigint,
): Promise<string> => {
  const { rows } = await connection.query<{ id: string; left: string }>(
    `SELECT p.id, (p.amount_cents - coalesce((SELECT sum(r.amount_cents) FROM refund r WHERE r.org_id = p.org_id AND r.payment_id = p.id
      AND r.state NOT IN ('failed', 'canceled')), 0))::text AS left
    FROM payment p WHERE p.org_id = $1 AND p.invoice_id = $2`,
    [orgId, invoiceId],
  )
  const most = rows.reduce((found, row) => (BigInt(row.left) > BigInt(found.left) ? row : found), {
    id: '',
    left: '0',
  })
  if (BigInt(most.left) < amountCents)
    throw new RangeError(
      `Only $${formatUsd(pusd(BigInt(most.left) * PUSD_PER_CENT), 2)} of the payment of invoice ${number} can go back to a card. Credit it to the balance.`,
    )
  return most.id
}
