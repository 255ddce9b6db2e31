import { requirePagePermission } from '../../auth/guard.ts'
import { readStoredInvoice } from './queries.ts'

interface InvoiceRoute {
  readonly params: Promise<{ readonly org: string; readonly id: string }>
}

const asDownload = (body: string, file: { readonly name: string; readonly type: string }): Response =>
  new Response(body, {
    headers: {
      'content-type': `${file.type}; charset=utf-8`,
      'content-disposition': `attachment; filename="${file.name}"`,
      'cache-control': 'private, no-store',
      // Opened from here it can run nothing and load nothing.
      'content-security-policy': "sandbox; default-src 'none'; style-src 'unsafe-inline'",
      'x-content-type-options': 'nosniff',
    },
  })

/** The bytes as issued, not a new rendering. */
export const downloadDocument = async (_request: Request, { params }: InvoiceRoute): Promise<Response> => {
  const { org, id } = await params
  const invoice = await readStoredInvoice(await requirePagePermission(org, 'invoice:read'), id)
  return asDownload(invoice.documentHtml, { name: `${invoice.number}.html`, type: 'text/html' })
}

const asText = (_name: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value)

/** What is needed to recompute it without us; amounts in pico-USD as text, because JSON numbers are floats. */
export const downloadEvidence = async (_request: Request, { params }: InvoiceRoute): Promise<Response> => {
  const { org, id } = await params
  const { documentHtml: _document, ...evidence } = await readStoredInvoice(
    await requirePagePermission(org, 'invoice:read'),
    id,
  )
  return asDownload(JSON.stringify(evidence, asText, 2), {
    name: `${evidence.number}.evidence.json`,
    type: 'application/json',
  })
}
