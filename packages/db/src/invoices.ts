import { isUuid } from '@atpar/core/ids'
import { pusd, type Pusd } from '@atpar/core/money'
import type { JsonValue } from '@atpar/core/json'
import { billingPeriodOf } from '@atpar/core/usage-event'
import type { Tx } from './client.ts'
import type { OrgId } from './tenant.ts'
import { readPeriodTotals, type UsageFigures } from './usage.ts'

/**
 * finalised = issued, and nobody was asked for it yet · carried = below the minimum · open = being charged · past_due = a charge of it failed · the rest as it
 * ended. An invoice itself is never rewritten; what became of it is on record beside it.
 */
export const INVOICE_STATUSES = ['finalised', 'carried', 'open', 'past_due', 'paid', 'uncollectible', 'void'] as const
export type InvoiceStatus = (typeof INVOICE_STATUSES)[number]

export interface InvoiceSummary {
  readonly invoiceId: string
  readonly number: string
  /** First day of the month. */
  readonly period: string
  readonly sequence: number
  readonly status: InvoiceStatus
  readonly usagePusd: Pusd
  /** What interim invoices of the month have claimed of its usage already. */
  readonly interimPusd: Pusd
  readonly carryInPusd: Pusd
  readonly carryOutPusd: Pusd
  readonly totalCents: bigint
  readonly eventCount: bigint
  readonly issuedAtMs: number
}

export interface InvoiceLineView {
  readonly position: number
  readonly kind: string
  readonly description: string
  readonly billingPeriod: string
  readonly modelId: string | null
  readonly provider: string | null
  readonly priceBookId: number | null
  readonly units: JsonValue
  readonly amountPusd: Pusd
  readonly cents: bigint
}

export interface ProofResult {
  readonly proof: string
  readonly differencePusd: Pusd
  readonly detail: JsonValue
  readonly ranAtMs: number
}

/** What was issued, without its bytes: see `readInvoiceFile`. SHA-256 in hexadecimal. */
export interface InvoiceDocumentView {
  readonly htmlSha256: string
  /** Null for what was issued before there were PDFs. */
  readonly pdfSha256: string | null
  /** Null when nobody computed a tax. */
  readonly taxCents: bigint | null
}

export interface InvoiceView extends InvoiceSummary {
  /** Null while it is not paid. */
  readonly paidAtMs: number | null
  /** Where it can be paid by hand; null when there is nothing to pay. */
  readonly payUrl: string | null
  readonly lines: readonly InvoiceLineView[]
  readonly evidence: JsonValue
  /** Null while the document waits for the tax to be computed. */
  readonly document: InvoiceDocumentView | null
  /** The newest run of each proof for this period, and of P4 for any. */
  readonly proofs: readonly ProofResult[]
}

const SUMMARY = {
  id: true,
  number: true,
  period: true,
  sequence: true,
  status: true,
  usagePusd: true,
  interimPusd: true,
  carryInPusd: true,
  carryOutPusd: true,
  totalCents: true,
  eventCount: true,
  issuedAt: true,
  collection: { select: { state: true, chargeFailedAt: true } },
} as const

/** numeric(38, 0) arrives as a decimal object; its fixed notation is an integer. */
const toPusd = (amount: { toFixed(): string }): Pusd => pusd(BigInt(amount.toFixed()))
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const toDay = (date: Date): string => date.toISOString().slice(0, 10)

interface SummaryRow {
  readonly id: string
  readonly number: string
  readonly period: Date
  readonly sequence: number
  readonly status: string
  readonly usagePusd: { toFixed(): string }
  readonly interimPusd: { toFixed(): string }
  readonly carryInPusd: { toFixed(): string }
  readonly carryOutPusd: { toFixed(): string }
  readonly totalCents: bigint
  readonly eventCount: bigint
  readonly issuedAt: Date
  readonly collection: CollectionRow | null
}

interface CollectionRow {
  readonly state: string
  readonly chargeFailedAt: Date | null
}

const toStatus = (row: SummaryRow): InvoiceStatus => {
  switch (row.collection?.state ?? 'draft') {
    case 'open':
      return row.collection?.chargeFailedAt == null ? 'open' : 'past_due'
    case 'paid':
      return 'paid'
    case 'uncollectible':
      return 'uncollectible'
    case 'void':
      return 'void'
    default:
      // Held to these words by the table's check.
      return row.status as 'finalised' | 'carried' | 'paid'
  }
}

const toSummary = (row: SummaryRow): InvoiceSummary => ({
  invoiceId: row.id,
  number: row.number,
  period: toDay(row.period),
  sequence: row.sequence,
  status: toStatus(row),
  usagePusd: toPusd(row.usagePusd),
  interimPusd: toPusd(row.interimPusd),
  carryInPusd: toPusd(row.carryInPusd),
  carryOutPusd: toPusd(row.carryOutPusd),
  totalCents: row.totalCents,
  eventCount: row.eventCount,
  issuedAtMs: row.issuedAt.getTime(),
})

/** Newest period first. Without documents: they are long. */
export const listInvoices = async (tx: Tx, orgId: OrgId): Promise<readonly InvoiceSummary[]> => {
  const rows = await tx.invoice.findMany({
    where: { orgId },
    select: SUMMARY,
    orderBy: [{ period: 'desc' }, { sequence: 'desc' }],
  })
  return rows.map(toSummary)
}

/** P4 is of the organization's whole life: the newest run holds for every month. */
const readProofs = async (tx: Tx, orgId: OrgId, period: Date): Promise<readonly ProofResult[]> => {
  const runs = await tx.proofRun.findMany({
    where: { orgId, OR: [{ period }, { proof: 'P4' }] },
    distinct: ['proof'],
    orderBy: [{ proof: 'asc' }, { ranAt: 'desc' }],
  })
  return runs.map((run) => ({
    proof: run.proof,
    differencePusd: toPusd(run.differencePusd),
    detail: run.detail as JsonValue,
    ranAtMs: run.ranAt.getTime(),
  }))
}

/** Null for another organization's invoice as for one that does not exist. */
export const findInvoice = async (tx: Tx, orgId: OrgId, invoiceId: string): Promise<InvoiceView | null> => {
  if (!isUuid(invoiceId)) return null
  const row = await tx.invoice.findFirst({
    where: { id: invoiceId, orgId },
    include: {
      lines: { orderBy: { position: 'asc' } },
      document: { select: { htmlSha256: true, pdfSha256: true, taxCents: true } },
      collection: { select: { state: true, chargeFailedAt: true, paidAt: true, hostedUrl: true } },
    },
  })
  if (row === null) return null
  const summary = toSummary(row)
  const isPayable = ['open', 'past_due', 'uncollectible'].includes(summary.status)
  return {
    ...summary,
    paidAtMs: row.collection?.paidAt?.getTime() ?? null,
    payUrl: isPayable ? (row.collection?.hostedUrl ?? null) : null,
    lines: row.lines.map((line) => ({
      position: line.position,
      kind: line.kind,
      description: line.description,
      billingPeriod: toDay(line.billingPeriod),
      modelId: line.modelId,
      provider: line.provider,
      priceBookId: line.priceBookId,
      units: line.units as JsonValue,
      amountPusd: toPusd(line.amountPusd),
      cents: line.cents,
    })),
    evidence: row.evidence as JsonValue,
    document:
      row.document === null
        ? null
        : {
            htmlSha256: toHex(row.document.htmlSha256),
            pdfSha256: row.document.pdfSha256 === null ? null : toHex(row.document.pdfSha256),
            taxCents: row.document.taxCents,
          },
    proofs: await readProofs(tx, orgId, row.period),
  }
}

export interface InvoiceFile {
  readonly number: string
  readonly bytes: Uint8Array
}

/** The bytes as issued, never a new rendering. Null for another organization's as for one that does not exist or has no such file. */
export const readInvoiceFile = async (
  tx: Tx,
  orgId: OrgId,
  wanted: { readonly invoiceId: string; readonly format: 'html' | 'pdf' },
): Promise<InvoiceFile | null> => {
  if (!isUuid(wanted.invoiceId)) return null
  const row = await tx.invoiceDocument.findFirst({
    where: { orgId, invoiceId: wanted.invoiceId },
    select: { html: wanted.format === 'html', pdf: wanted.format === 'pdf', invoice: { select: { number: true } } },
  })
  if (row === null) return null
  const bytes = wanted.format === 'pdf' ? row.pdf : Buffer.from(row.html)
  return bytes === null ? null : { number: row.invoice.number, bytes }
}

export interface OpenPeriod {
  /** First day of the month that the next invoice is for. */
  readonly period: string
  readonly totals: UsageFigures
  /** Remainders of the invoices before, waiting for this one. */
  readonly carryInPusd: Pusd
}

/** The month that is running at `atMs`, or the first open one after it, as it stands. */
export const readOpenPeriod = async (tx: Tx, orgId: OrgId, atMs: number): Promise<OpenPeriod> => {
  const month = billingPeriodOf(atMs)
  const rows = await tx.$queryRaw<{ period: string; carry: string }[]>`
    SELECT (SELECT to_char(candidate, 'YYYY-MM-DD') FROM generate_series(${month}::timestamp, ${month}::timestamp + interval '20 years', interval '1 month') AS candidate
        WHERE NOT EXISTS (SELECT 1 FROM period_close c WHERE c.org_id = ${orgId}::uuid AND c.period = candidate::date) ORDER BY candidate LIMIT 1) AS period,
      coalesce((SELECT i.carry_out_pusd FROM invoice i WHERE i.org_id = ${orgId}::uuid AND i.sequence = 1 ORDER BY i.period DESC LIMIT 1), 0)::text AS carry`
  const period = rows[0]?.period ?? month
  return { period, totals: await readPeriodTotals(tx, orgId, period), carryInPusd: pusd(BigInt(rows[0]?.carry ?? '0')) }
}
