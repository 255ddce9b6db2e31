import { notFound } from 'next/navigation'
import { cache } from 'react'
import type { JsonValue } from '@atpar/core/json'
import type { UnitPrice } from '@atpar/core/money'
import type { OfferingRates } from '@atpar/core/pricing'
import type { UsageBucket } from '@atpar/core/usage'
import { readRatesOfModel } from '@atpar/db/catalogue'
import type { Tx } from '@atpar/db/client'
import { listCreditNotes, readCreditNoteFile, type CreditNoteView } from '@atpar/db/credit-notes'
import {
  findInvoice,
  listInvoices,
  readInvoiceFile,
  readOpenPeriod,
  type InvoiceFile,
  type InvoiceLineView as StoredLine,
  type InvoiceSummary,
  type InvoiceView,
} from '@atpar/db/invoices'
import type { Visit } from '../../auth/guard.ts'
import { readTenant } from '../../tenant-read.ts'
import { readUnitTotals } from '../../usage/units.ts'
import { verify, type Verification } from './proofs.ts'

export interface OpenPeriodView {
  readonly period: string
  readonly usagePusd: bigint
  readonly carryInPusd: bigint
  readonly events: number
}

export interface InvoicesView {
  readonly open: OpenPeriodView
  readonly invoices: readonly InvoiceSummary[]
}

export const readInvoices = (visit: Visit): Promise<InvoicesView> =>
  readTenant(visit.tenant, async ({ tx, atMs }) => {
    const open = await readOpenPeriod(tx, visit.orgId, atMs)
    return {
      open: {
        period: open.period,
        usagePusd: open.totals.billedPusd,
        carryInPusd: open.carryInPusd,
        events: open.totals.events,
      },
      invoices: await listInvoices(tx, visit.orgId),
    }
  })

export interface InvoiceLineView {
  readonly position: number
  readonly kind: string
  readonly description: string
  /** Null when several books were in force. */
  readonly priceBookId: number | null
  readonly amountPusd: bigint
  /** `price` is null where more than one price applied: the product would not be this line's. */
  readonly units: readonly { readonly bucket: UsageBucket; readonly count: bigint; readonly price: UnitPrice | null }[]
}

export interface InvoiceDetail extends Omit<InvoiceView, 'lines' | 'proofs'> {
  readonly lines: readonly InvoiceLineView[]
  readonly verification: Verification
  readonly evidenceSha256: string | null
  readonly creditNotes: readonly CreditNoteView[]
}

/** One price for the bucket whatever the context, tier or hour: the only case in which units × price is the whole line. */
const onlyPrice = (rates: OfferingRates | null, bucket: UsageBucket): UnitPrice | null => {
  const [row, ...others] = rates?.rows ?? []
  return row === undefined || others.length > 0 ? null : (row.prices[bucket] ?? null)
}

const ratesOf = (tx: Tx, line: StoredLine): Promise<OfferingRates | null> =>
  line.priceBookId === null || line.modelId === null || line.provider === null
    ? Promise.resolve(null)
    : readRatesOfModel(tx, { priceBookId: line.priceBookId, modelId: line.modelId, providerId: line.provider })

const toLine = async (tx: Tx, line: StoredLine): Promise<InvoiceLineView> => {
  const rates = await ratesOf(tx, line)
  return {
    position: line.position,
    kind: line.kind,
    description: line.description,
    priceBookId: line.priceBookId,
    amountPusd: line.amountPusd,
    units: readUnitTotals(line.units).map(({ bucket, count }) => ({ bucket, count, price: onlyPrice(rates, bucket) })),
  }
}

const textField = (value: JsonValue, name: string): string | null => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const field: unknown = (value as Readonly<Record<string, unknown>>)[name]
  return typeof field === 'string' ? field : null
}

/** Not found for another organization's invoice as for one that does not exist. */
export const readStoredInvoice = async (visit: Visit, invoiceId: string): Promise<InvoiceView> =>
  (await readTenant(visit.tenant, ({ tx }) => findInvoice(tx, visit.orgId, invoiceId))) ?? notFound()

/** The document as issued; not found as above, and while it waits for the tax. */
export const readDocument = async (
  visit: Visit,
  wanted: { readonly invoiceId: string; readonly format: 'html' | 'pdf' },
): Promise<InvoiceFile> =>
  (await readTenant(visit.tenant, ({ tx }) => readInvoiceFile(tx, visit.orgId, wanted))) ?? notFound()

/** A credit note of this invoice as issued; not found as above. */
export const readCreditNote = async (
  visit: Visit,
  wanted: { readonly invoiceId: string; readonly creditNoteId: string; readonly format: 'html' | 'pdf' },
): Promise<InvoiceFile> =>
  (await readTenant(visit.tenant, ({ tx }) => readCreditNoteFile(tx, visit.orgId, wanted))) ?? notFound()

/** Once per request; not found as above. */
export const readInvoice = cache(async (visit: Visit, invoiceId: string): Promise<InvoiceDetail> => {
  const detail = await readTenant(visit.tenant, async ({ tx }) => {
    const invoice = await findInvoice(tx, visit.orgId, invoiceId)
    if (invoice === null) return null
    const lines: InvoiceLineView[] = []
    for (const line of invoice.lines) lines.push(await toLine(tx, line))
    return {
      ...invoice,
      lines,
      verification: verify(invoice.proofs),
      evidenceSha256: textField(invoice.evidence, 'sha256'),
      creditNotes: await listCreditNotes(tx, visit.orgId, invoiceId),
    }
  })
  return detail ?? notFound()
})
