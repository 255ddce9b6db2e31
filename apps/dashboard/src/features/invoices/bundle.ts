import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { z } from 'zod'
import {
  bundleReadme,
  findPriceRefs,
  usageHeader,
  writeInvoiceFile,
  writePricesFile,
  writeUsageRow,
  type EvidenceInvoice,
  type EvidencePrice,
} from '@atpar/core/evidence-files'
import type { UnitPrice } from '@atpar/core/money'
import type { OfferingRates, RateRow } from '@atpar/core/pricing'
import { findServedOffering } from '@atpar/core/served-offering'
import { evidenceFields, type EvidenceVersion } from '@atpar/db/evidence-sql'
import {
  readEvidenceEvents,
  readPriceHistory,
  type EventPlace,
  type EvidenceEvent,
  type NamedOffering,
} from '@atpar/db/invoice-evidence'
import type { InvoiceView } from '@atpar/db/invoices'
import type { UsageBucket } from '@atpar/core/usage'
import type { Visit } from '../../auth/guard.ts'
import { readTenant } from '../../tenant-read.ts'
import { writeZip } from './zip.ts'

const PAGE = 2_000

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const amount = z
  .string()
  .regex(/^-?\d+$/)
  .transform(BigInt)
const part = z.object({
  month: z.string(),
  model: z.string(),
  provider: z.string(),
  priceBook: z.number().int(),
  events: z.string(),
  units: z.record(z.string(), z.string()),
  costPusd: amount,
  absorbedPusd: amount,
  billedPusd: amount,
})
const evidenceSchema = z.object({
  version: z.union([z.literal(2), z.literal(3)]),
  eventCount: z.string(),
  sha256: z.string(),
  rule: z.string(),
  days: z.array(z.object({ day: z.string(), events: z.string(), sha256: z.string() })),
  lines: z.array(z.object({ position: z.number().int(), events: z.string(), costPusd: amount, absorbedPusd: amount })),
  rows: z.array(part.extend({ position: z.number().int(), isCorrection: z.boolean() })),
  ownUsage: z.array(part.extend({ funding: z.string() })),
})

/** Interim invoices claim usage that the invoice of the month lists; those of before this rule cannot be recomputed from files. */
export const hasBundle = (invoice: Pick<InvoiceView, 'evidence' | 'sequence'>): boolean =>
  invoice.sequence === 1 && evidenceSchema.safeParse(invoice.evidence).success

const toEvidence = (
  invoice: InvoiceView,
  evidence: z.infer<typeof evidenceSchema>,
  billedTo: string,
): EvidenceInvoice => {
  const figures = new Map(evidence.lines.map((line) => [line.position, line]))
  return {
    ...invoice,
    billedTo,
    issuedAt: new Date(invoice.issuedAtMs).toISOString(),
    lines: invoice.lines.map((line) => ({
      ...line,
      month: line.billingPeriod,
      model: line.modelId,
      events: figures.get(line.position)?.events ?? '0',
      costPusd: figures.get(line.position)?.costPusd ?? 0n,
      absorbedPusd: figures.get(line.position)?.absorbedPusd ?? 0n,
    })),
    parts: evidence.rows,
    ownUsage: evidence.ownUsage,
    taxCents: invoice.document?.taxCents ?? null,
    events: evidence.eventCount,
    sha256: evidence.sha256,
    rule: evidence.rule,
    days: evidence.days,
    htmlSha256: invoice.document?.htmlSha256 ?? null,
    pdfSha256: invoice.document?.pdfSha256 ?? null,
  }
}

/** The price history as books: which rates an offering had in one, and which row each price is. */
const openPriceBooks = (offerings: readonly NamedOffering[], prices: readonly EvidencePrice[]) => {
  const byOffering = Map.groupBy(prices, ({ offeringId }) => offeringId)
  const named = new Map(offerings.map((offering) => [offering.id, offering]))
  const known = new Map<string, OfferingRates>()
  const refs = new Map<UnitPrice, string>(prices.map((price) => [price, price.ref]))
  const ratesOf = (offeringId: string, book: number): OfferingRates => {
    const key = `${book}|${offeringId}`
    const found = known.get(key)
    if (found !== undefined) return found
    const rows = new Map<string, RateRow & { prices: Partial<Record<UsageBucket, UnitPrice>> }>()
    for (const price of byOffering.get(offeringId) ?? []) {
      if (price.introducedInBook > book || (price.retiredInBook !== null && price.retiredInBook <= book)) continue
      const { contextFrom, serviceTier, fromMinute, toMinute } = price
      const condition = JSON.stringify([contextFrom, serviceTier, fromMinute, toMinute])
      const window = fromMinute === null || toMinute === null ? null : { fromMinute, toMinute }
      const row = rows.get(condition) ?? { contextFrom, serviceTier, window, prices: {} }
      rows.set(condition, row)
      row.prices[price.bucket as UsageBucket] ??= price
    }
    const rates = { offeringId, priceVersionId: '', rows: [...rows.values()] }
    known.set(key, rates)
    return rates
  }
  /** The routed offering, and the one whose model answered. */
  const candidatesOf = (event: EvidenceEvent): readonly OfferingRates[] => {
    const routed = named.get(event.offeringId)
    const served = routed === undefined ? null : findServedOffering(routed, event.modelServed, offerings)
    const ids = new Set([event.offeringId, ...(served === null ? [] : [served.id])])
    return [...ids].map((id) => ratesOf(id, event.priceBookId))
  }
  return { candidatesOf, refOf: (price: UnitPrice) => refs.get(price) ?? '' }
}

async function* usageRows(
  visit: Visit,
  invoice: { readonly period: string; readonly version: EvidenceVersion },
  rowOf: (event: EvidenceEvent) => string,
): AsyncGenerator<string, void, undefined> {
  yield usageHeader(evidenceFields(invoice.version))
  let after: EventPlace | null = null
  for (;;) {
    const place: EventPlace | null = after
    const events: readonly EvidenceEvent[] = await readTenant(visit.tenant, ({ tx }) =>
      readEvidenceEvents(tx, visit.orgId, { ...invoice, after: place, limit: PAGE }),
    )
    if (events.length > 0) yield events.map(rowOf).join('')
    after = events.at(-1) ?? null
    if (events.length < PAGE) return
  }
}

/** The evidence bundle of an invoice, streamed: see `@atpar/core/evidence-files`. */
export const streamBundle = async (visit: Visit, invoice: InvoiceView, billedTo: string): Promise<Readable> => {
  const stored = evidenceSchema.parse(invoice.evidence)
  const evidence = toEvidence(invoice, stored, billedTo)
  const { version } = stored
  const providers = new Set([...evidence.parts, ...evidence.ownUsage].map(({ provider }) => provider))
  const { offerings, prices } = await readTenant(visit.tenant, ({ tx }) => readPriceHistory(tx, [...providers]))
  const { candidatesOf, refOf } = openPriceBooks(offerings, prices)
  const used = new Set<string>()
  const rowOf = (event: EvidenceEvent): string => {
    const rated =
      event.kind === 'settle' && event.costPusd !== 0n ? findPriceRefs(event, candidatesOf(event), refOf) : null
    if (rated !== null) used.add(rated.offeringId)
    return writeUsageRow(event.line, rated?.refs ?? [], sha256)
  }
  const isUsed = ({ offeringId }: EvidencePrice): boolean => used.has(offeringId)
  return writeZip([
    { name: 'README.txt', content: () => [bundleReadme(invoice.number)] },
    { name: 'invoice.json', content: () => [writeInvoiceFile(evidence, sha256)] },
    { name: 'usage.csv', content: () => usageRows(visit, { period: invoice.period, version }, rowOf) },
    // Written when every row was rated: only then it is known which prices were used.
    { name: 'prices.json', content: () => [writePricesFile(prices.filter(isUsed), sha256)] },
  ])
}
