import { DAY_MS } from '@atpar/core/durations'
import { parseUsd, pusd } from '@atpar/core/money'
import { periodIdOf } from '@atpar/core/period'
import type { BudgetCounter } from '@atpar/core/quota'
import { countInputTokens, countOutputTokens, USAGE_BUCKETS, type UsageUnits } from '@atpar/core/usage'
import { afterAll, beforeAll, expect, it } from 'vitest'
// By path, not by package: the testkit builds on this package.
import { createOrganizationWith, type MadeOrganization } from '../../testkit/src/factories.ts'
import { createTestDatabase, type TestDatabase } from '../../testkit/src/postgres.ts'
import { buildUsageEvent } from '../../testkit/src/usage-events.ts'
import { setBudget, type NewBudget } from './budgets.ts'
import { createDb, type Db } from './client.ts'
import { countSettledAttempts, readCountedUsage } from './counted-usage.ts'
import { createPool, type Pool } from './pool.ts'
import { withTenant } from './tenant.ts'
import { ingestUsageEvents } from './usage-ingest.ts'

const NOON = Date.UTC(2026, 10, 15, 12)
const NOTHING_LEFT_OUT = { requestIds: [], leases: [] }
/** One of each, so that a bucket which is counted in one place and not in the other shows. */
const UNITS: UsageUnits = Object.fromEntries(USAGE_BUCKETS.map((bucket, index) => [bucket, 2 ** index]))

let database: TestDatabase
let app: Db
let owner: Pool
let worker: Pool
let acme: MadeOrganization

beforeAll(async () => {
  database = await createTestDatabase()
  app = createDb({ url: database.urlFor('app'), max: 2 })
  owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test' })
  worker = createPool({ url: database.urlFor('worker'), max: 2, applicationName: 'test' })
  acme = await createOrganizationWith(app, { name: 'Acme' })
  const event = (atMs: number, tags: readonly string[], modelId = 'gpt-4o') =>
    buildUsageEvent({ orgId: acme.orgId, startedAtMs: atMs, tags, modelId, units: UNITS, billedPusd: pusd(1_001n) })
  await ingestUsageEvents(owner, {
    events: [
      event(NOON, []),
      event(NOON + 60_000, ['night']),
      event(NOON + 3_600_000, ['night'], 'gpt-4o-mini'),
      event(NOON - DAY_MS, ['night']),
      buildUsageEvent({ startedAtMs: NOON }),
    ],
  })
}, 60_000)
afterAll(async () => {
  await app.$disconnect()
  await Promise.all([owner.end(), worker.end()])
  await database.drop()
})

const counterOf = async (budget: Partial<NewBudget>): Promise<BudgetCounter> => {
  const { id } = await withTenant(app, acme.tenant, (tx) =>
    setBudget(tx, acme.orgId, {
      scope: 'organization',
      scopeId: acme.orgId,
      limitPusd: budget.unit === 'tokens' ? pusd(0n) : parseUsd('1'),
      period: 'day',
      hard: true,
      ...budget,
    }),
  )
  const periodId = periodIdOf('day', 'UTC', NOON)
  return { budgetId: id, periodId, unit: budget.unit ?? 'usd', limit: 1n, version: 1, hard: true }
}

it('a counter has as many settled attempts as events of its level, period, model and tag', async () => {
  const counters = [
    await counterOf({}),
    await counterOf({ filter: { modelId: 'gpt-4o', tag: null } }),
    await counterOf({ filter: { modelId: null, tag: 'night' } }),
  ]
  expect(await countSettledAttempts(worker, acme.orgId, { counters, nowMs: NOON })).toEqual([3n, 2n, 2n])
})

it('Postgres counts the same buckets in tokens as the proxy does', async () => {
  const counters = [await counterOf({ unit: 'tokens', limitTokens: 1_000n })]
  const used = await readCountedUsage(worker, acme.orgId, { counters, except: NOTHING_LEFT_OUT, nowMs: NOON })
  expect(used).toEqual([BigInt(3 * (countInputTokens(UNITS) + countOutputTokens(UNITS)))])
})
