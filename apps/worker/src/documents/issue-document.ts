import { createHash } from 'node:crypto'
import type { Reader } from '../billing/transaction.ts'
import { renderInvoiceHtml } from './invoice-html.ts'
import { renderInvoicePdf } from './invoice-pdf.ts'
import { readInvoiceModel } from './read-invoice.ts'

export interface IssuedDocument {
  readonly htmlSha256: string
  /** Null for a document of before there were PDFs. */
  readonly pdfSha256: string | null
}

const sha256 = (bytes: string | Buffer): Buffer => createHash('sha256').update(bytes).digest()

const findDocument = async (reader: Reader, orgId: string, invoiceId: string): Promise<IssuedDocument | null> => {
  const { rows } = await reader.query<{ html: string; pdf: string | null }>(
    `SELECT encode(html_sha256, 'hex') AS html, encode(pdf_sha256, 'hex') AS pdf FROM invoice_document WHERE org_id = $1 AND invoice_id = $2`,
    [orgId, invoiceId],
  )
  return rows[0] === undefined ? null : { htmlSha256: rows[0].html, pdfSha256: rows[0].pdf }
}

/**
 * Draws an invoice once and keeps it byte for byte. Called again it returns what was issued, whatever tax it is told then. `taxCents` is what
 * Stripe computed, asserted to be on top of our own subtotal; null when nobody did, and the document says so.
 */
export const issueDocument = async (
  reader: Reader,
  input: { readonly orgId: string; readonly invoiceId: string; readonly taxCents: bigint | null },
): Promise<IssuedDocument> => {
  const known = await findDocument(reader, input.orgId, input.invoiceId)
  if (known !== null) return known
  const model = await readInvoiceModel(reader, input)
  const html = renderInvoiceHtml(model)
  const pdf = await renderInvoicePdf(model)
  const hashes = { html: sha256(html), pdf: sha256(pdf) }
  const { rowCount } = await reader.query(
    `INSERT INTO invoice_document (invoice_id, org_id, html, html_sha256, pdf, pdf_sha256, tax_cents, issued_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (invoice_id) DO NOTHING`,
    [
      input.invoiceId,
      input.orgId,
      html,
      hashes.html,
      pdf,
      hashes.pdf,
      input.taxCents?.toString() ?? null,
      new Date(model.issuedAtMs),
    ],
  )
  if (rowCount === 1) return { htmlSha256: hashes.html.toString('hex'), pdfSha256: hashes.pdf.toString('hex') }
  // Another run was first, and its bytes are the document.
  const issued = await findDocument(reader, input.orgId, input.invoiceId)
  if (issued === null) throw new Error(`The document of invoice ${input.invoiceId} is gone right after it was written.`)
  return issued
}
