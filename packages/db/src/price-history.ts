import type { PriceRow } from '@atpar/core/price-row'
import type { Db, Tx } from './client.ts'
import { LINE_COLUMNS, priceRowOf, readLine, type PriceColumns, type ProposalLine } from './price-proposals.ts'

/** One list price, from the book that brought it to the one that ended it. */
export interface DatedPrice extends PriceRow {
  readonly minimumUnits: bigint
  readonly providerName: string
  readonly priceBookId: number
  readonly approvedBy: string
  readonly approvedAtMs: number
  /** Null while it is in force. */
  readonly retiredBookId: number | null
}

interface DatedRecord extends PriceColumns {
  readonly provider_name: string
  readonly price_book_id: number
  readonly approved_by: string
  readonly approved_at_ms: string
  readonly retired_book_id: number | null
}

const DATED_PRICES = `
  SELECT p.offering_id, v.display_name AS provider_name, p.bucket, p.amount_pusd::text, p.per_units::text, p.minimum_units::text, p.context_from, p.service_tier,
    p.window_from_minute, p.window_to_minute, p.effective_from::text, p.source_url, p.checked_on::text, p.price_book_id, b.approved_by,
    (extract(epoch FROM b.created_at) * 1000)::bigint::text AS approved_at_ms, p.retired_book_id
  FROM price_version p JOIN offering o ON o.id = p.offering_id JOIN provider v ON v.id = o.provider_id JOIN price_book b ON b.id = p.price_book_id`

const IN_ORDER = `
  ORDER BY (p.retired_book_id IS NULL) DESC, o.priority, p.offering_id, p.price_book_id DESC, p.context_from, p.service_tier NULLS FIRST, p.window_from_minute NULLS FIRST, p.bucket`

const HISTORY = `${DATED_PRICES} WHERE o.model_id = $1 ${IN_ORDER}`
const WHOLE_HISTORY = `${DATED_PRICES} ${IN_ORDER}`

const toDated = (row: DatedRecord): DatedPrice => ({
  ...priceRowOf(row),
  minimumUnits: BigInt(row.minimum_units),
  providerName: row.provider_name,
  priceBookId: row.price_book_id,
  approvedBy: row.approved_by,
  approvedAtMs: Number(row.approved_at_ms),
  retiredBookId: row.retired_book_id,
})

export interface ModelPrices {
  readonly modelId: string
  readonly displayName: string
  readonly author: string
  /** Who offers it, in the order in which they are asked; without those that are switched off. */
  readonly offerings: readonly ModelOffering[]
  /** Those in force first, then what came before, newest first. */
  readonly prices: readonly DatedPrice[]
}

type ModelOffering = Pick<
  PricedOffering,
  'offeringId' | 'providerName' | 'unpricedReason' | 'retiresOn' | 'successorId'
>

/** Every list price a model ever had here, with its source; null when there is no such model. No tenant's, so it needs none. */
export const readModelPrices = async (db: Db, modelId: string): Promise<ModelPrices | null> => {
  const model = await db.model.findUnique({ where: { id: modelId } })
  if (model === null) return null
  const [rows, offerings] = await Promise.all([
    db.$queryRawUnsafe<DatedRecord[]>(HISTORY, modelId),
    db.$queryRawUnsafe<ModelOffering[]>(OFFERINGS_OF_MODEL, modelId),
  ])
  return {
    modelId: model.id,
    displayName: model.displayName,
    author: model.author,
    offerings,
    prices: rows.map(toDated),
  }
}

/** One offering as the public list of prices tells of it. */
export interface PricedOffering {
  readonly offeringId: string
  readonly modelId: string
  readonly modelName: string
  readonly author: string
  readonly providerId: string
  readonly providerName: string
  readonly upstreamModel: string
  readonly contextTokens: number | null
  readonly maxOutputTokens: number | null
  /** Null where it has a price. */
  readonly unpricedReason: string | null
  /** `YYYY-MM-DD`, as its provider announced it. */
  readonly retiresOn: string | null
  /** The model its provider names in its place. */
  readonly successorId: string | null
  /** Those in force first, then what came before, newest first. */
  readonly prices: readonly DatedPrice[]
}

const OFFERINGS = `
  SELECT o.id AS "offeringId", o.model_id AS "modelId", m.display_name AS "modelName", m.author, o.provider_id AS "providerId",
    v.display_name AS "providerName", o.upstream_model AS "upstreamModel", o.context_tokens AS "contextTokens", o.max_output_tokens AS "maxOutputTokens",
    o.unpriced_reason AS "unpricedReason", o.retires_on::text AS "retiresOn", o.successor_id AS "successorId"
  FROM offering o JOIN model m ON m.id = o.model_id JOIN provider v ON v.id = o.provider_id
  WHERE o.enabled AND v.enabled ORDER BY o.model_id, o.priority, o.id`

const OFFERINGS_OF_MODEL = `
  SELECT o.id AS "offeringId", v.display_name AS "providerName", o.unpriced_reason AS "unpricedReason", o.retires_on::text AS "retiresOn",
    o.successor_id AS "successorId"
  FROM offering o JOIN provider v ON v.id = o.provider_id
  WHERE o.model_id = $1 AND o.enabled AND v.enabled ORDER BY o.priority, o.id`

/** Every offering with every list price it ever had here. Large: ask `readPricesVersion` first. No tenant's, so it needs none. */
export const readAllPrices = async (db: Db): Promise<readonly PricedOffering[]> => {
  const [offerings, prices] = await Promise.all([
    db.$queryRawUnsafe<Omit<PricedOffering, 'prices'>[]>(OFFERINGS),
    db.$queryRawUnsafe<DatedRecord[]>(WHOLE_HISTORY),
  ])
  const byOffering = Map.groupBy(prices, (price) => price.offering_id)
  return offerings.map((offering) => ({
    ...offering,
    prices: (byOffering.get(offering.offeringId) ?? []).map(toDated),
  }))
}

/** Changes whenever `readAllPrices` would say something else; cheap. */
export const readPricesVersion = async (db: Db): Promise<string> => {
  const rows = await db.$queryRaw<{ book: number; offerings: string }[]>`
    SELECT coalesce((SELECT max(id) FROM price_book), 0)::int AS book,
      coalesce((SELECT md5(string_agg(o::text || m::text || v::text, ',' ORDER BY o.id))
        FROM offering o JOIN model m ON m.id = o.model_id JOIN provider v ON v.id = o.provider_id), '') AS offerings`
  return `${rows[0]?.book ?? 0}-${rows[0]?.offerings ?? ''}`
}

/** Changes of price that wait for an operator. */
export const listWaitingLines = async (db: Db): Promise<readonly ProposalLine[]> => {
  const rows = await db.$queryRawUnsafe<Parameters<typeof readLine>[0][]>(
    `SELECT ${LINE_COLUMNS} FROM price_proposal_line WHERE status = 'open' ORDER BY needs_person DESC, proposal_id, position`,
  )
  return rows.map(readLine)
}

export interface BookSummary {
  readonly bookId: number
  readonly note: string
  readonly source: string
  readonly approvedBy: string
  readonly createdAtMs: number
  /** What was given back because of it; null where nothing was looked at. */
  readonly creditedPusd: bigint | null
}

export const listPriceBooks = async (db: Db): Promise<readonly BookSummary[]> => {
  const books = await db.priceBook.findMany({ orderBy: { id: 'desc' }, take: 20, include: { rerating: true } })
  return books.map((book) => ({
    bookId: book.id,
    note: book.note,
    source: `${book.source} ${book.sourceVersion}`,
    approvedBy: book.approvedBy,
    createdAtMs: book.createdAt.getTime(),
    creditedPusd: book.rerating === null ? null : BigInt(book.rerating.creditedPusd.toFixed(0)),
  }))
}

/** The new book, or null when the lines were decided meanwhile. The database refuses whoever is no operator. */
export const approveAsOperator = async (tx: Tx, lineIds: readonly string[]): Promise<number | null> => {
  const rows = await tx.$queryRaw<{ book: number | null }[]>`
    SELECT operator_approve_price_lines(${[...lineIds]}::uuid[]) AS book`
  return rows[0]?.book ?? null
}

export const rejectAsOperator = async (tx: Tx, lineIds: readonly string[]): Promise<number> => {
  const rows = await tx.$queryRaw<{ rejected: number }[]>`
    SELECT operator_reject_price_lines(${[...lineIds]}::uuid[]) AS rejected`
  return rows[0]?.rejected ?? 0
}
