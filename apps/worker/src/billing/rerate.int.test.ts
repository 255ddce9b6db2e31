import { randomUUID } from 'node:crypto'
import { pusd } from '@atpar/core/money'
import { holds } from '@atpar/core/proofs'
import type { UsageEvent } from '@atpar/core/usage-event'
import { createPool, type Pool } from '@atpar/db/pool'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import { createTestDatabase, type TestDatabase } from '@atpar/testkit/postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createOrg, eventOf, type TestOrg } from '../../test/books.ts'
import { closePeriod } from './close-period.ts'
import { postAllUsage } from './post-ledger.ts'
import { proveAll } from './prove.ts'
import { rerateUsage } from './rerate.ts'

vi.setConfig({ testTimeout: 60_000 })

const OCTOBER = '2026-10-01'
const NOVEMBER = '2026-11-01'
const OFFERING = 'openai/gpt-4o-mini'
const LIST_PRICE = 1_000_000n

let database: TestDatabase
let owner: Pool
let worker: Pool
let org: TestOrg

beforeAll(async () => {
  database = await createTestDatabase()
  owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test-owner' })
  worker = createPool({ url: database.urlFor('worker'), max: 6, applicationName: 'test-worker' })
  await owner.query(
    `INSERT INTO provider (id, display_name, dialect) VALUES ('openai', 'OpenAI', 'openai-chat') ON CONFLICT DO NOTHING`,
  )
  await owner.query(
    `INSERT INTO model (id, display_name, family, author) VALUES ('gpt-4o-mini', 'Mini', 'gpt', 'OpenAI')`,
  )
  await owner.query(
    `INSERT INTO offering (id, model_id, provider_id, upstream_model) VALUES ($1, 'gpt-4o-mini', 'openai', 'gpt-4o-mini')`,
    [OFFERING],
  )
}, 60_000)
afterAll(async () => {
  await Promise.all([owner.end(), worker.end()])
  await database.drop()
})

let firstBook = 0
beforeEach(async () => {
  org = await createOrg(owner)
  await owner.query(
    'TRUNCATE usage_event, usage_rollup_hourly; DELETE FROM price_rerating; DELETE FROM price_proposal_line; DELETE FROM price_version; DELETE FROM proxy_boot',
  )
  firstBook = await addBook()
  await addPrice(firstBook, 'input_uncached', LIST_PRICE, '2026-01-01')
  await addPrice(firstBook, 'output_text', LIST_PRICE * 4n, '2026-01-01')
})

const addBook = async (): Promise<number> => {
  const { rows } = await owner.query<{ id: number }>(
    `INSERT INTO price_book (source, source_version, approved_by) VALUES ('test', '1', 'Ada') RETURNING id`,
  )
  return rows[0]?.id ?? 0
}
const addPrice = (book: number, bucket: string, perToken: bigint, from: string): Promise<unknown> =>
  owner.query(
    `INSERT INTO price_version (id, offering_id, price_book_id, bucket, amount_pusd, per_units, effective_from, source_url, checked_on)
    VALUES ($1, $2, $3, $4, $5, 1, $6, 'https://example.test/prices', '2026-11-22')`,
    [randomUUID(), OFFERING, book, bucket, perToken.toString(), from],
  )

/** What approving a line does: the old row retired, the new one in a new book, and the book noted for re-rating. */
const learnPrice = async (bucket: string, perToken: bigint, from: string): Promise<number> => {
  const book = await addBook()
  await owner.query(
    'UPDATE price_version SET retired_book_id = $1 WHERE offering_id = $2 AND bucket = $3 AND retired_book_id IS NULL',
    [book, OFFERING, bucket],
  )
  await addPrice(book, bucket, perToken, from)
  await owner.query('INSERT INTO price_rerating (price_book_id, from_day) VALUES ($1, $2)', [book, from])
  return book
}

/** 1,000 tokens in, 20 out, at the first book's prices. */
const usage = (day: string, changes: Partial<UsageEvent> = {}): UsageEvent =>
  eventOf(org, {
    startedAtMs: Date.parse(`${day}T12:00:00Z`),
    priceBookId: firstBook,
    units: { input_uncached: 1_000, output_text: 20 },
    billedPusd: pusd(1_000n * LIST_PRICE + 80n * LIST_PRICE),
    ...changes,
  })

const corrections = async (): Promise<{ readonly count: number; readonly billed: string }> => {
  const { rows } = await owner.query<{ count: number; billed: string }>(
    `SELECT count(*)::int AS count, coalesce(sum(billed_pusd), 0)::text AS billed FROM usage_event WHERE org_id = $1 AND kind = 'correction'`,
    [org.id],
  )
  return rows[0] ?? { count: 0, billed: '' }
}
const failedProofs = async (period: string): Promise<readonly string[]> =>
  (await proveAll(worker, { orgId: org.id, period })).filter((proof) => !holds(proof)).map(({ proof }) => proof)

const close = (period: string, nowMs: number) =>
  closePeriod(worker, { orgId: org.id, period, nowMs, graceMs: 3_600_000, minimumCents: 0n })

describe('a list price that fell before we knew', () => {
  it('is given back by itself: the issued invoice stays, the open one has a credit line, and the proofs hold', async () => {
    await ingestUsageEvents(worker, { events: [usage('2026-10-09'), usage('2026-10-12'), usage('2026-11-12')] })
    const october = await close(OCTOBER, Date.UTC(2026, 10, 1, 2))
    expect(october.kind).toBe('closed')
    await learnPrice('input_uncached', LIST_PRICE / 4n, '2026-10-10')
    expect(await rerateUsage(worker)).toMatchObject([{ lookedAt: 2, corrected: 2, creditedPusd: 1_500n * LIST_PRICE }])
    await postAllUsage(worker)
    expect(await failedProofs(OCTOBER)).toEqual([])
    expect(await failedProofs(NOVEMBER)).toEqual([])

    const november = await close(NOVEMBER, Date.UTC(2026, 11, 1, 2))
    if (november.kind !== 'closed') throw new Error(november.reason)
    expect(november.invoice.usagePusd).toBe(1_080n * LIST_PRICE - 1_500n * LIST_PRICE)
    const { rows } = await owner.query(
      `SELECT kind, billing_period::text, amount_pusd::text AS amount FROM invoice_line WHERE invoice_id = $1 AND kind <> 'carry_over' ORDER BY position`,
      [november.invoice.id],
    )
    expect(rows).toEqual([
      { kind: 'usage', billing_period: NOVEMBER, amount: (1_080n * LIST_PRICE).toString() },
      { kind: 'price_correction', billing_period: OCTOBER, amount: (-750n * LIST_PRICE).toString() },
      { kind: 'price_correction', billing_period: NOVEMBER, amount: (-750n * LIST_PRICE).toString() },
    ])
    expect(await failedProofs(NOVEMBER)).toEqual([])
    expect(await failedProofs(OCTOBER)).toEqual([])
  })

  it('is given back once, however often and by however many it is run', async () => {
    await ingestUsageEvents(worker, { events: Array.from({ length: 30 }, () => usage('2026-11-12')) })
    const book = await learnPrice('input_uncached', 0n, '2026-11-10')
    await Promise.all([rerateUsage(worker), rerateUsage(worker)])
    await owner.query(`UPDATE price_rerating SET status = 'waiting', finished_at = NULL WHERE price_book_id = $1`, [
      book,
    ])
    expect(await rerateUsage(worker)).toMatchObject([{ lookedAt: 30, corrected: 0 }])
    expect(await corrections()).toEqual({ count: 30, billed: (-30_000n * LIST_PRICE).toString() })
  })

  it('survives its own end in the middle: nothing is lost and nothing given twice', async () => {
    const events = Array.from({ length: 1_200 }, () => usage('2026-11-12'))
    await ingestUsageEvents(worker, { events })
    await learnPrice('input_uncached', LIST_PRICE / 2n, '2026-11-10')
    const query = worker.query.bind(worker)
    const broken = Object.assign(Object.create(worker) as Pool, {
      query: (text: unknown, ...rest: unknown[]) =>
        typeof text === 'string' && text.startsWith('UPDATE price_rerating SET reached_request')
          ? Promise.reject(new Error('the power went out'))
          : Reflect.apply(query, worker, [text, ...rest]),
    })
    await expect(rerateUsage(broken)).rejects.toThrow('the power went out')
    expect((await corrections()).count).toBe(1_000)
    await rerateUsage(worker)
    expect(await corrections()).toEqual({ count: 1_200, billed: (-600_000n * LIST_PRICE).toString() })
    await postAllUsage(worker)
    expect(await failedProofs(NOVEMBER)).toEqual([])
  })

  it('reaches every attempt, also where requests of one batch have more of them than are written at once', async () => {
    const attempts = Array.from({ length: 700 }, () => usage('2026-11-12')).flatMap((event) =>
      [1, 2, 3].map((attempt) => ({ ...event, attempt })),
    )
    for (let at = 0; at < attempts.length; at += 700)
      await ingestUsageEvents(worker, { events: attempts.slice(at, at + 700) })
    await learnPrice('input_uncached', 0n, '2026-11-10')
    expect(await rerateUsage(worker)).toMatchObject([{ lookedAt: 2_100, corrected: 2_100 }])
  })

  it('reaches usage that arrives after the first look', async () => {
    const book = await learnPrice('input_uncached', 0n, '2026-11-10')
    await rerateUsage(worker)
    await ingestUsageEvents(worker, { events: [usage('2026-11-12')] })
    expect(await rerateUsage(worker)).toEqual([])
    await owner.query(`UPDATE price_rerating SET finished_at = now() - interval '30 hours' WHERE price_book_id = $1`, [
      book,
    ])
    expect(await rerateUsage(worker)).toMatchObject([{ corrected: 1 }])
  })
})

describe('a list price that rose before we knew', () => {
  it('is not applied backwards, and what fell after it starts from what was billed', async () => {
    await ingestUsageEvents(worker, { events: [usage('2026-11-12')] })
    await learnPrice('input_uncached', LIST_PRICE * 2n, '2026-11-10')
    await rerateUsage(worker)
    expect((await corrections()).count).toBe(0)
    await learnPrice('input_uncached', LIST_PRICE / 2n, '2026-11-11')
    await rerateUsage(worker)
    expect(await corrections()).toEqual({ count: 1, billed: (-500n * LIST_PRICE).toString() })
    await learnPrice('input_uncached', LIST_PRICE / 5n, '2026-11-11')
    await rerateUsage(worker)
    expect(await corrections()).toEqual({ count: 2, billed: (-800n * LIST_PRICE).toString() })
  })
})

describe('usage whose model had no price', () => {
  it('gets its cost once the price is approved, on us', async () => {
    const nothing = {
      billedPusd: pusd(0n),
      absorbedPusd: pusd(0n),
      costPusd: pusd(0n),
      absorbedReason: 'unpriced',
    } as const
    await ingestUsageEvents(worker, {
      events: [usage('2026-11-12', { ...nothing, units: { input_uncached: 1_000, searches: 3 } })],
    })
    await learnPrice('searches', 10_000_000_000n, '2026-11-01')
    await rerateUsage(worker)
    const { rows } = await owner.query(
      `SELECT cost_pusd::text AS cost, billed_pusd::text AS billed, absorbed_pusd::text AS absorbed FROM usage_event WHERE org_id = $1 AND kind = 'correction'`,
      [org.id],
    )
    const cost = (1_000n * LIST_PRICE + 30_000_000_000n).toString()
    expect(rows).toEqual([{ cost, billed: '0', absorbed: cost }])
    await postAllUsage(worker)
    expect(await failedProofs(NOVEMBER)).toEqual([])
  })
})
