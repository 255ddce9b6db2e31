import { Readable } from 'node:stream'
import { notFound } from 'next/navigation'
import { requirePagePermission } from '../../auth/guard.ts'
import { hasBundle, streamBundle } from './bundle.ts'
import { readCreditNote, readDocument, readStoredInvoice } from './queries.ts'

interface InvoiceRoute {
  readonly params: Promise<{ readonly org: string; readonly id: string }>
}

const asDownload = (
  body: string | Uint8Array<ArrayBuffer>,
  file: { readonly name: string; readonly type: string },
): Response =>
  new Response(body, {
    headers: {
      'content-type': file.type,
      'content-disposition': `attachment; filename="${file.name}"`,
      'cache-control': 'private, no-store',
      // Opened from here it can run nothing and load nothing.
      'content-security-policy': "sandbox; default-src 'none'; style-src 'unsafe-inline'",
      'x-content-type-options': 'nosniff',
    },
  })

const TYPES = { html: 'text/html; charset=utf-8', pdf: 'application/pdf' } as const

const download =
  (format: 'html' | 'pdf') =>
  async (_request: Request, { params }: InvoiceRoute): Promise<Response> => {
    const { org, id } = await params
    const file = await readDocument(await requirePagePermission(org, 'invoice:read'), { invoiceId: id, format })
    return asDownload(Buffer.from(file.bytes), { name: `${file.number}.${format}`, type: TYPES[format] })
  }

/** The bytes as issued, not a new rendering. */
export const downloadDocument = download('html')
export const downloadPdf = download('pdf')

interface CreditNoteRoute {
  readonly params: Promise<{ readonly org: string; readonly id: string; readonly note: string }>
}

const downloadNote =
  (format: 'html' | 'pdf') =>
  async (_request: Request, { params }: CreditNoteRoute): Promise<Response> => {
    const { org, id, note } = await params
    const visit = await requirePagePermission(org, 'invoice:read')
    const file = await readCreditNote(visit, { invoiceId: id, creditNoteId: note, format })
    return asDownload(Buffer.from(file.bytes), { name: `${file.number}.${format}`, type: TYPES[format] })
  }

export const downloadCreditNoteDocument = downloadNote('html')
export const downloadCreditNotePdf = downloadNote('pdf')

/** Everything needed to recompute it without us. The list says what is in it: `@atpar/core/evidence-files`. */
export const downloadBundle = async (_request: Request, { params }: InvoiceRoute): Promise<Response> => {
  const { org, id } = await params
  const visit = await requirePagePermission(org, 'invoice:read')
  const invoice = await readStoredInvoice(visit, id)
  if (!hasBundle(invoice)) notFound()
  const stream = Readable.toWeb(await streamBundle(visit, invoice, visit.organization.name))
  return new Response(stream as ReadableStream<Uint8Array>, {
    headers: {
      'content-type': 'application/zip',
      'content-disposition': `attachment; filename="${invoice.number}.zip"`,
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff',
    },
  })
}

const asText = (_name: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value)

/** What is needed to recompute it without us; amounts in pico-USD as text, because JSON numbers are floats. */
export const downloadEvidence = async (_request: Request, { params }: InvoiceRoute): Promise<Response> => {
  const { org, id } = await params
  const evidence = await readStoredInvoice(await requirePagePermission(org, 'invoice:read'), id)
  return asDownload(JSON.stringify(evidence, asText, 2), {
    name: `${evidence.number}.evidence.json`,
    type: 'application/json; charset=utf-8',
  })
}
