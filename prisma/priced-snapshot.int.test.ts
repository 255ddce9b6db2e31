import { planAttempts } from '@atpar/core/routing'
import { rateUsage } from '@atpar/core/pricing'
import { loadSnapshot } from '@atpar/db/gateway'
import { approvePriceLines, listOpenLines } from '@atpar/db/price-proposals'
import { createPool } from '@atpar/db/pool'
import { createTestDatabase, type TestDatabase } from '@atpar/testkit/postgres'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { seedCatalogue } from './seed-catalogue.ts'

vi.setConfig({ testTimeout: 60_000 })

let database: TestDatabase
let client: Client
let pool: ReturnType<typeof createPool>

beforeAll(async () => {
  database = await createTestDatabase()
  client = new Client({ connectionString: database.ownerUrl })
  await client.connect()
  await seedCatalogue(client)
  pool = createPool({ url: database.urlFor('gateway'), max: 2, applicationName: 'priced-snapshot-test' })
}, 120_000)

afterAll(async () => {
  await pool.end()
  await client.end()
  await database.drop()
})

const newestBook = async (): Promise<number> =>
  (await client.query<{ id: number }>('SELECT max(id) AS id FROM price_book')).rows[0]?.id ?? 0

const multiplyPrice = (offeringId: string, factor: number): Promise<unknown> =>
  client.query(
    `UPDATE price_version SET amount_pusd = amount_pusd * $2 WHERE offering_id = $1 AND bucket = 'output_text' AND retired_book_id IS NULL`,
    [offeringId, factor],
  )

const pricesOfBook = async (book: number): Promise<readonly unknown[]> => {
  const { rows } = await client.query(
    `SELECT offering_id, bucket, context_from, window_from_minute, amount_pusd::text, per_units::text FROM price_version
     WHERE price_book_id <= $1 AND (retired_book_id IS NULL OR retired_book_id > $1) ORDER BY 1, 2, 3, 4`,
    [book],
  )
  return rows
}

describe('the snapshot that proxies route by', () => {
  const plan = async (model: string) =>
    planAttempts({
      snapshot: await loadSnapshot(pool),
      model,
      body: {},
      allowedModels: [],
      health: () => 'closed',
      nowMs: Date.parse('2026-11-22T12:00:00Z'),
      isReachable: () => true,
    })

  test('finds a model by its alias, first at its own provider, at the published price', async () => {
    const { model, candidates } = await plan('openai/gpt-4o-mini')
    expect([model.id, candidates.map(({ providerId }) => providerId)]).toEqual([
      'gpt-4o-mini',
      ['openai', 'openrouter'],
    ])
    const rates = candidates[0]?.rates
    if (rates === undefined || rates === null) throw new Error('gpt-4o-mini is not priced')
    const rating = rateUsage({ input_uncached: 1_000, cache_read: 200, output_text: 500, output_reasoning: 0 }, rates, {
      startedAtMs: 0,
      serviceTier: null,
    })
    // 1,000 × $0.15 + 200 × $0.075 + 500 × $0.60, per million
    expect(rating).toMatchObject({ priced: true, costPusd: 465_000_000n })
  })

  test('a published book keeps its prices, whatever later ones say', async () => {
    await multiplyPrice('groq/llama-3.1-8b-instant', 2)
    const book = await newestBook()
    const before = await pricesOfBook(book)
    await seedCatalogue(client)
    await approvePriceLines(client, {
      lineIds: (await listOpenLines(client)).map(({ lineId }) => lineId),
      approver: 'Ada',
      isAutomatic: false,
    })
    expect(await newestBook()).toBe(book + 1)
    expect(await pricesOfBook(book)).toEqual(before)
    expect((await loadSnapshot(pool)).priceBookId).toBe(book + 1)
  })

  test('a model whose prices are gone is refused with 422 before any call', async () => {
    await client.query(
      `UPDATE price_version SET retired_book_id = (SELECT max(id) FROM price_book) WHERE retired_book_id IS NULL AND offering_id IN (SELECT id FROM offering WHERE model_id = 'grok-3')`,
    )
    await expect(plan('grok-3')).rejects.toMatchObject({ code: 'model_not_priced', status: 422 })
  })
})
