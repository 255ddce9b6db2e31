import { createTestDatabase, type TestDatabase } from '@atpar/testkit/postgres'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { approvePriceLines, listOpenLines, readPricesInForce, rejectPriceLines } from '@atpar/db/price-proposals'
import { proposeTodaysPrices, seedCatalogue } from './seed-catalogue.ts'

vi.setConfig({ testTimeout: 30_000 })

let database: TestDatabase
let client: Client

beforeAll(async () => {
  database = await createTestDatabase()
  client = new Client({ connectionString: database.ownerUrl })
  await client.connect()
}, 120_000)

afterAll(async () => {
  await client.end()
  await database.drop()
})

const one = async <Row extends object>(sql: string, values: readonly unknown[] = []): Promise<Row> => {
  const { rows } = await client.query<Row>(sql, [...values])
  const row = rows[0]
  if (row === undefined) throw new Error(`No row: ${sql}`)
  return row
}

const booksWritten = async (): Promise<number> =>
  (await one<{ books: number }>('SELECT count(*)::int AS books FROM price_book')).books

const scale = (offeringId: string, bucket: string, factor: number): Promise<unknown> =>
  client.query(
    `UPDATE price_version SET amount_pusd = amount_pusd * $3 WHERE offering_id = $1 AND bucket = $2 AND context_from = 0 AND retired_book_id IS NULL`,
    [offeringId, bucket, factor],
  )

const approveAll = async (): Promise<number | null> =>
  approvePriceLines(client, {
    lineIds: (await listOpenLines(client)).map(({ lineId }) => lineId),
    approver: 'Ada',
    isAutomatic: false,
  })

describe('seeding the catalogue', () => {
  test('an empty database gets at least a hundred models, every offering priced but those that say why not', async () => {
    const seeded = await seedCatalogue(client)
    expect(seeded.models).toBeGreaterThanOrEqual(100)
    const { rows } = await client.query<{ unpriced: number }>(
      'SELECT count(*)::int AS unpriced FROM offering WHERE unpriced_reason IS NOT NULL',
    )
    expect(rows[0]?.unpriced).toBeGreaterThan(0)
    expect(seeded.priced).toBe(seeded.offerings - (rows[0]?.unpriced ?? 0))
    expect(seeded.waiting).toBe(0)
    expect(await booksWritten()).toBe(1)
  })

  test('a price is stored exactly as published', async () => {
    const price = await one<{ per_token: string }>(
      `SELECT (amount_pusd / per_units)::text AS per_token FROM price_version WHERE offering_id = 'openai/gpt-4o-mini' AND bucket = 'cache_read' AND retired_book_id IS NULL`,
    )
    expect(price.per_token).toBe('75000')
  })

  test('seeding again writes no second book and changes no row', async () => {
    const before = await readPricesInForce(client)
    const again = await seedCatalogue(client)
    expect(again.bookId).toBe(1)
    expect(await booksWritten()).toBe(1)
    expect(await readPricesInForce(client)).toEqual(before)
  })

  test('the first book of an empty installation says that nobody looked at it', async () => {
    expect(await one(`SELECT approved_by FROM price_book`)).toEqual({
      approved_by: 'first start of an empty installation',
    })
    expect(
      await one(
        `SELECT count(*)::int AS lines, bool_and(is_automatic) AS automatic, bool_and(status = 'approved') AS approved FROM price_proposal_line`,
      ),
    ).toMatchObject({ automatic: true, approved: true })
  })

  test('a price that differs from its source waits for an operator; a start changes no price', async () => {
    await scale('openai/gpt-4o', 'output_text', 2)
    const seeded = await seedCatalogue(client)
    expect([seeded.bookId, seeded.waiting]).toEqual([1, 1])
    const [line] = await listOpenLines(client)
    expect(line).toMatchObject({ kind: 'changed', needsPerson: false, before: { amountPusd: 20_000_000n } })
    expect(await proposeTodaysPrices(client, 'nightly')).toMatchObject({ isNew: false, proposalId: line?.proposalId })
  })

  test('an approved line makes a new book; the old row is retired and kept', async () => {
    expect(await approveAll()).toBe(2)
    const rows = await client.query<{ price_book_id: number; retired_book_id: number | null; amount_pusd: string }>(
      `SELECT price_book_id, retired_book_id, amount_pusd::text FROM price_version WHERE offering_id = 'openai/gpt-4o' AND bucket = 'output_text' ORDER BY price_book_id`,
    )
    expect(rows.rows).toEqual([
      { price_book_id: 1, retired_book_id: 2, amount_pusd: '20000000' },
      { price_book_id: 2, retired_book_id: null, amount_pusd: '10000000' },
    ])
    expect(await one('SELECT approved_by FROM price_book WHERE id = 2')).toEqual({ approved_by: 'Ada' })
    expect(await approveAll()).toBeNull()
  })

  test('a change of more than ×3 either way is never approved without a person, whatever is approved with it', async () => {
    await scale('openai/gpt-4.1', 'input_uncached', 4)
    await scale('openai/gpt-4.1', 'output_text', 2)
    await seedCatalogue(client)
    const lines = await listOpenLines(client)
    expect(lines.filter(({ needsPerson }) => needsPerson)).toHaveLength(1)
    expect(lines).toHaveLength(2)
    const lineIds = lines.map(({ lineId }) => lineId)
    await expect(approvePriceLines(client, { lineIds, approver: 'nightly', isAutomatic: true })).rejects.toThrow(
      'price_proposal_line_asks_a_person',
    )
    expect(await booksWritten()).toBe(2)
    expect(await approvePriceLines(client, { lineIds, approver: 'Ada', isAutomatic: false })).toBeGreaterThan(2)
  })

  test('what was rejected is not proposed again, unless the source says something new', async () => {
    await scale('openai/gpt-4o', 'output_text', 2)
    await seedCatalogue(client)
    const lineIds = (await listOpenLines(client)).map(({ lineId }) => lineId)
    expect(await rejectPriceLines(client, { lineIds, rejecter: 'Ada' })).toBe(1)
    expect((await seedCatalogue(client)).waiting).toBe(0)
    await scale('openai/gpt-4o', 'output_text', 3)
    expect((await seedCatalogue(client)).waiting).toBe(1)
    expect(await approveAll()).toBeGreaterThan(3)
  })

  test('a line whose price was replaced meanwhile is superseded, not approved', async () => {
    await scale('openai/gpt-4o', 'output_text', 2)
    await seedCatalogue(client)
    const lineIds = (await listOpenLines(client)).map(({ lineId }) => lineId)
    await client.query(`WITH book AS (INSERT INTO price_book (source, source_version, approved_by) VALUES ('test', '1', 'Ada') RETURNING id)
      UPDATE price_version SET retired_book_id = book.id FROM book WHERE retired_book_id IS NULL AND offering_id = 'openai/gpt-4o' AND bucket = 'output_text'`)
    expect(await approvePriceLines(client, { lineIds, approver: 'Ada', isAutomatic: false })).toBeNull()
    await seedCatalogue(client)
    expect(await approveAll()).toBeGreaterThan(5)
  })

  test('the database refuses two prices for the same thing in one book', async () => {
    await expect(
      client.query(
        `INSERT INTO price_version (id, offering_id, price_book_id, retired_book_id, bucket, amount_pusd, per_units, effective_from, source_url, checked_on)
         VALUES (gen_random_uuid(), 'openai/gpt-4o', 1, 2, 'output_text', 5, 1, '2026-11-01', 'https://example.test/prices', '2026-11-01')`,
      ),
    ).rejects.toThrow('price_version_no_overlap')
  })

  test('what an operator disabled or added stays as it is', async () => {
    await client.query(`UPDATE offering SET enabled = false WHERE id = 'openai/gpt-4'`)
    await client.query(
      `INSERT INTO offering (id, model_id, provider_id, upstream_model) VALUES ('custom/gpt-4', 'gpt-4', 'custom', 'gpt-4')`,
    )
    await client.query(
      `INSERT INTO price_version (id, offering_id, price_book_id, bucket, amount_pusd, per_units, effective_from, source_url, checked_on)
       VALUES (gen_random_uuid(), 'custom/gpt-4', 1, 'input_uncached', 5, 1, '2026-11-01', 'https://example.test/prices', '2026-11-01')`,
    )
    await seedCatalogue(client)
    expect(await one(`SELECT enabled FROM offering WHERE id = 'openai/gpt-4'`)).toEqual({ enabled: false })
    expect(await one(`SELECT retired_book_id FROM price_version WHERE offering_id = 'custom/gpt-4'`)).toEqual({
      retired_book_id: null,
    })
  })

  test('two that start at once make one proposal between them', async () => {
    const second = new Client({ connectionString: database.ownerUrl })
    await second.connect()
    await scale('openai/gpt-4o-mini', 'output_text', 2)
    await Promise.all([seedCatalogue(client), seedCatalogue(second)])
    await second.end()
    expect(await one(`SELECT count(*)::int AS open FROM price_proposal_line WHERE status = 'open'`)).toEqual({
      open: 1,
    })
    await approveAll()
  })

  test('a failure in the middle of an approval leaves nothing behind', async () => {
    const before = await booksWritten()
    await scale('groq/llama-3.1-8b-instant', 'output_text', 2)
    await seedCatalogue(client)
    await client.query(
      `ALTER TABLE price_version ADD CONSTRAINT refuse_llama CHECK (offering_id <> 'groq/llama-3.1-8b-instant' OR price_book_id = 1)`,
    )
    await expect(approveAll()).rejects.toThrow('refuse_llama')
    expect(await booksWritten()).toBe(before)
    expect(await listOpenLines(client)).toHaveLength(1)
  })
})
