import { z } from 'zod'
import { INVOICE_STATUSES, type InvoiceSummary, type InvoiceView } from '@atpar/db/invoices'
import { listInvoicesAct } from '../../acts/invoices/list-invoices.ts'
import { readInvoiceAct } from '../../acts/invoices/read-invoice.ts'
import { defineRoute } from '../define-route.ts'
import { pageOfAll } from '../page.ts'
import { anyJson, day, id, instant, pageOf, pageQuery, pusdText, toInstant, toUsd, usd } from '../wire.ts'

const PUSD_PER_CENT = 10_000_000_000n

const fields = {
  invoice_id: id,
  number: z.string(),
  period: day.meta({ description: 'First day of the month.' }),
  status: z.enum(INVOICE_STATUSES),
  total_usd: usd.meta({ description: 'What is to be paid, in whole cents.' }),
  usage_usd: usd,
  usage_pusd: pusdText,
  carry_in_pusd: pusdText.meta({ description: 'Less than a cent, from the invoice before.' }),
  carry_out_pusd: pusdText.meta({ description: 'Less than a cent, to the next invoice.' }),
  event_count: z.string().regex(/^\d+$/),
  issued_at: instant,
}
const invoice = z.strictObject(fields).meta({ id: 'Invoice' })

const line = z
  .strictObject({
    position: z.number().int(),
    kind: z.string(),
    description: z.string(),
    billing_period: day,
    model: z.string().nullable(),
    provider: z.string().nullable(),
    price_book: z.number().int().nullable(),
    units: anyJson,
    amount_usd: usd,
    amount_pusd: pusdText,
  })
  .meta({ id: 'InvoiceLine' })

const invoiceWithLines = z.strictObject({ ...fields, lines: z.array(line) }).meta({ id: 'InvoiceWithLines' })

const evidence = z
  .strictObject({
    invoice_id: id,
    number: z.string(),
    evidence: anyJson.meta({ description: 'Count, sum and hash of the usage events the invoice is made of.' }),
    document_sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .nullable()
      .meta({ description: 'Of the HTML as issued; null while it waits for the tax to be computed.' }),
    pdf_sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .nullable(),
    proofs: z.array(z.strictObject({ proof: z.string(), difference_pusd: pusdText, detail: anyJson, ran_at: instant })),
  })
  .meta({ id: 'InvoiceEvidence' })

const show = (summary: InvoiceSummary) => ({
  invoice_id: summary.invoiceId,
  number: summary.number,
  period: summary.period,
  status: summary.status,
  total_usd: toUsd(summary.totalCents * PUSD_PER_CENT),
  usage_usd: toUsd(summary.usagePusd),
  usage_pusd: summary.usagePusd.toString(),
  carry_in_pusd: summary.carryInPusd.toString(),
  carry_out_pusd: summary.carryOutPusd.toString(),
  event_count: summary.eventCount.toString(),
  issued_at: toInstant(summary.issuedAtMs),
})

const showWithLines = (view: InvoiceView) => ({
  ...show(view),
  lines: view.lines.map((row) => ({
    position: row.position,
    kind: row.kind,
    description: row.description,
    billing_period: row.billingPeriod,
    model: row.modelId,
    provider: row.provider,
    price_book: row.priceBookId,
    units: row.units,
    amount_usd: toUsd(row.amountPusd),
    amount_pusd: row.amountPusd.toString(),
  })),
})

const showEvidence = (view: InvoiceView) => ({
  invoice_id: view.invoiceId,
  number: view.number,
  evidence: view.evidence,
  document_sha256: view.document?.htmlSha256 ?? null,
  pdf_sha256: view.document?.pdfSha256 ?? null,
  proofs: view.proofs.map((run) => ({
    proof: run.proof,
    difference_pusd: run.differencePusd.toString(),
    detail: run.detail,
    ran_at: toInstant(run.ranAtMs),
  })),
})

export const INVOICE_ROUTES = [
  defineRoute({
    method: 'GET',
    path: '/invoices',
    operation: 'listInvoices',
    tag: 'Invoices',
    summary: 'List invoices',
    description: 'In the order of their ids.',
    act: listInvoicesAct,
    query: z.strictObject(pageQuery),
    status: 200,
    answer: pageOf(invoice),
    toInput: () => ({}),
    toAnswer: (invoices, { query }) => pageOfAll(invoices, { query, placeOf: (row) => row.invoiceId, show }),
  }),
  defineRoute({
    method: 'GET',
    path: '/invoices/{invoice_id}',
    operation: 'readInvoice',
    tag: 'Invoices',
    summary: 'Read an invoice with its lines',
    act: readInvoiceAct,
    status: 200,
    answer: invoiceWithLines,
    toInput: ({ params }) => ({ invoiceId: params['invoice_id'] }),
    toAnswer: showWithLines,
  }),
  defineRoute({
    method: 'GET',
    path: '/invoices/{invoice_id}/evidence',
    operation: 'readInvoiceEvidence',
    tag: 'Invoices',
    summary: 'Read an invoice’s evidence',
    description: 'What is needed to recompute it from usage and dated list prices, and how the proofs came out.',
    act: readInvoiceAct,
    status: 200,
    answer: evidence,
    toInput: ({ params }) => ({ invoiceId: params['invoice_id'] }),
    toAnswer: showEvidence,
  }),
]
