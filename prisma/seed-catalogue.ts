import { newUuidV7, type IdSource } from '@atpar/core/ids'
import type { UsageBucket } from '@atpar/core/usage'
import { PROVIDERS } from '@atpar/providers/registry'
import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import type { ClientBase } from 'pg'
import { buildCatalogue, type Catalogue } from './seed/prices/catalogue.ts'
import { diffPrices, needsApproval, type PriceChange } from './seed/prices/price-diff.ts'
import type { PriceRow } from './seed/prices/price-row.ts'

export interface SeededCatalogue {
  /** The book in force afterwards. */
  readonly bookId: number
  readonly models: number
  readonly offerings: number
  /** Offerings with at least one price in force. */
  readonly priced: number
  /** Offerings whose new prices wait for `import-prices.ts --approve`, because one moved by more than ×3. */
  readonly heldBack: readonly string[]
}

/**
 * Brings providers, models, offerings and prices in line with the repository and the price package. Safe to run at every start:
 * where nothing changed no book is made. Opens a transaction of its own. Prices already in force never move by more than ×3 here; such offerings keep theirs until a person approves.
 */
export const seedCatalogue = (client: ClientBase): Promise<SeededCatalogue> =>
  inTransaction(client, async () => {
    const today = todayUtc()
    const catalogue = buildCatalogue(today)
    await writeCatalogue(client, catalogue)
    const inForce = await readPricesInForce(client)
    const heldBack = [...new Set(diffPrices(inForce, catalogue.prices).filter(needsApproval).map(offeringOf))]
    const proposed = catalogue.prices.filter(({ offeringId }) => !heldBack.includes(offeringId))
    await writePriceBook(client, { changes: diffPrices(inForce, proposed), approvedBy: 'seed', today })
    return { bookId: await readBookId(client), ...(await countCatalogue(client)), heldBack }
  })

const offeringOf = ({ before, after }: PriceChange): string => (after ?? before)?.offeringId ?? ''

export const todayUtc = (): string => new Date().toISOString().slice(0, 10)

/** One writer at a time: two starting processes must not both make a book. */
const CATALOGUE_LOCK = 'atpar:catalogue'

export const inTransaction = async <Result>(client: ClientBase, work: () => Promise<Result>): Promise<Result> => {
  await client.query('BEGIN')
  try {
    await client.query('SELECT pg_advisory_xact_lock(hashtext($1))', [CATALOGUE_LOCK])
    const result = await work()
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  }
}

const rowsOf = (values: readonly object[]): string =>
  JSON.stringify(values, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))

/** Inserts what is new and updates what the repository keeps. Rows an operator added stay; so does what an operator disabled. */
export const writeCatalogue = async (client: ClientBase, catalogue: Catalogue): Promise<void> => {
  await client.query(
    `INSERT INTO provider (id, display_name, dialect)
     SELECT id, "displayName", dialect FROM jsonb_to_recordset($1::jsonb) AS row (id text, "displayName" text, dialect text)
     ON CONFLICT (id) DO UPDATE SET display_name = excluded.display_name, dialect = excluded.dialect
     WHERE (provider.display_name, provider.dialect) IS DISTINCT FROM (excluded.display_name, excluded.dialect)`,
    [rowsOf(PROVIDERS)],
  )
  await client.query(
    `INSERT INTO model (id, display_name, family, author, reasoning, input_modalities, output_modalities, aliases, created_at)
     SELECT id, "displayName", family, author, reasoning, "inputModalities", "outputModalities", aliases, coalesce("releasedOn"::timestamptz, now())
     FROM jsonb_to_recordset($1::jsonb) AS row (id text, "displayName" text, family text, author text, reasoning boolean,
       "inputModalities" text[], "outputModalities" text[], aliases text[], "releasedOn" text)
     ON CONFLICT (id) DO UPDATE SET display_name = excluded.display_name, family = excluded.family, author = excluded.author, reasoning = excluded.reasoning,
       input_modalities = excluded.input_modalities, output_modalities = excluded.output_modalities, aliases = excluded.aliases
     WHERE (model.display_name, model.family, model.author, model.reasoning, model.input_modalities, model.output_modalities, model.aliases)
       IS DISTINCT FROM (excluded.display_name, excluded.family, excluded.author, excluded.reasoning, excluded.input_modalities, excluded.output_modalities, excluded.aliases)`,
    [rowsOf(catalogue.models)],
  )
  await client.query(
    `INSERT INTO offering (id, model_id, provider_id, upstream_model, context_tokens, max_output_tokens, priority, funding)
     SELECT id, "modelId", "providerId", "upstreamModel", "contextTokens", "maxOutputTokens", priority, funding
     FROM jsonb_to_recordset($1::jsonb) AS row (id text, "modelId" text, "providerId" text, "upstreamModel" text,
       "contextTokens" integer, "maxOutputTokens" integer, priority integer, funding text)
     ON CONFLICT (id) DO UPDATE SET model_id = excluded.model_id, context_tokens = excluded.context_tokens, max_output_tokens = excluded.max_output_tokens,
       priority = excluded.priority, funding = excluded.funding
     WHERE (offering.model_id, offering.context_tokens, offering.max_output_tokens, offering.priority, offering.funding)
       IS DISTINCT FROM (excluded.model_id, excluded.context_tokens, excluded.max_output_tokens, excluded.priority, excluded.funding)`,
    [rowsOf(catalogue.offerings)],
  )
}

interface StoredPrice {
  readonly offering_id: string
  readonly bucket: string
  readonly amount_pusd: string
  readonly per_units: string
  readonly context_from: number
  readonly service_tier: string | null
  readonly window_from_minute: number | null
  readonly window_to_minute: number | null
  readonly effective_from: string
  readonly source_url: string
  readonly checked_on: string
}

export const readPricesInForce = async (client: ClientBase): Promise<readonly PriceRow[]> => {
  const { rows } = await client.query<StoredPrice>(
    `SELECT offering_id, bucket, amount_pusd::text, per_units::text, context_from, service_tier, window_from_minute, window_to_minute,
       effective_from::text, source_url, checked_on::text
     FROM price_version WHERE retired_book_id IS NULL`,
  )
  return rows.map((row) => ({
    offeringId: row.offering_id,
    bucket: row.bucket as UsageBucket,
    amountPusd: BigInt(row.amount_pusd),
    perUnits: BigInt(row.per_units),
    contextFrom: row.context_from,
    serviceTier: row.service_tier,
    window:
      row.window_from_minute === null || row.window_to_minute === null
        ? null
        : { fromMinute: row.window_from_minute, toMinute: row.window_to_minute },
    effectiveFrom: row.effective_from,
    sourceUrl: row.source_url,
    checkedOn: row.checked_on,
  }))
}

/** Version of the price package in use: what a book says its numbers come from. */
export const priceSourceVersion = (): string => {
  const require = createRequire(import.meta.url)
  const entry = require.resolve('@pydantic/genai-prices')
  const manifest: unknown = require(new URL('../package.json', `file://${entry}`).pathname)
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown'
}

interface BookProposal {
  readonly changes: readonly PriceChange[]
  readonly approvedBy: string
  readonly today: string
}

/** A new book holding exactly these changes; the rows they replace are retired by it, never edited. Returns null when there is nothing to write. */
export const writePriceBook = async (
  client: ClientBase,
  { changes, approvedBy, today }: BookProposal,
): Promise<number | null> => {
  if (changes.length === 0) return null
  const { rows } = await client.query<{ id: number }>(
    `INSERT INTO price_book (source, source_version, note, approved_by) VALUES ('@pydantic/genai-prices + overlay', $1, $2, $3) RETURNING id`,
    [`${priceSourceVersion()} @ ${today}`, summarise(changes), approvedBy],
  )
  const bookId = rows[0]?.id
  if (bookId === undefined) throw new Error('The price book was not written')
  await client.query(
    `UPDATE price_version SET retired_book_id = $1
     FROM jsonb_to_recordset($2::jsonb) AS old ("offeringId" text, bucket text, "contextFrom" integer, "serviceTier" text, "fromMinute" integer)
     WHERE retired_book_id IS NULL AND offering_id = old."offeringId" AND price_version.bucket = old.bucket AND context_from = old."contextFrom"
       AND service_tier IS NOT DISTINCT FROM old."serviceTier" AND window_from_minute IS NOT DISTINCT FROM old."fromMinute"`,
    [bookId, rowsOf(changes.flatMap(({ before }) => (before === null ? [] : [withWindowColumns(before)])))],
  )
  await client.query(
    `INSERT INTO price_version (id, offering_id, price_book_id, bucket, amount_pusd, per_units, context_from, service_tier, window_from_minute, window_to_minute,
       effective_from, source_url, checked_on)
     SELECT id, "offeringId", $1, bucket, "amountPusd", "perUnits", "contextFrom", "serviceTier", "fromMinute", "toMinute", "effectiveFrom", "sourceUrl", "checkedOn"
     FROM jsonb_to_recordset($2::jsonb) AS row (id uuid, "offeringId" text, bucket text, "amountPusd" bigint, "perUnits" bigint, "contextFrom" integer,
       "serviceTier" text, "fromMinute" integer, "toMinute" integer, "effectiveFrom" date, "sourceUrl" text, "checkedOn" date)`,
    [
      bookId,
      rowsOf(
        changes.flatMap(({ after }) => (after === null ? [] : [{ ...withWindowColumns(after), id: newUuidV7(ids) }])),
      ),
    ],
  )
  return bookId
}

const ids: IdSource = { nowMs: () => Date.now(), randomBytes: (count) => randomBytes(count) }

const withWindowColumns = (row: PriceRow): object => ({
  ...row,
  fromMinute: row.window?.fromMinute ?? null,
  toMinute: row.window?.toMinute ?? null,
})

const summarise = (changes: readonly PriceChange[]): string =>
  (['added', 'changed', 'removed'] as const)
    .map((kind) => `${changes.filter((change) => change.kind === kind).length} ${kind}`)
    .join(', ')

const readBookId = async (client: ClientBase): Promise<number> => {
  const { rows } = await client.query<{ id: number }>('SELECT max(id) AS id FROM price_book')
  const id = rows[0]?.id
  if (id === undefined) throw new Error('There is no price book')
  return id
}

const countCatalogue = async (client: ClientBase): Promise<{ models: number; offerings: number; priced: number }> => {
  const { rows } = await client.query<{ models: number; offerings: number; priced: number }>(
    `SELECT (SELECT count(*)::int FROM model) AS models, (SELECT count(*)::int FROM offering) AS offerings,
       (SELECT count(DISTINCT offering_id)::int FROM price_version WHERE retired_book_id IS NULL) AS priced`,
  )
  return rows[0] ?? { models: 0, offerings: 0, priced: 0 }
}
