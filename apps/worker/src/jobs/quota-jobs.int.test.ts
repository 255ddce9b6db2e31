import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { uuidV7At } from '@atpar/core/ids'
import { nanoUsd, pusd } from '@atpar/core/money'
import { periodIdOf } from '@atpar/core/period'
import type { BudgetCounter } from '@atpar/core/quota'
import type { UsageEvent } from '@atpar/core/usage-event'
import { createPool, type Pool } from '@atpar/db/pool'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import { createLogger } from '@atpar/observability/logger'
import { createRedis, waitUntilReady, type Redis } from '@atpar/redis/client'
import { ackSettled } from '@atpar/redis/hold-records'
import { createQuota, type Quota } from '@atpar/redis/quota'
import { counterKey, keyPrefix } from '@atpar/redis/quota-keys'
import { createTestDatabase, type TestDatabase } from '@atpar/testkit/postgres'
import { startTestRedis, type TestRedis } from '@atpar/testkit/redis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createOrg, eventOf, type TestOrg } from '../../test/books.ts'
import type { Deps } from '../deps.ts'
import { auditQuota } from './audit-quota.ts'
import { freeDeadLeases } from '../quota/dead-leases.ts'
import { resolveHolds } from '../quota/resolve-holds.ts'
import { freeLateBoots } from './free-late-boots.ts'

let database: TestDatabase
let server: TestRedis
let owner: Pool
let worker: Pool
let redis: Redis
let org: TestOrg
let counter: BudgetCounter
let bootId: string
const lines: string[] = []

beforeAll(async () => {
  ;[database, server] = await Promise.all([createTestDatabase(), startTestRedis()])
  owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test-owner' })
  worker = createPool({ url: database.urlFor('worker'), max: 4, applicationName: 'test-worker' })
  redis = createRedis({ url: server.url, connectionName: 'test', commandTimeoutMs: 5_000 })
  await waitUntilReady(redis, 5_000)
}, 60_000)
afterAll(async () => {
  redis.disconnect()
  await Promise.all([owner.end(), worker.end()])
  await Promise.all([database.drop(), server.stop()])
})
beforeEach(async () => {
  lines.length = 0
  bootId = randomUUID()
  org = await createOrg(owner)
  const budgetId = randomUUID()
  await owner.query(
    `INSERT INTO budget (id, org_id, scope, scope_id, limit_pusd, period) VALUES ($1, $2, 'organization', $2, 10000000000000, 'month')`,
    [budgetId, org.id],
  )
  counter = {
    budgetId,
    periodId: periodIdOf('month', 'UTC', Date.now()),
    unit: 'usd',
    limit: 10_000_000_000n,
    version: 1,
    hard: true,
  }
})

const deps = (): Deps => ({
  pool: worker,
  redis,
  producer: {
    add: () => Promise.resolve(),
    ensureSchedules: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  },
  sendMail: () => Promise.resolve(),
  wallMs: Date.now,
  log: createLogger({
    service: 'test',
    level: 'debug',
    destination: { write: (line: string) => void lines.push(line) },
  }),
  dashboardUrl: 'http://dashboard.test',
  closing: { graceMs: 3_600_000, minimumCents: 50n },
  anchors: null,
  reportSources: [],
  collecting: null,
  abandonBootMs: 86_400_000,
})
const eventsLogged = (): string[] => lines.map((line) => (JSON.parse(line) as { msg: string }).msg)

const openQuota = async (leaseTtlMs: number, { areLeasesOff = false } = {}): Promise<Quota> => {
  const quota: Quota = createQuota({
    url: server.url,
    bootId,
    clock: { nowMs: Date.now },
    commandTimeoutMs: 1_000,
    log: () => undefined,
    leaseTimes: { ttlMs: leaseTtlMs, guardMs: 10 },
    areLeasesOff,
    rebuild: {
      withOrgLock: async (_orgId, run) => {
        await run()
        return 'ran'
      },
      readUsed: (_orgId, counters) => Promise.resolve(new Map(counters.map((each) => [counterKey(each), pusd(0n)]))),
      liveBoots: () => Promise.resolve([bootId]),
      isConcluded: () => Promise.resolve(false),
      waitShipped: () => Promise.resolve(true),
      ownReport: (orgId) => ({ bootId, seq: 0, holds: quota.openHolds(orgId) }),
    },
  })
  await quota.whenReady(5_000)
  return quota
}

const reserveOf = (requestId: string, startedAtMs: number): Parameters<Quota['reserve']>[0] => ({
  orgId: org.id,
  holdId: `${requestId}:1`,
  bootId,
  amount: nanoUsd(1_000_000n),
  deadlineMs: startedAtMs + 960_000,
  counters: [counter],
  rates: [],
  tokens: 0,
  payload: '',
})

/** A request, under a lease if there may be any, and the event that its journal will bring. */
const spend = async (quota: Quota, billed: bigint): Promise<UsageEvent> => {
  const startedAtMs = Date.now()
  const requestId = uuidV7At(startedAtMs, randomBytes(10))
  const result = await quota.reserve(reserveOf(requestId, startedAtMs))
  if (result.kind !== 'held') throw new Error(`not held: ${result.kind}`)
  quota.settle({
    orgId: org.id,
    holdId: `${requestId}:1`,
    used: nanoUsd((billed + 999n) / 1_000n),
    tokens: 0,
    eventText: '{}',
  })
  return eventOf(org, {
    requestId,
    startedAtMs,
    proxyBootId: bootId,
    leaseNumber: result.leaseNumber,
    billedPusd: pusd(billed),
    absorbedPusd: pusd(0n),
    costPusd: pusd(billed),
  })
}

const stateOf = async (): Promise<{ used: string | null; held: string | null }> => {
  const [used = null, held = null] = await redis.hmget(`${keyPrefix(org.id)}b:${counterKey(counter)}`, 'used', 'held')
  return { used, held }
}

describe('free-late-boots', () => {
  it('keeps what a dead proxy leased until its journal is whole, then frees it with exactly what was spent, however often it runs', async () => {
    const quota = await openQuota(80)
    // A pico-dollar each beyond a whole nano-dollar: rounded up request by request, as the proxy did.
    const events = [await spend(quota, 300_001n), await spend(quota, 500_001n)]
    await quota.close()
    await owner.query(`INSERT INTO proxy_boot (boot_id, proxy_id, acked_seq, last_seq) VALUES ($1, 'proxy-1', 1, 2)`, [
      bootId,
    ])
    await sleep(150)
    expect(await freeDeadLeases(deps(), org.id)).toBe(0)
    const { held } = await stateOf()
    expect(Number(held)).toBeGreaterThan(0)
    await ingestUsageEvents(owner, { events })
    await owner.query(
      'UPDATE proxy_boot SET ended_at = now(), acked_seq = 2, shipped_position = $2 WHERE boot_id = $1',
      [bootId, Number.MAX_SAFE_INTEGER],
    )
    for (let run = 0; run < 3; run += 1) {
      await freeLateBoots(deps())
      expect(await stateOf()).toEqual({ used: '802', held: '0' })
    }
    expect(eventsLogged().filter((event) => event === 'leases-freed')).toHaveLength(1)
  })

  it('keeps what a dead proxy held for single requests until its journal is whole, then gives it back long before its deadline', async () => {
    const quota = await openQuota(30_000, { areLeasesOff: true })
    const finished = await spend(quota, 300_001n)
    const startedAtMs = Date.now()
    const requestId = uuidV7At(startedAtMs, randomBytes(10))
    await quota.reserve(reserveOf(requestId, startedAtMs))
    await quota.drain(2_000)
    await owner.query(`INSERT INTO proxy_boot (boot_id, proxy_id, acked_seq, last_seq) VALUES ($1, 'proxy-1', 1, 2)`, [
      bootId,
    ])
    const killed = eventOf(org, {
      requestId,
      startedAtMs,
      proxyBootId: bootId,
      proxySeq: 2,
      outcome: 'killed',
      billedPusd: pusd(100_000n),
      costPusd: pusd(100_000n),
    })
    await ingestUsageEvents(owner, { events: [finished, killed] })
    await freeLateBoots(deps())
    expect(await stateOf()).toEqual({ used: '301', held: '1000000' })
    await owner.query(
      'UPDATE proxy_boot SET ended_at = now(), acked_seq = 2, shipped_position = $2 WHERE boot_id = $1',
      [bootId, Number.MAX_SAFE_INTEGER],
    )
    for (let run = 0; run < 3; run += 1) {
      await freeLateBoots(deps())
      expect(await stateOf()).toEqual({ used: '401', held: '0' })
    }
    await quota.close()
  })

  it('counts what comes in between its two looks, at what was billed and at the boot', async () => {
    const quota = await openQuota(30_000, { areLeasesOff: true })
    const startedAtMs = Date.now()
    const requestId = uuidV7At(startedAtMs, randomBytes(10))
    await quota.reserve(reserveOf(requestId, startedAtMs))
    await owner.query(
      `INSERT INTO proxy_boot (boot_id, proxy_id, acked_seq, last_seq, ended_at, shipped_position) VALUES ($1, 'proxy-1', 2, 2, now(), $2)`,
      [bootId, Number.MAX_SAFE_INTEGER],
    )
    const event = eventOf(org, { requestId, startedAtMs, proxyBootId: bootId, billedPusd: pusd(300_001n) })
    const shipsLate = new Proxy(worker, {
      get: (target, name) =>
        name === 'query'
          ? async (...asked: [string, unknown[]]) => {
              if (asked[0].includes('AS concluded')) await ingestUsageEvents(owner, { events: [event] })
              return target.query(...asked)
            }
          : Reflect.get(target, name),
    })
    await resolveHolds({ ...deps(), pool: shipsLate }, org.id, [bootId])
    expect(await stateOf()).toEqual({ used: '301', held: '0' })
    await quota.close()
  })
})

describe('audit-quota', () => {
  it('lets a lease be that has not told yet what it spent, shipped or not', async () => {
    const quota = await openQuota(30_000)
    const events = [await spend(quota, 90_000_000_000n), await spend(quota, 90_000_000_000n)]
    expect(events.map((event) => event.leaseNumber)).toEqual([1, 1])
    for (let round = 0; round < 3; round += 1) await auditQuota(deps())
    await ingestUsageEvents(owner, { events })
    for (let round = 0; round < 3; round += 1) await auditQuota(deps())
    await quota.drain(2_000)
    for (let round = 0; round < 3; round += 1) await auditQuota(deps())
    expect(eventsLogged()).toEqual([])
    expect(await stateOf()).toEqual({ used: '180000000', held: '0' })
    await quota.close()
  })

  it('lets each request be rounded by a nano-dollar, and sees one more', async () => {
    const quota = await openQuota(30_000, { areLeasesOff: true })
    // A pico-dollar each beyond a whole nano-dollar, which Redis counts as a whole one.
    const events = [await spend(quota, 300_001n), await spend(quota, 500_001n)]
    await ingestUsageEvents(owner, { events })
    await quota.drain(2_000)
    await ackSettled(
      redis,
      events.map(({ requestId }) => ({ orgId: org.id, holdId: `${requestId}:1` })),
    )
    const off = (by: number) => redis.hincrby(`${keyPrefix(org.id)}b:${counterKey(counter)}`, 'used', by)
    await auditQuota(deps())
    await off(1)
    await auditQuota(deps())
    expect(eventsLogged()).toEqual([])
    await off(1)
    for (let round = 0; round < 2; round += 1) await auditQuota(deps())
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { msg: 'quota-drift-seen', used: '804', expected: '801' },
      { msg: 'quota-drift-repaired', used: '804', expected: '801' },
    ])
    expect(await stateOf()).toEqual({ used: '801', held: '0' })
    await quota.close()
  })

  it('repairs in the second round what is off, and says so', async () => {
    const quota = await openQuota(30_000)
    await ingestUsageEvents(owner, { events: [await spend(quota, 90_000_000_000n)] })
    await quota.drain(2_000)
    await redis.hincrby(`${keyPrefix(org.id)}b:${counterKey(counter)}`, 'used', 7_000_000)
    await auditQuota(deps())
    expect(eventsLogged()).toEqual(['quota-drift-seen'])
    await auditQuota(deps())
    expect(eventsLogged()).toEqual(['quota-drift-seen', 'quota-drift-repaired'])
    expect(await stateOf()).toEqual({ used: '90000000', held: '0' })
    await quota.close()
  })
})
