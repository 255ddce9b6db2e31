import type { PriceChange } from '@atpar/core/price-change'
import { priceKeyOf, type PriceRow } from '@atpar/core/price-row'
import type { UsageBucket } from '@atpar/core/usage'
import type { ClientBase } from 'pg'
import { newId } from './new-id.ts'

/** A pool does for reading; proposing wants one connection inside a transaction. */
export type Queryable = Pick<ClientBase, 'query'>

export interface PriceInForce extends PriceRow {
  readonly versionId: string
}

export type LineStatus = 'open' | 'approved' | 'rejected' | 'superseded'

/** One change of a proposal. `after` is null for a price that ends, `before` for one that is new. */
export interface ProposalLine {
  readonly lineId: string
  readonly proposalId: string
  readonly kind: PriceChange['kind']
  readonly before: PriceRow | null
  readonly after: PriceRow | null
  /** It moves by more than ×3 either way. */
  readonly needsPerson: boolean
  readonly status: LineStatus
  readonly decidedBy: string | null
}

/** A `PriceRow` as SQL returns it; bigints and days as text. */
export interface PriceColumns {
  readonly offering_id: string
  readonly bucket: string
  readonly amount_pusd: string
  readonly per_units: string
  readonly minimum_units: string
  readonly context_from: number
  readonly service_tier: string | null
  readonly window_from_minute: number | null
  readonly window_to_minute: number | null
  readonly effective_from: string
  readonly source_url: string
  readonly checked_on: string
}

export const priceRowOf = (columns: PriceColumns): PriceRow => ({
  offeringId: columns.offering_id,
  bucket: columns.bucket as UsageBucket,
  amountPusd: BigInt(columns.amount_pusd),
  perUnits: BigInt(columns.per_units),
  ...(columns.minimum_units === '0' ? {} : { minimumUnits: BigInt(columns.minimum_units) }),
  contextFrom: columns.context_from,
  serviceTier: columns.service_tier,
  window:
    columns.window_from_minute === null || columns.window_to_minute === null
      ? null
      : { fromMinute: columns.window_from_minute, toMinute: columns.window_to_minute },
  effectiveFrom: columns.effective_from,
  sourceUrl: columns.source_url,
  checkedOn: columns.checked_on,
})

const CONDITION_COLUMNS = 'offering_id, bucket, context_from, service_tier, window_from_minute, window_to_minute'

/** Rows of `price_version` that meet a condition. */
export const readPriceRows = async (
  client: Queryable,
  which: { readonly where: string; readonly values: readonly unknown[] },
): Promise<readonly PriceInForce[]> => {
  const { rows } = await client.query<PriceColumns & { id: string }>(
    `SELECT id, ${CONDITION_COLUMNS}, amount_pusd::text, per_units::text, minimum_units::text, effective_from::text, source_url, checked_on::text
     FROM price_version WHERE ${which.where}`,
    [...which.values],
  )
  return rows.map((row) => ({ ...priceRowOf(row), versionId: row.id }))
}

export const readPricesInForce = (client: Queryable): Promise<readonly PriceInForce[]> =>
  readPriceRows(client, { where: 'retired_book_id IS NULL', values: [] })

interface LineColumns extends Omit<PriceColumns, 'amount_pusd' | 'per_units'> {
  readonly id: string
  readonly proposal_id: string
  readonly kind: 'added' | 'changed' | 'retired'
  readonly amount_pusd: string | null
  readonly per_units: string | null
  readonly before_amount_pusd: string | null
  readonly before_per_units: string | null
  readonly needs_person: boolean
  readonly status: LineStatus
  readonly decided_by: string | null
}

/** Columns that `readLine` reads, `FROM price_proposal_line`. */
export const LINE_COLUMNS = `id, proposal_id, kind, ${CONDITION_COLUMNS}, amount_pusd::text, per_units::text, minimum_units::text, effective_from::text, source_url, checked_on::text,
  before_amount_pusd::text, before_per_units::text, needs_person, status, decided_by`

export const readLine = (columns: LineColumns): ProposalLine => {
  const { amount_pusd: amount, per_units: per, before_amount_pusd: old, before_per_units: oldPer } = columns
  return {
    lineId: columns.id,
    proposalId: columns.proposal_id,
    kind: columns.kind === 'retired' ? 'removed' : columns.kind,
    before: old === null || oldPer === null ? null : priceRowOf({ ...columns, amount_pusd: old, per_units: oldPer }),
    after: amount === null || per === null ? null : priceRowOf({ ...columns, amount_pusd: amount, per_units: per }),
    needsPerson: columns.needs_person,
    status: columns.status,
    decidedBy: columns.decided_by,
  }
}

/** Lines nobody has decided on, of one proposal or of all. */
export const listOpenLines = async (
  client: Queryable,
  proposalId: string | null = null,
): Promise<readonly ProposalLine[]> => {
  const { rows } = await client.query<LineColumns>(
    `SELECT ${LINE_COLUMNS} FROM price_proposal_line WHERE status = 'open' AND ($1::uuid IS NULL OR proposal_id = $1) ORDER BY proposal_id, position`,
    [proposalId],
  )
  return rows.map(readLine)
}

export interface NewProposal {
  readonly source: string
  readonly sourceVersion: string
  readonly origin: 'seed' | 'nightly' | 'operator'
  readonly changes: readonly PriceChange[]
}

export interface FiledProposal {
  readonly proposalId: string
  readonly lines: readonly ProposalLine[]
  /** False when exactly this was waiting already. */
  readonly isNew: boolean
}

/** What a line would do, in a word: two lines with the same one need no second look. */
const textOf = ({ before, after }: Pick<PriceChange, 'before' | 'after'>): string => {
  const row = after ?? before
  const charge = (price: PriceRow | null): string =>
    price === null ? '-' : `${price.amountPusd}/${price.perUnits}/${price.minimumUnits ?? 0n}`
  return `${row === null ? '' : priceKeyOf(row)} ${charge(before)} ${charge(after)} ${after?.window?.toMinute ?? ''}`
}

const listRejected = async (client: Queryable): Promise<ReadonlySet<string>> => {
  const { rows } = await client.query<LineColumns>(
    `SELECT ${LINE_COLUMNS} FROM price_proposal_line WHERE status = 'rejected'`,
  )
  return new Set(rows.map((row) => textOf(readLine(row))))
}

const INSERT_LINES = `
  INSERT INTO price_proposal_line (id, proposal_id, position, kind, ${CONDITION_COLUMNS}, before_version_id, before_amount_pusd, before_per_units, amount_pusd, per_units,
    minimum_units, effective_from, source_url, checked_on)
  SELECT id, $1, position, kind, "offeringId", bucket, "contextFrom", "serviceTier", "fromMinute", "toMinute", "beforeId", "beforeAmount", "beforePer", amount, per, minimum,
    "effectiveFrom", "sourceUrl", "checkedOn"
  FROM jsonb_to_recordset($2::jsonb) AS line (id uuid, position integer, kind text, "offeringId" text, bucket text, "contextFrom" integer, "serviceTier" text, "fromMinute" integer,
    "toMinute" integer, "beforeId" uuid, "beforeAmount" bigint, "beforePer" bigint, amount bigint, per bigint, minimum bigint, "effectiveFrom" date, "sourceUrl" text, "checkedOn" date)`

const lineJson = (
  change: PriceChange,
  position: number,
  versions: ReadonlyMap<string, string>,
): Readonly<Record<string, unknown>> => {
  const row = change.after ?? change.before
  if (row === null) throw new TypeError('a change without a price')
  return {
    id: newId(),
    position,
    kind: change.kind === 'removed' ? 'retired' : change.kind,
    offeringId: row.offeringId,
    bucket: row.bucket,
    contextFrom: row.contextFrom,
    serviceTier: row.serviceTier,
    fromMinute: row.window?.fromMinute ?? null,
    toMinute: row.window?.toMinute ?? null,
    beforeId: change.before === null ? null : (versions.get(priceKeyOf(row)) ?? null),
    beforeAmount: change.before?.amountPusd.toString() ?? null,
    beforePer: change.before?.perUnits.toString() ?? null,
    amount: change.after?.amountPusd.toString() ?? null,
    per: change.after?.perUnits.toString() ?? null,
    minimum: (row.minimumUnits ?? 0n).toString(),
    effectiveFrom: row.effectiveFrom,
    sourceUrl: row.sourceUrl,
    checkedOn: row.checkedOn,
  }
}

/**
 * Files what an import would change; nothing comes into force by it. Open lines of the same source, and of the same prices, give way to the new ones;
 * what somebody rejected before is not asked again. Wants a transaction under the catalogue's lock.
 * @returns null when nothing is left to ask.
 */
export const proposePrices = async (client: Queryable, proposal: NewProposal): Promise<FiledProposal | null> => {
  const rejected = await listRejected(client)
  const changes = proposal.changes.filter((change) => !rejected.has(textOf(change)))
  const { rows: waiting } = await client.query<LineColumns>(
    `SELECT ${LINE_COLUMNS} FROM price_proposal_line WHERE status = 'open' AND proposal_id IN (SELECT id FROM price_proposal WHERE source = $1) ORDER BY position`,
    [proposal.source],
  )
  const known = waiting.map(readLine)
  const wanted = new Set(changes.map(textOf))
  const [first] = known
  if (first !== undefined && known.length === wanted.size && known.every((line) => wanted.has(textOf(line))))
    return { proposalId: first.proposalId, lines: known, isNew: false }
  const versions = new Map((await readPricesInForce(client)).map((price) => [priceKeyOf(price), price.versionId]))
  const keys = new Set(changes.flatMap(({ after, before }) => [after ?? before]).map((row) => row && priceKeyOf(row)))
  const open = await listOpenLines(client)
  const givingWay = open.filter((line) => {
    const row = line.after ?? line.before
    return known.some(({ lineId }) => lineId === line.lineId) || (row !== null && keys.has(priceKeyOf(row)))
  })
  await client.query(
    `UPDATE price_proposal_line SET status = 'superseded', decided_at = now() WHERE id = ANY ($1::uuid[]) AND status = 'open'`,
    [givingWay.map(({ lineId }) => lineId)],
  )
  if (changes.length === 0) return null
  const proposalId = newId()
  await client.query('INSERT INTO price_proposal (id, source, source_version, origin) VALUES ($1, $2, $3, $4)', [
    proposalId,
    proposal.source,
    proposal.sourceVersion,
    proposal.origin,
  ])
  await client.query(INSERT_LINES, [
    proposalId,
    JSON.stringify(changes.map((change, index) => lineJson(change, index + 1, versions))),
  ])
  return { proposalId, lines: await listOpenLines(client, proposalId), isNew: true }
}

export interface Approval {
  readonly lineIds: readonly string[]
  readonly approver: string
  /** True where no person looked: the database then refuses lines that need one. */
  readonly isAutomatic: boolean
}

/** Brings lines into force as one new book, all or none. @returns the book's number; null when none of the lines was open any more. */
export const approvePriceLines = async (client: Queryable, approval: Approval): Promise<number | null> => {
  const { rows } = await client.query<{ book: number | null }>(
    'SELECT approve_price_lines($1::uuid[], $2, $3) AS book',
    [approval.lineIds, approval.approver, approval.isAutomatic],
  )
  return rows[0]?.book ?? null
}

/** @returns how many of them were open. */
export const rejectPriceLines = async (
  client: Queryable,
  { lineIds, rejecter }: { readonly lineIds: readonly string[]; readonly rejecter: string },
): Promise<number> => {
  const { rows } = await client.query<{ rejected: number }>('SELECT reject_price_lines($1::uuid[], $2) AS rejected', [
    lineIds,
    rejecter,
  ])
  return rows[0]?.rejected ?? 0
}
