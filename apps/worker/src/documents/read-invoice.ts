import { z } from 'zod'
import { inBook } from '@atpar/db/rates'
import type { Reader } from '../billing/transaction.ts'
import type { DocumentLine, DocumentRow, DocumentUnits, InvoiceModel, OwnUsage } from './document-model.ts'
import { readBuyer, readSeller } from './read-parties.ts'

const amount = z
  .string()
  .regex(/^-?\d+$/)
  .transform(BigInt)
const units = z.record(z.string(), amount)
const group = z.object({
  month: z.string(),
  model: z.string(),
  provider: z.string(),
  priceBook: z.number().int(),
  events: amount,
  units,
  costPusd: amount,
})

/** As `close-period` writes it. */
const evidenceSchema = z.object({
  eventCount: amount,
  sha256: z.string(),
  rule: z.string(),
  lines: z.array(z.object({ position: z.number().int(), events: amount, costPusd: amount, absorbedPusd: amount })),
  rows: z.array(group.extend({ position: z.number().int() })).default([]),
  ownUsage: z.array(group.extend({ funding: z.string() })).default([]),
})
type Evidence = z.output<typeof evidenceSchema>
type Group = z.output<typeof group>

interface InvoiceRow {
  readonly number: string
  readonly status: string
  readonly period: string
  readonly sequence: number
  readonly issued_at: Date
  readonly usage: string
  readonly interim: string
  readonly carry_in: string
  readonly carry_out: string
  readonly total_cents: string
  readonly evidence: unknown
}

interface LineRow {
  readonly position: number
  readonly kind: string
  readonly description: string
  readonly amount: string
  readonly cents: string
}

interface PriceRow {
  readonly provider: string
  readonly model: string
  readonly bucket: string
  readonly amount: string
  readonly per_units: string
}

type PriceOf = (group: Group, bucket: string) => DocumentUnits['price']

/** The only price of a bucket in a book. Where context, tier or hour choose among several, units × price is no figure of the line. */
const readPrices = async (reader: Reader, groups: readonly Group[]): Promise<PriceOf> => {
  const prices = new Map<string, DocumentUnits['price']>()
  for (const book of new Set(groups.map(({ priceBook }) => priceBook))) {
    const models = groups.filter(({ priceBook }) => priceBook === book).map(({ model }) => model)
    const { rows } = await reader.query<PriceRow>(
      `SELECT o.provider_id AS provider, o.model_id AS model, p.bucket, p.amount_pusd::text AS amount, p.per_units::text
      FROM price_version p JOIN offering o ON o.id = p.offering_id WHERE o.model_id = ANY ($2) AND ${inBook('$1::int')}`,
      [book, models],
    )
    for (const row of rows) {
      const key = `${book}|${row.provider}|${row.model}|${row.bucket}`
      prices.set(key, prices.has(key) ? null : { amountPusd: BigInt(row.amount), perUnits: BigInt(row.per_units) })
    }
  }
  return ({ priceBook, provider, model }, bucket) => prices.get(`${priceBook}|${provider}|${model}|${bucket}`) ?? null
}

const unitsOf = (of: Group, priceOf: PriceOf | null): readonly DocumentUnits[] =>
  Object.entries(of.units)
    .filter(([, count]) => count !== 0n)
    .map(([bucket, count]) => ({ bucket, count, price: priceOf?.(of, bucket) ?? null }))

const toLine = (row: LineRow, evidence: Evidence, priceOf: PriceOf): DocumentLine => {
  const figures = evidence.lines.find((line) => line.position === row.position)
  // The line that holds the tail of a long invoice would print a hundred models.
  const groups = evidence.rows.filter((own) => own.position === row.position)
  const isTail = new Set(groups.map(({ model, provider }) => `${model}|${provider}`)).size > 1
  const rows: DocumentRow[] = isTail
    ? []
    : groups.map((own) => ({ priceBookId: own.priceBook, units: unitsOf(own, priceOf), costPusd: own.costPusd }))
  return {
    position: row.position,
    kind: row.kind,
    description: row.description,
    events: figures?.events ?? 0n,
    rows,
    costPusd: figures?.costPusd ?? 0n,
    absorbedPusd: figures?.absorbedPusd ?? 0n,
    amountPusd: BigInt(row.amount),
    cents: BigInt(row.cents),
  }
}

const toOwnUsage = (own: Evidence['ownUsage'][number]): OwnUsage => ({
  funding: own.funding,
  description: `${own.model} at ${own.provider}`,
  events: own.events,
  units: unitsOf(own, null),
})

/** What the documents of an invoice say, all of it from what was stored when the period was closed. @throws Error when there is no such invoice */
export const readInvoiceModel = async (
  reader: Reader,
  { orgId, invoiceId, taxCents }: { orgId: string; invoiceId: string; taxCents: bigint | null },
): Promise<InvoiceModel> => {
  const invoices = await reader.query<InvoiceRow>(
    `SELECT number, status, period::text, sequence, issued_at, usage_pusd::text AS usage, interim_pusd::text AS interim, carry_in_pusd::text AS carry_in, carry_out_pusd::text AS carry_out,
      total_cents::text, evidence FROM invoice WHERE org_id = $1 AND id = $2`,
    [orgId, invoiceId],
  )
  const [invoice] = invoices.rows
  if (invoice === undefined) throw new Error(`There is no invoice ${invoiceId} of ${orgId}.`)
  const lines = await reader.query<LineRow>(
    `SELECT position, kind, description, amount_pusd::text AS amount, cents::text FROM invoice_line WHERE org_id = $1 AND invoice_id = $2 ORDER BY position`,
    [orgId, invoiceId],
  )
  const evidence = evidenceSchema.parse(invoice.evidence)
  const priceOf = await readPrices(reader, evidence.rows)
  return {
    number: invoice.number,
    status: invoice.status,
    seller: await readSeller(reader),
    buyer: await readBuyer(reader, orgId),
    period: invoice.period,
    sequence: invoice.sequence,
    issuedAtMs: invoice.issued_at.getTime(),
    lines: lines.rows.map((line) => toLine(line, evidence, priceOf)),
    ownUsage: evidence.ownUsage.map(toOwnUsage),
    usagePusd: BigInt(invoice.usage),
    interimPusd: BigInt(invoice.interim),
    carryInPusd: BigInt(invoice.carry_in),
    carryOutPusd: BigInt(invoice.carry_out),
    totalCents: BigInt(invoice.total_cents),
    taxCents,
    evidence: { eventCount: evidence.eventCount, sha256: evidence.sha256, rule: evidence.rule },
  }
}
