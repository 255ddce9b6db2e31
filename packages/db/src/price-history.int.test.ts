import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
// By path, not by package: the testkit builds on this package.
import { createTestDatabase, type TestDatabase } from '../../testkit/src/postgres.ts'
import { createDb, type Db } from './client.ts'
import { createPool, type Pool } from './pool.ts'
import {
  approveAsOperator,
  listPriceBooks,
  listWaitingLines,
  readAllPrices,
  readModelPrices,
  readPricesVersion,
  rejectAsOperator,
} from './price-history.ts'
import { approvePriceLines, proposePrices } from './price-proposals.ts'
import { withActor } from './tenant.ts'

let database: TestDatabase
let owner: Pool
let app: Db
const [operator, stranger] = [randomUUID(), randomUUID()]

const propose = (amountPusd: bigint) =>
  proposePrices(owner as unknown as Parameters<typeof proposePrices>[0], {
    source: 'test',
    sourceVersion: '1',
    origin: 'operator',
    changes: [
      {
        kind: 'added',
        before: null,
        after: {
          offeringId: 'openai/gpt-x',
          bucket: 'input_uncached',
          amountPusd,
          perUnits: 1n,
          contextFrom: 0,
          serviceTier: null,
          window: null,
          effectiveFrom: '2026-11-01',
          sourceUrl: 'https://example.test/prices',
          checkedOn: '2026-11-22',
        },
      },
    ],
  })

beforeAll(async () => {
  database = await createTestDatabase()
  owner = createPool({ url: database.ownerUrl, max: 1, applicationName: 'test' })
  app = createDb({ url: database.urlFor('app'), max: 2, applicationName: 'test' })
  await owner.query(
    `INSERT INTO provider (id, display_name, dialect) VALUES ('openai', 'OpenAI', 'openai-chat') ON CONFLICT DO NOTHING`,
  )
  await owner.query(`INSERT INTO model (id, display_name, family, author) VALUES ('gpt-x', 'GPT X', 'gpt', 'OpenAI')`)
  await owner.query(
    `INSERT INTO offering (id, model_id, provider_id, upstream_model) VALUES ('openai/gpt-x', 'gpt-x', 'openai', 'gpt-x')`,
  )
  await owner.query(
    `INSERT INTO app_user (id, email, name, is_operator) VALUES ($1, 'ada@example.test', 'Ada', true), ($2, 'eve@example.test', 'Eve', false)`,
    [operator, stranger],
  )
}, 60_000)
afterAll(async () => {
  await app.$disconnect()
  await owner.end()
  await database.drop()
})

describe('prices on the operator’s page', () => {
  it('are approved and rejected by operators alone, and the record names who', async () => {
    const filed = await propose(5n)
    const lineIds = (filed?.lines ?? []).map(({ lineId }) => lineId)
    expect(await listWaitingLines(app)).toMatchObject([{ kind: 'added', needsPerson: false }])
    await expect(withActor(app, stranger, (tx) => approveAsOperator(tx, lineIds))).rejects.toThrow('only an operator')
    await expect(withActor(app, stranger, (tx) => rejectAsOperator(tx, lineIds))).rejects.toThrow('only an operator')
    await expect(
      app.$queryRawUnsafe(`SELECT approve_price_lines('{${lineIds.join(',')}}'::uuid[], 'Eve', false)`),
    ).rejects.toThrow('permission denied')
    const book = await withActor(app, operator, (tx) => approveAsOperator(tx, lineIds))
    expect(await listPriceBooks(app)).toMatchObject([{ bookId: book, approvedBy: 'Ada <ada@example.test>' }])
    expect(await withActor(app, operator, (tx) => approveAsOperator(tx, lineIds))).toBeNull()
  })

  it('keep their history, with source and dates, also when another took their place', async () => {
    const client = owner as unknown as Parameters<typeof approvePriceLines>[0]
    const before = (await readModelPrices(app, 'gpt-x'))?.prices[0]
    const filed = await proposePrices(client, {
      source: 'test',
      sourceVersion: '2',
      origin: 'operator',
      changes: [
        {
          kind: 'changed',
          before: {
            offeringId: 'openai/gpt-x',
            bucket: 'input_uncached',
            amountPusd: 5n,
            perUnits: 1n,
            contextFrom: 0,
            serviceTier: null,
            window: null,
            effectiveFrom: '2026-11-01',
            sourceUrl: 'https://example.test/prices',
            checkedOn: '2026-11-22',
          },
          after: {
            offeringId: 'openai/gpt-x',
            bucket: 'input_uncached',
            amountPusd: 4n,
            perUnits: 1n,
            contextFrom: 0,
            serviceTier: null,
            window: null,
            effectiveFrom: '2026-11-10',
            sourceUrl: 'https://example.test/prices',
            checkedOn: '2026-11-22',
          },
        },
      ],
    })
    await approvePriceLines(client, {
      lineIds: (filed?.lines ?? []).map(({ lineId }) => lineId),
      approver: 'Ada',
      isAutomatic: false,
    })
    const prices = (await readModelPrices(app, 'gpt-x'))?.prices ?? []
    expect(prices.map(({ amountPusd, effectiveFrom }) => [amountPusd, effectiveFrom])).toEqual([
      [4n, '2026-11-10'],
      [5n, '2026-11-01'],
    ])
    expect(prices[1]?.retiredBookId).toBe(prices[0]?.priceBookId)
    expect(before?.sourceUrl).toBe('https://example.test/prices')
    expect(await readModelPrices(app, 'nobody')).toBeNull()
  })

  it('stand all in the public list, whose version changes with any word of it and with nothing else', async () => {
    const [listed] = await readAllPrices(app)
    expect(listed).toMatchObject({
      offeringId: 'openai/gpt-x',
      modelId: 'gpt-x',
      providerName: 'OpenAI',
      unpricedReason: null,
      retiresOn: null,
      prices: [{ amountPusd: 4n, retiredBookId: null }, { amountPusd: 5n }],
    })
    const version = await readPricesVersion(app)
    expect(await readPricesVersion(app)).toBe(version)
    await owner.query(`UPDATE offering SET retires_on = '2027-01-14' WHERE id = 'openai/gpt-x'`)
    expect(await readPricesVersion(app)).not.toBe(version)
    expect((await readAllPrices(app))[0]?.retiresOn).toBe('2027-01-14')
    const dated = await readPricesVersion(app)
    await propose(7n)
    expect(await readPricesVersion(app)).toBe(dated)
  })
})
