import { randomBytes, randomUUID } from 'node:crypto'
import { uuidV7At } from '@atpar/core/ids'
import { nanoUsd, pusd, toNanoUsdCeil } from '@atpar/core/money'
import { encodeUsageRecord, type UsageEvent } from '@atpar/core/usage-event'
import { createPool, type Pool } from '@atpar/db/pool'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import { createLogger } from '@atpar/observability/logger'
import type { Producer } from '@atpar/queue/producer'
import { createRedis, waitUntilReady, type Redis } from '@atpar/redis/client'
import { createQuota, type Quota } from '@atpar/redis/quota'
import { counterKey } from '@atpar/redis/quota-keys'
import { createTestDatabase, type TestDatabase } from '@atpar/testkit/postgres'
import { startTestRedis, type TestRedis } from '@atpar/testkit/redis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { addMember, createOrg, eventOf, type TestOrg } from '../../test/books.ts'
import type { Deps } from '../deps.ts'
import { closeDuePeriods } from './close-due-periods.ts'
import { closePeriod } from './close-period.ts'
import { ensurePartitions } from './ensure-partitions.ts'
import { forgetContents } from './forget-contents.ts'
import { postUsage } from './post-usage.ts'
import { reapBoots } from './reap-boots.ts'
import { runProofs } from './run-proofs.ts'
import { sweepHolds } from './sweep-holds.ts'

let database: TestDatabase
let server: TestRedis
let owner: Pool
let worker: Pool
let redis: Redis
let quota: Quota
let org: TestOrg
const bootId = randomUUID()
const queued: { name: string; payload: unknown; jobId: string | undefined }[] = []
const lines: string[] = []

const producer: Producer = {
  add: (name, payload, options) => {
    if (!queued.some((job) => job.jobId !== undefined && job.jobId === options?.jobId))
      queued.push({ name, payload, jobId: options?.jobId })
    return Promise.resolve()
  },
  ensureSchedules: () => Promise.resolve([]),
  close: () => Promise.resolve(),
}

beforeAll(async () => {
  ;[database, server] = await Promise.all([createTestDatabase(), startTestRedis()])
  owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test-owner' })
  worker = createPool({ url: database.urlFor('worker'), max: 4, applicationName: 'test-worker' })
  redis = createRedis({ url: server.url, connectionName: 'test', commandTimeoutMs: 5_000 })
  await waitUntilReady(redis, 5_000)
  quota = createQuota({
    url: server.url,
    bootId,
    clock: { nowMs: Date.now },
    commandTimeoutMs: 1_000,
    log: () => undefined,
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
}, 60_000)
afterAll(async () => {
  await quota.close()
  redis.disconnect()
  await Promise.all([owner.end(), worker.end()])
  await Promise.all([database.drop(), server.stop()])
})
beforeEach(async () => {
  queued.length = 0
  lines.length = 0
  await owner.query('DELETE FROM proxy_boot')
  org = await createOrg(owner)
})

const depsAt = (overrides: Partial<Deps> = {}): Deps => ({
  pool: worker,
  redis,
  producer,
  sendMail: () => Promise.resolve(),
  wallMs: Date.now,
  log: createLogger({
    service: 'test',
    level: 'debug',
    destination: { write: (line: string) => void lines.push(line) },
  }),
  dashboardUrl: 'http://dashboard.test',
  closing: { graceMs: 3_600_000, minimumCents: 50n },
  reportSources: [],
  collecting: null,
  abandonBootMs: 86_400_000,
  anchors: null,
  ...overrides,
})
const eventsLogged = (): string[] => lines.map((line) => (JSON.parse(line) as { msg: string }).msg)

const counter = () => ({
  budgetId: org.id,
  periodId: '2026-11',
  unit: 'usd' as const,
  limit: 10_000_000_000n,
  version: 1,
  hard: true,
})
const stateOf = async () => {
  const states = await quota.readStates(org.id, [counter()])
  return { used: states?.[0]?.used, held: states?.[0]?.held }
}
const reserve = async (event: UsageEvent, deadlineMs: number): Promise<string> => {
  const holdId = `${event.requestId}:1`
  const result = await quota.reserve({
    orgId: org.id,
    holdId,
    bootId: event.proxyBootId,
    amount: nanoUsd(2_000_000_000n),
    deadlineMs,
    counters: [counter()],
    rates: [],
    tokens: 0,
    payload: encodeUsageRecord(event),
  })
  expect(result.kind).toBe('held')
  return holdId
}
const newEvent = (overrides: Partial<UsageEvent> = {}): UsageEvent => {
  const startedAtMs = Date.now()
  return eventOf(org, {
    requestId: uuidV7At(startedAtMs, randomBytes(10)),
    startedAtMs,
    proxyBootId: bootId,
    ...overrides,
  })
}
const addBoot = (
  acked: number,
  last: number,
  more: { concluded?: boolean; silentSeconds?: number; id?: string } = {},
) =>
  owner.query(
    `INSERT INTO proxy_boot (boot_id, proxy_id, acked_seq, last_seq, ended_at, shipped_position, last_seen_at) VALUES ($1, 'proxy-1', $2, $3, $4, $5, now() - make_interval(secs => $6))`,
    [
      more.id ?? bootId,
      acked,
      last,
      more.concluded === true ? new Date() : null,
      more.concluded === true ? Number.MAX_SAFE_INTEGER : 0,
      more.silentSeconds ?? 0,
    ],
  )
const countEvents = async (): Promise<Record<string, number>> => {
  const { rows } = await owner.query<{ outcome: string; count: number }>(
    'SELECT outcome, count(*)::int AS count FROM usage_event WHERE org_id = $1 GROUP BY 1',
    [org.id],
  )
  return Object.fromEntries(rows.map((row) => [row.outcome, row.count]))
}

describe('sweep-holds', () => {
  it('brings an event that only Redis has to Postgres, once, and forgets the record', async () => {
    const event = newEvent()
    const holdId = await reserve(event, Date.now() + 60_000)
    quota.settle({
      orgId: org.id,
      holdId,
      used: toNanoUsdCeil(event.billedPusd),
      tokens: 0,
      eventText: encodeUsageRecord(event),
    })
    await quota.drain(2_000)
    await sweepHolds(depsAt(), 60_000)
    expect(await countEvents()).toEqual({})
    // Redis' clock is read in whole seconds: one ahead counts as now.
    await sweepHolds(depsAt(), -1_000)
    await sweepHolds(depsAt(), -1_000)
    expect(await countEvents()).toEqual({ ok: 1 })
    expect(eventsLogged().filter((name) => name === 'events-rescued')).toHaveLength(1)
    expect(await redis.exists(`q:{${org.id}}:h:${holdId}`)).toBe(0)
  })

  it('turns a hold past its deadline into what its request billed, when its event is in Postgres', async () => {
    await addBoot(0, 1)
    const event = newEvent()
    await reserve(event, Date.now() - 1)
    await ingestUsageEvents(worker, { events: [event] })
    await sweepHolds(depsAt())
    expect(await stateOf()).toEqual({ used: toNanoUsdCeil(event.billedPusd), held: 0n })
    await sweepHolds(depsAt())
    expect(await stateOf()).toEqual({ used: toNanoUsdCeil(event.billedPusd), held: 0n })
  })

  it('keeps narrowing the room while the boot that held may still have the event', async () => {
    await addBoot(4, 5)
    await reserve(newEvent(), Date.now() - 1)
    await sweepHolds(depsAt())
    expect(await stateOf()).toEqual({ used: 0n, held: 2_000_000_000n })
    expect(await countEvents()).toEqual({})
  })

  it('gives the room back without an event when the living boot began no such request', async () => {
    await addBoot(5, 5)
    await reserve(newEvent(), Date.now() - 1)
    await sweepHolds(depsAt())
    expect(await stateOf()).toEqual({ used: 0n, held: 0n })
    expect(await countEvents()).toEqual({})
  })

  it('ends a request as killed when its boot is dead, shipped to the last line and silent about it', async () => {
    await addBoot(5, 5, { concluded: true })
    await reserve(newEvent(), Date.now() - 1)
    await sweepHolds(depsAt())
    await sweepHolds(depsAt())
    expect(await stateOf()).toEqual({ used: 0n, held: 0n })
    expect(await countEvents()).toEqual({ killed: 1 })
  })
})

describe('the other jobs, each run more than once', () => {
  it('ensure-partitions makes the months ahead of a moved clock and then nothing', async () => {
    await owner.query(`INSERT INTO platform_setting (key, value) VALUES ('clock_offset_ms', to_jsonb($1::bigint))`, [
      200 * 86_400_000,
    ])
    await ensurePartitions(depsAt())
    await ensurePartitions(depsAt())
    expect(eventsLogged().filter((name) => name === 'partitions-made')).toHaveLength(1)
    expect(eventsLogged()).not.toContain('default-partition-used')
    await owner.query(`DELETE FROM platform_setting WHERE key = 'clock_offset_ms'`)
  })

  it('ensure-partitions raises an alarm for an event that fits no month', async () => {
    await ingestUsageEvents(worker, {
      events: [
        newEvent({
          startedAtMs: Date.UTC(2019, 0, 5),
          requestId: uuidV7At(Date.UTC(2019, 0, 5), randomBytes(10)),
          billingPeriod: '2019-01-01',
        }),
      ],
    })
    await ensurePartitions(depsAt())
    expect(eventsLogged()).toContain('default-partition-used')
    await owner.query('DELETE FROM usage_event WHERE org_id = $1', [org.id])
    await owner.query('DELETE FROM usage_rollup_hourly WHERE org_id = $1', [org.id])
  })

  it('post-usage posts each difference once', async () => {
    await ingestUsageEvents(worker, { events: [newEvent(), newEvent()] })
    await Promise.all([postUsage(depsAt()), postUsage(depsAt()), postUsage(depsAt())])
    await ingestUsageEvents(worker, { events: [newEvent({ billedPusd: pusd(1n) })] })
    await postUsage(depsAt())
    const { rows } = await owner.query(
      'SELECT sum(amount_pusd)::text AS unbilled, count(*)::int AS postings FROM ledger_entry WHERE org_id = $1 AND account = $2',
      [org.id, 'unbilled_usage'],
    )
    expect(rows).toEqual([{ unbilled: (2n * 1_230_000_000_123n + 1n).toString(), postings: 2 }])
  })

  it('close-due-periods queues the earliest month that is over, for organizations that used it', async () => {
    const january = (month: number) => Date.UTC(2026, month, 15)
    await ingestUsageEvents(worker, {
      events: [
        eventOf(org, { startedAtMs: january(8) }),
        eventOf(org, { startedAtMs: january(9) }),
        eventOf(org, { startedAtMs: january(11) }),
      ],
    })
    await closeDuePeriods(depsAt({ wallMs: () => Date.UTC(2026, 10, 1, 0, 30) }))
    expect(queued.filter((job) => (job.payload as { orgId: string }).orgId === org.id)).toMatchObject([
      { name: 'close-period', payload: { period: '2026-09-01' } },
    ])
  })

  it('close-period issues the invoice, writes to the owners and the billing members, and repeats itself without harm', async () => {
    await addMember(owner, org, { email: `owner-${org.slug}@example.com`, role: 'owner' })
    await addMember(owner, org, { email: `viewer-${org.slug}@example.com`, role: 'viewer' })
    await ingestUsageEvents(worker, { events: [eventOf(org, { startedAtMs: Date.UTC(2026, 9, 15) })] })
    const deps = depsAt({ wallMs: () => Date.UTC(2026, 10, 2) })
    await closePeriod(deps, { orgId: org.id, period: '2026-10-01' })
    await closePeriod(deps, { orgId: org.id, period: '2026-10-01' })
    expect(queued).toHaveLength(1)
    expect(queued[0]).toMatchObject({
      name: 'send-email',
      payload: {
        to: `owner-${org.slug}@example.com`,
        subject: `Invoice ATPAR-${org.slug}-2026-10 is ready`,
        text: expect.stringContaining('The total is $1.23.') as string,
      },
    })
  })

  it('close-period leaves a blocked month open and says why', async () => {
    await ingestUsageEvents(worker, { events: [eventOf(org, { startedAtMs: Date.UTC(2026, 9, 15) })] })
    await addBoot(1, 2, { id: randomUUID() })
    await closePeriod(depsAt({ wallMs: () => Date.UTC(2026, 10, 2) }), { orgId: org.id, period: '2026-10-01' })
    expect(eventsLogged()).toContain('close-blocked')
    expect(queued).toEqual([])
  })

  it('run-proofs stores what it found and is silent when all holds, loud when not', async () => {
    await ingestUsageEvents(worker, { events: [newEvent()] })
    await runProofs(depsAt())
    expect(eventsLogged()).not.toContain('proof-failed')
    await owner.query('UPDATE usage_rollup_hourly SET billed_pusd = billed_pusd + 1 WHERE org_id = $1', [org.id])
    await runProofs(depsAt())
    expect(eventsLogged()).toContain('proof-failed')
    const { rows } = await owner.query(
      `SELECT count(*)::int AS runs, count(*) FILTER (WHERE difference_pusd > 0)::int AS off FROM proof_run WHERE org_id = $1 AND proof = 'P1'`,
      [org.id],
    )
    expect(rows).toEqual([{ runs: 2, off: 1 }])
  })

  it('reap-boots ends the silent, waits for their journals, revives who was only cut off, and writes off a lost disk after its time', async () => {
    const [silent, owing, cutOff, alive] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
    await addBoot(3, 3, { id: silent, silentSeconds: 90 })
    await addBoot(3, 4, { id: owing, silentSeconds: 90 })
    await addBoot(3, 3, { id: alive })
    await addBoot(3, 3, { id: cutOff })
    await owner.query(`UPDATE proxy_boot SET ended_at = now() - interval '1 minute' WHERE boot_id = $1`, [cutOff])
    await reapBoots(depsAt())
    await reapBoots(depsAt())
    const ended = async () =>
      (await owner.query<{ boot_id: string }>('SELECT boot_id FROM proxy_boot WHERE ended_at IS NOT NULL')).rows.map(
        (row) => row.boot_id,
      )
    expect(await ended()).toEqual([silent])
    await reapBoots(depsAt({ abandonBootMs: 60_000 }))
    expect((await ended()).toSorted()).toEqual([silent, owing].toSorted())
    expect(eventsLogged()).toContain('journal-lost')
  })

  it('forget-contents deletes what is past its time, says how much, and nothing where there is nothing', async () => {
    const [due, kept] = [randomUUID(), randomUUID()]
    await owner.query(`INSERT INTO content_policy (org_id, holder_id, days) VALUES ($1, $1, 7)`, [org.id])
    for (const [requestId, days] of [
      [due, 8],
      [kept, 6],
    ])
      await owner.query(
        `INSERT INTO kept_content (org_id, request_id, holder_id, created_at, expires_at, sealed, sealing_key_id)
         VALUES ($1, $2, $1, now() - make_interval(days => $3), now() + make_interval(days => 7 - $3), 'sealed', 'k')`,
        [org.id, requestId, days],
      )
    await forgetContents(depsAt())
    await forgetContents(depsAt())
    const { rows } = await owner.query('SELECT request_id FROM kept_content WHERE org_id = $1', [org.id])
    expect(rows).toEqual([{ request_id: kept }])
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({ msg: 'contents-forgotten', requests: 1 }),
    ])
  })
})
