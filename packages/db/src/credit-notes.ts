import { isUuid } from '@atpar/core/ids'
import type { Tx } from './client.ts'
import type { InvoiceFile } from './invoices.ts'
import type { OrgId } from './tenant.ts'

/** What was taken back of an invoice. It is never rewritten; what became of it is on record beside it. */
export interface CreditNoteView {
  readonly creditNoteId: string
  readonly number: string
  readonly reason: string
  /** With tax. */
  readonly totalCents: bigint
  readonly taxCents: bigint
  readonly issuedAtMs: number
  /** lowers_due: off what is still to be paid · refund: back to the card · balance: into the prepaid balance */
  readonly way: 'lowers_due' | 'refund' | 'balance'
  /** False while it is on its way to Stripe, or waits for a person there. */
  readonly isSettled: boolean
}

/** Of one invoice, oldest first. */
export const listCreditNotes = async (tx: Tx, orgId: OrgId, invoiceId: string): Promise<readonly CreditNoteView[]> => {
  const rows = await tx.creditNote.findMany({
    where: { orgId, invoiceId },
    select: {
      id: true,
      number: true,
      reason: true,
      totalCents: true,
      taxCents: true,
      issuedAt: true,
      settlement: { select: { way: true, state: true } },
    },
    orderBy: { sequence: 'asc' },
  })
  return rows.map((row) => ({
    creditNoteId: row.id,
    number: row.number,
    reason: row.reason,
    totalCents: row.totalCents,
    taxCents: row.taxCents,
    issuedAtMs: row.issuedAt.getTime(),
    // Held to these words by the table's check.
    way: (row.settlement?.way ?? 'balance') as CreditNoteView['way'],
    isSettled: row.settlement?.state === 'settled' || row.settlement?.state === 'local',
  }))
}

/** The bytes as issued, never a new rendering. Null for another organization's or another invoice's as for one that does not exist. */
export const readCreditNoteFile = async (
  tx: Tx,
  orgId: OrgId,
  wanted: { readonly invoiceId: string; readonly creditNoteId: string; readonly format: 'html' | 'pdf' },
): Promise<InvoiceFile | null> => {
  if (!isUuid(wanted.creditNoteId) || !isUuid(wanted.invoiceId)) return null
  const row = await tx.creditNote.findFirst({
    where: { orgId, id: wanted.creditNoteId, invoiceId: wanted.invoiceId },
    select: { html: wanted.format === 'html', pdf: wanted.format === 'pdf', number: true },
  })
  return row === null ? null : { number: row.number, bytes: wanted.format === 'pdf' ? row.pdf : Buffer.from(row.html) }
}
