import { randomUUID } from 'node:crypto'
import { pusd } from '@atpar/core/money'
import { createPool, type Pool } from '@atpar/db/pool'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import { createTestDatabase, type TestDatabase } from '@atpar/testkit/postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOrg, eventOf, type TestOrg } from '../../test/books.ts'
import { watchMetering } from './watch-metering.ts'

let database: TestDatabase
let owner: Pool
let worker: Pool
let org: TestOrg
beforeAll(async () => {
  database = await createTestDatabase()
  owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test-owner' })
  worker = createPool({ url: database.urlFor('worker'), max: 4, applicationName: 'test-worker' })
  org = await createOrg(owner)
}, 60_000)
afterAll(async () => {
  await Promise.all([owner.end(), worker.end()])
  await database.drop()
})

const stated = (modelId: string, theirs: bigint) =>
  eventOf(org, {
    modelId,
    startedAtMs: Date.now(),
    billedPusd: pusd(1_000_000n),
    providerStatedCostPusd: pusd(theirs),
  })
const openIncidents = async (): Promise<readonly unknown[]> =>
  (
    await owner.query(
      `SELECT kind, subject, difference_pusd::text AS difference FROM incident WHERE closed_at IS NULL ORDER BY kind, subject`,
    )
  ).rows

describe('watching what is metered', () => {
  const day = new Date().toISOString().slice(0, 10)

  it('opens one incident for a model whose provider charges more than 0.1 % other than our prices say', async () => {
    await ingestUsageEvents(worker, {
      events: [
        stated('exact', 1_000_000n),
        stated('within', 1_000_999n),
        stated('above', 998_000n),
        stated('above', 998_000n),
      ],
    })
    await watchMetering(worker)
    await watchMetering(worker)
    expect(await openIncidents()).toEqual([{ kind: 'stated-cost', subject: `openai/above/${day}`, difference: '4000' }])
  })

  it('names usage without a price, and records in quarantine until they are resolved', async () => {
    await owner.query('UPDATE incident SET closed_at = now()')
    await ingestUsageEvents(worker, {
      events: [
        eventOf(org, {
          startedAtMs: Date.now(),
          modelServed: 'gpt-99',
          costPusd: pusd(0n),
          billedPusd: pusd(0n),
          absorbedReason: 'unpriced',
        }),
      ],
    })
    await owner.query(`INSERT INTO usage_quarantine (id, raw, error) VALUES ($1, '{}', 'no such thing')`, [
      randomUUID(),
    ])
    await watchMetering(worker)
    expect(await openIncidents()).toMatchObject([
      { kind: 'quarantine' },
      { kind: 'stated-cost' },
      { kind: 'unpriced-usage', subject: 'openai/gpt-99/' },
    ])
    await owner.query('UPDATE usage_quarantine SET resolved_at = now()')
    await watchMetering(worker)
    expect(await openIncidents()).toHaveLength(2)
  })
})
