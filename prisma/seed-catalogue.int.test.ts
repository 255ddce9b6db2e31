import { createTestDatabase, type TestDatabase } from '@atpar/testkit/postgres'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { readPricesInForce, seedCatalogue } from './seed-catalogue.ts'

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

describe('seeding the catalogue', () => {
  test('an empty database gets at least a hundred models, every offering priced', async () => {
    const seeded = await seedCatalogue(client)
    expect(seeded.models).toBeGreaterThanOrEqual(100)
    expect(seeded.priced).toBe(seeded.offerings)
    expect(seeded.heldBack).toEqual([])
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

  test('a price that differs from its source is replaced by a new book, the old row retired and kept', async () => {
    await client.query(
      `UPDATE price_version SET amount_pusd = amount_pusd * 2 WHERE offering_id = 'openai/gpt-4o' AND bucket = 'output_text'`,
    )
    const seeded = await seedCatalogue(client)
    expect(seeded.bookId).toBe(2)
    const rows = await client.query<{ price_book_id: number; retired_book_id: number | null; amount_pusd: string }>(
      `SELECT price_book_id, retired_book_id, amount_pusd::text FROM price_version WHERE offering_id = 'openai/gpt-4o' AND bucket = 'output_text' ORDER BY price_book_id`,
    )
    expect(rows.rows).toEqual([
      { price_book_id: 1, retired_book_id: 2, amount_pusd: '20000000' },
      { price_book_id: 2, retired_book_id: null, amount_pusd: '10000000' },
    ])
  })

  test('a price that moved by more than ×3 is held back with the whole of its offering', async () => {
    await client.query(
      `UPDATE price_version SET amount_pusd = amount_pusd * 4 WHERE offering_id = 'openai/gpt-4.1' AND bucket = 'input_uncached'`,
    )
    await client.query(
      `UPDATE price_version SET amount_pusd = amount_pusd * 2 WHERE offering_id = 'openai/gpt-4.1' AND bucket = 'output_text'`,
    )
    const seeded = await seedCatalogue(client)
    expect(seeded.heldBack).toEqual(['openai/gpt-4.1'])
    expect(seeded.bookId).toBe(2)
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

  test('two that start at once make one book between them', async () => {
    const second = new Client({ connectionString: database.ownerUrl })
    await second.connect()
    await client.query(
      `UPDATE price_version SET amount_pusd = amount_pusd * 2 WHERE offering_id = 'openai/gpt-4o-mini' AND bucket = 'output_text' AND retired_book_id IS NULL`,
    )
    const before = await booksWritten()
    await Promise.all([seedCatalogue(client), seedCatalogue(second)])
    await second.end()
    expect(await booksWritten()).toBe(before + 1)
  })

  test('a failure in the middle leaves nothing behind', async () => {
    const before = await booksWritten()
    await client.query(
      `UPDATE price_version SET amount_pusd = amount_pusd * 2 WHERE offering_id = 'groq/llama-3.1-8b-instant' AND bucket = 'output_text'`,
    )
    await client.query(
      `ALTER TABLE price_version ADD CONSTRAINT refuse_llama CHECK (offering_id <> 'groq/llama-3.1-8b-instant' OR price_book_id = 1)`,
    )
    await expect(seedCatalogue(client)).rejects.toThrow('refuse_llama')
    expect(await booksWritten()).toBe(before)
  })
})
