import { diffPrices } from '@atpar/core/price-change'
import { approvePriceLines, proposePrices, readPricesInForce, type FiledProposal } from '@atpar/db/price-proposals'
import { PROVIDERS } from '@atpar/providers/registry'
import { createRequire } from 'node:module'
import type { ClientBase } from 'pg'
import { buildCatalogue, type Catalogue } from './seed/prices/catalogue.ts'

export interface SeededCatalogue {
  /** The book in force afterwards. */
  readonly bookId: number
  readonly models: number
  readonly offerings: number
  /** Offerings with at least one price in force. */
  readonly priced: number
  /** Changes of price that wait for an operator. */
  readonly waiting: number
}

/** As the record of books and proposals names this import. */
const SOURCE = '@pydantic/genai-prices + overlay'
/** Nobody looked at the first book of an empty installation, and the record says so. */
const FIRST_BOOK_APPROVER = 'first start of an empty installation'

/**
 * Brings providers, models and offerings in line with the repository, and proposes its prices: the first book of an empty installation comes into
 * force at once, every later change waits for an operator. Safe to run at every start. Opens a transaction of its own.
 */
export const seedCatalogue = (client: ClientBase): Promise<SeededCatalogue> =>
  inTransaction(client, async () => {
    const catalogue = buildCatalogue(todayUtc())
    await writeCatalogue(client, catalogue)
    const isFirst = (await readBookId(client)) === null
    const filed = await fileProposal(client, { catalogue, origin: 'seed' })
    if (isFirst && filed !== null)
      await approvePriceLines(client, {
        lineIds: filed.lines.map(({ lineId }) => lineId),
        approver: FIRST_BOOK_APPROVER,
        isAutomatic: true,
      })
    const bookId = await readBookId(client)
    if (bookId === null) throw new Error('There is no price book')
    return { bookId, ...(await countCatalogue(client)), waiting: isFirst ? 0 : (filed?.lines.length ?? 0) }
  })

interface Filing {
  readonly catalogue: Catalogue
  readonly origin: 'seed' | 'nightly' | 'operator'
}

const fileProposal = async (client: ClientBase, { catalogue, origin }: Filing): Promise<FiledProposal | null> => {
  const { rows } = await client.query<{ id: string }>('SELECT id FROM offering')
  const known = new Set(rows.map(({ id }) => id))
  return proposePrices(client, {
    source: SOURCE,
    sourceVersion: `${priceSourceVersion()} @ ${todayUtc()}`,
    origin,
    changes: diffPrices(
      await readPricesInForce(client),
      catalogue.prices.filter(({ offeringId }) => known.has(offeringId)),
    ),
  })
}

/**
 * Compares the prices in force with the price package and the overlay as they count today, and files what differs. Offerings the database does
 * not know yet come with the next start. @returns null when nothing differs that was not rejected before.
 */
export const proposeTodaysPrices = (
  client: ClientBase,
  origin: 'nightly' | 'operator',
): Promise<FiledProposal | null> =>
  inTransaction(client, () => fileProposal(client, { catalogue: buildCatalogue(todayUtc()), origin }))

const todayUtc = (): string => new Date().toISOString().slice(0, 10)

/** One writer at a time: two starting processes must not both make a book. */
const CATALOGUE_LOCK = 'atpar:catalogue'

const inTransaction = async <Result>(client: ClientBase, work: () => Promise<Result>): Promise<Result> => {
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
const writeCatalogue = async (client: ClientBase, catalogue: Catalogue): Promise<void> => {
  await client.query(
    `INSERT INTO provider (id, display_name, dialect)
     SELECT id, "displayName", dialect FROM jsonb_to_recordset($1::jsonb) AS row (id text, "displayName" text, dialect text)
     ON CONFLICT (id) DO UPDATE SET display_name = excluded.display_name, dialect = excluded.dialect
     WHERE (provider.display_name, provider.dialect) IS DISTINCT FROM (excluded.display_name, excluded.dialect)`,
    [rowsOf(PROVIDERS)],
  )
  await client.query(
    `INSERT INTO model (id, display_name, family, author, task, reasoning, input_modalities, output_modalities, aliases, created_at)
     SELECT id, "displayName", family, author, task, reasoning, "inputModalities", "outputModalities", aliases, coalesce("releasedOn"::timestamptz, now())
     FROM jsonb_to_recordset($1::jsonb) AS row (id text, "displayName" text, family text, author text, task text, reasoning boolean,
       "inputModalities" text[], "outputModalities" text[], aliases text[], "releasedOn" text)
     ON CONFLICT (id) DO UPDATE SET display_name = excluded.display_name, family = excluded.family, author = excluded.author, task = excluded.task, reasoning = excluded.reasoning,
       input_modalities = excluded.input_modalities, output_modalities = excluded.output_modalities, aliases = excluded.aliases
     WHERE (model.display_name, model.family, model.author, model.task, model.reasoning, model.input_modalities, model.output_modalities, model.aliases)
       IS DISTINCT FROM (excluded.display_name, excluded.family, excluded.author, excluded.task, excluded.reasoning, excluded.input_modalities, excluded.output_modalities, excluded.aliases)`,
    [rowsOf(catalogue.models)],
  )
  await client.query(
    `INSERT INTO offering (id, model_id, provider_id, upstream_model, context_tokens, max_output_tokens, priority, funding, parameters, unpriced_reason, retires_on, successor_id)
     SELECT id, "modelId", "providerId", "upstreamModel", "contextTokens", "maxOutputTokens", priority, funding, parameters, "unpricedReason", "retiresOn", "successorId"
     FROM jsonb_to_recordset($1::jsonb) AS row (id text, "modelId" text, "providerId" text, "upstreamModel" text,
       "contextTokens" integer, "maxOutputTokens" integer, priority integer, funding text, parameters text[],
       "unpricedReason" text, "retiresOn" date, "successorId" text)
     ON CONFLICT (id) DO UPDATE SET model_id = excluded.model_id, context_tokens = excluded.context_tokens, max_output_tokens = excluded.max_output_tokens,
       priority = excluded.priority, funding = excluded.funding, parameters = excluded.parameters, unpriced_reason = excluded.unpriced_reason,
       retires_on = excluded.retires_on, successor_id = excluded.successor_id
     WHERE (offering.model_id, offering.context_tokens, offering.max_output_tokens, offering.priority, offering.funding, offering.parameters,
         offering.unpriced_reason, offering.retires_on, offering.successor_id)
       IS DISTINCT FROM (excluded.model_id, excluded.context_tokens, excluded.max_output_tokens, excluded.priority, excluded.funding, excluded.parameters,
         excluded.unpriced_reason, excluded.retires_on, excluded.successor_id)`,
    [rowsOf(catalogue.offerings)],
  )
}

/** Version of the price package in use: what a book says its numbers come from. */
const priceSourceVersion = (): string => {
  const require = createRequire(import.meta.url)
  const entry = require.resolve('@pydantic/genai-prices')
  const manifest: unknown = require(new URL('../package.json', `file://${entry}`).pathname)
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown'
}

const readBookId = async (client: ClientBase): Promise<number | null> => {
  const { rows } = await client.query<{ id: number | null }>('SELECT max(id) AS id FROM price_book')
  return rows[0]?.id ?? null
}

const countCatalogue = async (client: ClientBase): Promise<{ models: number; offerings: number; priced: number }> => {
  const { rows } = await client.query<{ models: number; offerings: number; priced: number }>(
    `SELECT (SELECT count(*)::int FROM model) AS models, (SELECT count(*)::int FROM offering) AS offerings,
       (SELECT count(DISTINCT offering_id)::int FROM price_version WHERE retired_book_id IS NULL) AS priced`,
  )
  return rows[0] ?? { models: 0, offerings: 0, priced: 0 }
}
