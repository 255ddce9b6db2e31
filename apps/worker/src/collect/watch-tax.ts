import { formatUsd, PUSD_PER_CENT, pusd } from '@atpar/core/money'
import type { Reader } from '../billing/transaction.ts'
import { raiseIncident } from '../billing/raise-incident.ts'

const dollars = (cents: bigint): string => `$${formatUsd(pusd(cents * PUSD_PER_CENT), 2)}`

/**
 * Our document carries the tax that Stripe computed on the draft. Should Stripe have come to another one when it finalised it, the two papers differ,
 * and that is for a person: neither can be changed any more.
 */
export const watchInvoiceTax = async (reader: Reader, invoiceId: string): Promise<void> => {
  const { rows } = await reader.query<{ org_id: string; number: string; printed: string; claimed: string }>(
    `SELECT i.org_id, i.number, coalesce(d.tax_cents, 0)::text AS printed, coalesce(c.tax_cents, 0)::text AS claimed
    FROM invoice_collection c JOIN invoice i ON i.org_id = c.org_id AND i.id = c.invoice_id JOIN invoice_document d ON d.org_id = c.org_id AND d.invoice_id = c.invoice_id
    WHERE c.invoice_id = $1 AND coalesce(d.tax_cents, 0) <> coalesce(c.tax_cents, 0)`,
    [invoiceId],
  )
  const [row] = rows
  if (row === undefined) return
  const [printed, claimed] = [BigInt(row.printed), BigInt(row.claimed)]
  await raiseIncident(reader, {
    kind: 'tax-changed',
    subject: row.number,
    summary: `Invoice ${row.number} says ${dollars(printed)} tax and Stripe claims ${dollars(claimed)}: void it at Stripe and issue it again, or credit the difference.`,
    differencePusd: (claimed - printed) * PUSD_PER_CENT,
    detail: { printedCents: row.printed, claimedCents: row.claimed },
    orgId: row.org_id,
  })
}

/** The same of a credit note: what we called tax was taken off what is owed to the state. */
export const watchCreditNoteTax = async (
  reader: Reader,
  note: { readonly orgId: string; readonly number: string; readonly taxCents: bigint; readonly stripeTaxCents: bigint },
): Promise<void> => {
  if (note.taxCents === note.stripeTaxCents) return
  await raiseIncident(reader, {
    kind: 'credit-note-tax',
    subject: note.number,
    summary: `Credit note ${note.number} takes back ${dollars(note.taxCents)} tax and Stripe ${dollars(note.stripeTaxCents)}: the tax account is off by the difference.`,
    differencePusd: (note.stripeTaxCents - note.taxCents) * PUSD_PER_CENT,
    detail: { ourCents: note.taxCents.toString(), stripeCents: note.stripeTaxCents.toString() },
    orgId: note.orgId,
  })
}
