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

const HISTORY = `
  SELECT p.offering_id, v.display_name AS provider_name, p.bucket, p.amount_pusd::text, p.per_units::text, p.minimum_units::text, p.context_from, p.service_tier,
    p.window_from_minute, p.window_to_minute, p.effective_from::text, p.source_url, p.checked_on::text, p.price_book_id, b.approved_by,
    (extract(epoch FROM b.created_at) * 1000)::bigint::text AS approved_at_ms, p.retired_book_id
  FROM price_version p JOIN offering o ON o.id = p.offering_id JOIN provider v ON v.id = o.provider_id JOIN price_book b ON b.id = p.price_book_id
  WHERE o.model_id = $1
  ORDER BY (p.retired_book_id IS NULL) DESC, o.priority, p.offering_id, p.price_book_id DESC, p.context_from, p.service_tier NULLS FIRST, p.window_from_minute NULLS FIRST, p.bucket`

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
  /** Those in force first, then what came before, newest first. */
  readonly prices: readonly DatedPrice[]
}

/** Every list price a model ever had here, with its source; null when there is no such model. No tenant's, so it needs none. */
export const readModelPrices = async (db: Db, modelId: string): Promise<ModelPrices | null> => {
  const model = await db.model.findUnique({ where: { id: modelId } })
  if (model === null) return null
  const rows = await db.$queryRawUnsafe<DatedRecord[]>(HISTORY, modelId)
  return { modelId: model.id, displayName: model.displayName, author: model.author, prices: rows.map(toDated) }
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
