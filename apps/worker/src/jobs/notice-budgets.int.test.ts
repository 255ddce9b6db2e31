import { DAY_MS } from '@atpar/core/durations'
import { parseUsd } from '@atpar/core/money'
import { setBudget, type NewBudget } from '@atpar/db/budgets'
import { createDb, type Db } from '@atpar/db/client'
import { createPool, type Pool } from '@atpar/db/pool'
import { putInTeam, createTeam } from '@atpar/db/teams'
import { withTenant } from '@atpar/db/tenant'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import { createLogger } from '@atpar/observability/logger'
import type { Producer } from '@atpar/queue/producer'
import { createRedis } from '@atpar/redis/client'
import {
  createKeyWith,
  createMemberWith,
  createOrganizationWith,
  type MadeOrganization,
} from '@atpar/testkit/factories'
import { createTestDatabase, type TestDatabase } from '@atpar/testkit/postgres'
import { buildUsageEvent } from '@atpar/testkit/usage-events'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Deps } from '../deps.ts'
import { noticeBudgets } from './notice-budgets.ts'

const NOON = Date.UTC(2026, 10, 22, 12)
/** Not touched by this job. */
const redis = createRedis({ url: 'redis://127.0.0.1:1', connectionName: 'none' })
let database: TestDatabase
let db: Db
let owner: Pool
let worker: Pool
let ours: MadeOrganization
let teamId: string
let memberId: string
let keyId: string
let queued: { to: string; subject: string; text: string; jobId: string }[] = []
let refuseAfter = Infinity

const producer: Producer = {
  add: (_name, payload, options) => {
    if (queued.length >= refuseAfter) return Promise.reject(new Error('Redis is away'))
    const jobId = options?.jobId ?? ''
    if (!queued.some((job) => job.jobId === jobId))
      queued.push({ ...(payload as { to: string; subject: string; text: string }), jobId })
    return Promise.resolve()
  },
  ensureSchedules: () => Promise.resolve([]),
  close: () => Promise.resolve(),
}

beforeAll(async () => {
  database = await createTestDatabase()
  db = createDb({ url: database.ownerUrl, max: 2 })
  owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test-owner' })
  worker = createPool({ url: database.urlFor('worker'), max: 4, applicationName: 'test-worker' })
}, 60_000)
afterAll(async () => {
  redis.disconnect()
  await Promise.all([db.$disconnect(), owner.end(), worker.end()])
  await database.drop()
})

beforeEach(async () => {
  queued = []
  refuseAfter = Infinity
  ours = await createOrganizationWith(db, { name: 'Acme', owner: { email: `owner-${Math.random()}@example.test` } })
  const { orgId } = ours
  teamId = (await withTenant(db, ours.tenant, (tx) => createTeam(tx, orgId, 'Research'))).teamId
  const lead = await createMemberWith(db, orgId, { email: `lead-${Math.random()}@example.test` })
  await withTenant(db, ours.tenant, (tx) =>
    putInTeam(tx, orgId, { teamId, memberId: lead.memberId, role: 'team_admin' }),
  )
  memberId = (await createMemberWith(db, orgId, { teamId, name: 'Dev', email: `dev-${Math.random()}@example.test` }))
    .memberId
  await createMemberWith(db, orgId, { role: 'billing', email: `billing-${Math.random()}@example.test` })
  keyId = (await createKeyWith(db, { orgId, name: 'Laptop', holder: { kind: 'member', memberId, teamId } })).keyId
})

const depsAt = (nowMs: number): Deps => ({
  pool: worker,
  redis,
  producer,
  sendMail: () => Promise.resolve(),
  wallMs: () => nowMs,
  log: createLogger({ service: 'test', level: 'error' }),
  dashboardUrl: 'http://dashboard.test',
  closing: { graceMs: 0, minimumCents: 50n },
  reportSources: [],
  collecting: null,
  abandonBootMs: DAY_MS,
  anchors: null,
})

const budget = (over: Partial<NewBudget>): Promise<unknown> =>
  withTenant(db, ours.tenant, (tx) =>
    setBudget(tx, ours.orgId, {
      scope: 'key',
      scopeId: keyId,
      limitPusd: parseUsd('1'),
      period: 'day',
      hard: true,
      ...over,
    }),
  )
const spend = async (usd: string, startedAtMs: number): Promise<void> => {
  const event = buildUsageEvent({ orgId: ours.orgId, teamId, memberId, keyId, billedPusd: parseUsd(usd), startedAtMs })
  await ingestUsageEvents(owner, { events: [event] })
}
const peopleTold = () => queued.map(({ to }) => to.replace(/-.*/, '')).toSorted()

it('tells of 80 and of 100 percent once each in a period, whatever runs twice, and again in the next', async () => {
  await budget({})
  await spend('0.79', NOON)
  await noticeBudgets(depsAt(NOON))
  expect(queued).toEqual([])
  await spend('0.02', NOON)
  for (let run = 0; run < 3; run += 1) await noticeBudgets(depsAt(NOON))
  expect(peopleTold()).toEqual(['dev', 'lead'])
  await spend('0.30', NOON)
  await Promise.all([noticeBudgets(depsAt(NOON)), noticeBudgets(depsAt(NOON + 60_000))])
  const toDev = () => queued.filter(({ to }) => to.startsWith('dev'))
  expect(toDev().map(({ subject }) => subject)).toEqual([
    '80 % of the daily budget of the key "Laptop" is used',
    '100 % of the daily budget of the key "Laptop" is used',
  ])
  expect(toDev()[1]?.text).toContain(
    '$1.11 of $1.00 is used. Requests are refused from now on. It resets at 2026-11-23 00:00 UTC.',
  )
  await spend('0.95', NOON + DAY_MS)
  await noticeBudgets(depsAt(NOON + DAY_MS))
  await noticeBudgets(depsAt(NOON + DAY_MS))
  expect(toDev()).toHaveLength(3)
})

it('tells of what was crossed in the last moments of a period that is over, once, and of no budget that came later', async () => {
  const midnight = Date.UTC(2026, 10, 23)
  await budget({})
  await spend('0.95', midnight - 1_000)
  const madeAt = (atMs: number) =>
    withTenant(db, ours.tenant, (tx) =>
      tx.budget.updateMany({ where: { scopeId: keyId }, data: { createdAt: new Date(atMs) } }),
    )
  await madeAt(midnight + 1_000)
  await noticeBudgets(depsAt(midnight + 60_000))
  expect(queued).toEqual([])
  await madeAt(midnight - DAY_MS)
  await noticeBudgets(depsAt(midnight + 2 * 3_600_000))
  expect(queued).toEqual([])
  for (let run = 0; run < 2; run += 1) await noticeBudgets(depsAt(midnight + 60_000))
  expect(peopleTold()).toEqual(['dev', 'lead'])
  expect(queued[0]?.text).toContain(
    'has reached 80 %: $0.95 of $1.00 is used. Its next period has begun. This one ended at 2026-11-23 00:00 UTC.',
  )
  // The new period counts for itself.
  await spend('0.85', midnight + 1_000)
  await noticeBudgets(depsAt(midnight + 120_000))
  expect(queued).toHaveLength(4)
})

it('tells those whom the level concerns, and nobody else', async () => {
  const { orgId } = ours
  await spend('0.99', NOON)
  for (const [level, people] of [
    [{ scope: 'member', scopeId: memberId }, ['dev', 'lead']],
    [{ scope: 'team', scopeId: teamId }, ['lead', 'owner']],
    [{ scope: 'organization', scopeId: orgId }, ['billing', 'owner']],
  ] as const) {
    queued = []
    await budget({ ...level, softThresholds: [50] })
    await noticeBudgets(depsAt(NOON))
    expect(peopleTold()).toEqual(people)
  }
})

it('tells the organization’s admins of a service key in a team that nobody administers', async () => {
  const { orgId } = ours
  const lone = (await withTenant(db, ours.tenant, (tx) => createTeam(tx, orgId, 'Robots'))).teamId
  const service = await createKeyWith(db, { orgId, name: 'CI', holder: { kind: 'service', teamId: lone } })
  await budget({ scopeId: service.keyId, softThresholds: [50] })
  const event = buildUsageEvent({
    orgId,
    teamId: lone,
    keyId: service.keyId,
    billedPusd: parseUsd('0.6'),
    startedAtMs: NOON,
  })
  await ingestUsageEvents(owner, { events: [event] })
  await noticeBudgets(depsAt(NOON))
  expect(peopleTold()).toEqual(['owner'])
})

it('names the model or the tag that a budget counts alone', async () => {
  await budget({ filter: { modelId: 'gpt-4o-mini', tag: null }, softThresholds: [50] })
  await budget({ filter: { modelId: null, tag: 'nightly' }, softThresholds: [50] })
  const event = buildUsageEvent({
    orgId: ours.orgId,
    teamId,
    memberId,
    keyId,
    modelId: 'gpt-4o-mini',
    tags: ['nightly'],
    billedPusd: parseUsd('0.6'),
    startedAtMs: NOON,
  })
  await ingestUsageEvents(owner, { events: [event] })
  await noticeBudgets(depsAt(NOON))
  const toDev = queued.filter(({ to }) => to.startsWith('dev'))
  expect(toDev.map(({ subject }) => subject).toSorted()).toEqual([
    '50 % of the daily budget of the key "Laptop" for gpt-4o-mini is used',
    '50 % of the daily budget of the key "Laptop" for the tag nightly is used',
  ])
})

it('finishes what a run that could not queue everything has begun, without telling anyone twice', async () => {
  await budget({ softThresholds: [50] })
  await spend('0.60', NOON)
  refuseAfter = 1
  await expect(noticeBudgets(depsAt(NOON))).rejects.toThrow('Redis is away')
  expect(queued).toHaveLength(1)
  refuseAfter = Infinity
  await noticeBudgets(depsAt(NOON))
  expect(peopleTold()).toEqual(['dev', 'lead'])
})
