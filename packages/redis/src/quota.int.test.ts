import { setTimeout as sleep } from 'node:timers/promises'
import { nanoUsd } from '@atpar/core/money'
import { startTestRedis, type TestRedis } from '@atpar/testkit/redis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createRedis, waitUntilReady, type Redis } from './client.ts'
import { ackSettled, dropSuspense, listSettled, sweepExpired } from './hold-records.ts'
import { createQuota } from './quota.ts'
import type { Quota } from './quota-contract.ts'
import { budgetCounter, createTruth, DOLLAR, rateLimit, reserveInput, silentLog, type Truth } from './quota-fixtures.ts'

let server: TestRedis
let redis: Redis
let truth: Truth
let quota: Quota

const openQuota = async (
  bootId: string,
  over: { commandTimeoutMs?: number; maxPending?: number } = {},
): Promise<Quota> => {
  const opened: Quota = createQuota({
    url: server.url,
    bootId,
    clock: { nowMs: Date.now },
    commandTimeoutMs: over.commandTimeoutMs ?? 2_000,
    areLeasesOff: true,
    rebuild: truth.sources(bootId, () => opened.openHolds('org-1')),
    log: silentLog,
    ...(over.maxPending === undefined ? {} : { maxPending: over.maxPending }),
  })
  expect(await opened.whenReady(5_000)).toBe(true)
  return opened
}

const readState = async (counter = budgetCounter()) => (await quota.readStates('org-1', [counter]))?.[0]

beforeAll(async () => {
  server = await startTestRedis()
  redis = createRedis({ url: server.url, connectionName: 'test' })
  await waitUntilReady(redis, 5_000)
})
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})
beforeEach(async () => {
  await redis.flushall()
  truth = createTruth()
  quota = await openQuota('boot-1')
})
afterEach(() => quota.close())

describe('reserve', () => {
  it('never holds or bills more than $0.05 under 200 parallel requests from two proxies', async () => {
    const other = await openQuota('boot-2')
    const counter = budgetCounter({ limit: nanoUsd(DOLLAR / 20n) })
    const results = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const proxy = index % 2 === 0 ? quota : other
        const holdId = `request-${index}:1`
        const result = await proxy.reserve(reserveInput({ holdId, counters: [counter], amount: nanoUsd(1_300_000n) }))
        if (result.kind !== 'held') return result
        await sleep(index % 7)
        proxy.settle({ orgId: 'org-1', holdId, used: nanoUsd(1_200_000n), tokens: 0, eventText: '{}' })
        return result
      }),
    )
    await Promise.all([quota.drain(5_000), other.drain(5_000)])
    const held = results.filter((result) => result.kind === 'held').length
    expect(held).toBeGreaterThanOrEqual(38)
    expect(results.some((result) => result.kind === 'refused')).toBe(true)
    expect(results.filter((result) => result.kind === 'unavailable')).toEqual([])
    expect(await readState(counter)).toMatchObject({ used: BigInt(held) * 1_200_000n, held: 0n })
    expect(BigInt(held) * 1_200_000n).toBeLessThanOrEqual(DOLLAR / 20n)
    await other.close()
  })

  it('holds on every level or on none, and names the tightest budget that refuses', async () => {
    const wide = budgetCounter({ budgetId: 'wide' })
    const narrow = budgetCounter({ budgetId: 'narrow', limit: nanoUsd(10n) })
    const result = await quota.reserve(reserveInput({ counters: [narrow, wide], amount: nanoUsd(11n) }))
    expect(result).toEqual({
      kind: 'refused',
      reason: 'budget',
      counter: narrow,
      state: { budgetId: 'narrow', periodId: '2026-11', unit: 'usd', limit: 10n, used: 0n, held: 0n },
      retryAfterMs: null,
    })
    expect(await readState(wide)).toMatchObject({ held: 0n })
    expect(await readState(narrow)).toMatchObject({ held: 0n })
  })

  it('counts a soft budget without refusing', async () => {
    const soft = budgetCounter({ hard: false, limit: nanoUsd(1n) })
    expect(await quota.reserve(reserveInput({ counters: [soft], amount: nanoUsd(50n) }))).toMatchObject({
      kind: 'held',
      states: [{ held: 50n, limit: 1n }],
    })
  })

  it('answers a repeated reserve with the same hold', async () => {
    await quota.reserve(reserveInput({ amount: nanoUsd(7n) }))
    expect(await quota.reserve(reserveInput({ amount: nanoUsd(7n) }))).toMatchObject({
      kind: 'held',
      states: [{ held: 7n }],
    })
    expect(await readState()).toMatchObject({ held: 7n })
  })

  it('starts a counter this epoch has not met from what Postgres has billed', async () => {
    truth.settle({ requestId: 'old', bootId: 'boot-1', counters: [budgetCounter()], billed: 999_999_999_000n })
    truth.ship()
    const result = await quota.reserve(reserveInput({ amount: nanoUsd(2n) }))
    expect(result).toMatchObject({ kind: 'refused', reason: 'budget', state: { used: 999_999_999n } })
    expect(await quota.reserve(reserveInput({ amount: nanoUsd(1n) }))).toMatchObject({ kind: 'held' })
  })

  it('takes a newer limit and ignores an older one', async () => {
    await quota.reserve(reserveInput({ holdId: 'a:1', amount: nanoUsd(5n) }))
    const lowered = budgetCounter({ limit: nanoUsd(8n), version: 3 })
    expect(
      await quota.reserve(reserveInput({ holdId: 'b:1', amount: nanoUsd(5n), counters: [lowered] })),
    ).toMatchObject({ kind: 'refused', state: { limit: 8n } })
    const stale = budgetCounter({ limit: nanoUsd(DOLLAR), version: 2 })
    expect(await quota.reserve(reserveInput({ holdId: 'c:1', amount: nanoUsd(5n), counters: [stale] }))).toMatchObject({
      kind: 'refused',
      state: { limit: 8n },
    })
  })

  it('keeps every digit of amounts near the cap', async () => {
    const limit = nanoUsd(9_007_199_254_740_991n)
    const counter = budgetCounter({ limit })
    await quota.reserve(reserveInput({ holdId: 'a:1', counters: [counter], amount: nanoUsd(9_007_199_254_740_990n) }))
    expect(
      await quota.reserve(reserveInput({ holdId: 'b:1', counters: [counter], amount: nanoUsd(2n) })),
    ).toMatchObject({ kind: 'refused', state: { held: 9_007_199_254_740_990n } })
    quota.settle({ orgId: 'org-1', holdId: 'a:1', used: nanoUsd(9_007_199_254_740_989n), tokens: 0, eventText: '' })
    await quota.drain(1_000)
    expect(await readState(counter)).toEqual({
      budgetId: 'budget-1',
      unit: 'usd',
      periodId: '2026-11',
      limit,
      used: 9_007_199_254_740_989n,
      held: 0n,
    })
  })

  it('rejects an amount that the script could not compare exactly', async () => {
    await expect(quota.reserve(reserveInput({ amount: nanoUsd(-1n) }))).rejects.toThrow(RangeError)
    await expect(quota.reserve(reserveInput({ amount: nanoUsd(2n ** 53n) }))).rejects.toThrow(RangeError)
  })
})

describe('batching', () => {
  const scriptCalls = async (): Promise<number> =>
    Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0)

  it('sends all operations of an organization in one turn as one script call, in order', async () => {
    await readState()
    const before = await scriptCalls()
    const results = await Promise.all(
      Array.from({ length: 100 }, async (_, n) => {
        const reserving = quota.reserve(reserveInput({ holdId: `r-${n}:1`, amount: nanoUsd(10n) }))
        if (n % 2 === 0) quota.release('org-1', `r-${n}:1`)
        return await reserving
      }),
    )
    expect((await scriptCalls()) - before).toBe(2)
    expect(results.every((result) => result.kind === 'held')).toBe(true)
    await quota.drain(1_000)
    expect(await readState()).toMatchObject({ held: 500n })
  })

  it('goes on when the server has forgotten the script', async () => {
    await readState()
    await redis.script('FLUSH')
    expect(await quota.reserve(reserveInput())).toMatchObject({ kind: 'held' })
  })
})

describe('settle, release, extend', () => {
  it('counts a repeated settle once and ignores a release after it', async () => {
    await quota.reserve(reserveInput({ amount: nanoUsd(100n) }))
    const settle = () =>
      quota.settle({ orgId: 'org-1', holdId: 'request-1:1', used: nanoUsd(40n), tokens: 0, eventText: '{}' })
    settle()
    settle()
    quota.release('org-1', 'request-1:1')
    await quota.drain(1_000)
    expect(await readState()).toMatchObject({ used: 40n, held: 0n })
    expect(quota.pending()).toBe(0)
  })

  it('refuses a reserve that arrives after its own release', async () => {
    quota.release('org-1', 'request-1:1')
    await quota.drain(1_000)
    expect(await quota.reserve(reserveInput())).toEqual({ kind: 'unavailable', cause: 'timeout' })
    expect(await readState()).toMatchObject({ held: 0n })
  })

  it('extends within the room and refuses beyond it', async () => {
    const counter = budgetCounter({ limit: nanoUsd(100n) })
    await quota.reserve(reserveInput({ counters: [counter], amount: nanoUsd(60n) }))
    expect(await quota.extend('org-1', 'request-1:1', { amount: nanoUsd(40n), tokens: 0 })).toBe('extended')
    expect(await quota.extend('org-1', 'request-1:1', { amount: nanoUsd(1n), tokens: 0 })).toBe('refused')
    expect(quota.openHolds('org-1')).toMatchObject([{ holdId: 'request-1:1', amount: 100n }])
    quota.release('org-1', 'request-1:1')
    await quota.drain(1_000)
    expect(await readState(counter)).toMatchObject({ used: 0n, held: 0n })
  })

  it('settles on the counters of the hold, whatever period it is by then', async () => {
    const october = budgetCounter({ periodId: '2026-10' })
    await quota.reserve(reserveInput({ counters: [october], amount: nanoUsd(10n) }))
    await quota.reserve(reserveInput({ holdId: 'b:1' }))
    quota.settle({ orgId: 'org-1', holdId: 'request-1:1', used: nanoUsd(12n), tokens: 0, eventText: '{}' })
    await quota.drain(1_000)
    expect(await readState(october)).toMatchObject({ used: 12n, held: 0n })
    expect(await readState()).toMatchObject({ used: 0n })
  })
})

describe('a budget that counts tokens', () => {
  it('holds, extends and settles tokens beside the money of the others', async () => {
    const tokens = budgetCounter({ budgetId: 'tokens', unit: 'tokens', limit: 1_000n })
    const input = reserveInput({ counters: [budgetCounter(), tokens], amount: nanoUsd(7n), tokens: 600 })
    expect(await quota.reserve(input)).toMatchObject({
      states: [
        { unit: 'usd', held: 7n },
        { unit: 'tokens', held: 600n },
      ],
    })
    expect(await quota.extend('org-1', 'request-1:1', { amount: nanoUsd(1n), tokens: 401 })).toBe('refused')
    expect(await quota.extend('org-1', 'request-1:1', { amount: nanoUsd(1n), tokens: 400 })).toBe('extended')
    expect(await quota.reserve({ ...input, holdId: 'request-2:1', tokens: 1 })).toMatchObject({
      kind: 'refused',
      counter: tokens,
    })
    quota.settle({ orgId: 'org-1', holdId: 'request-1:1', used: nanoUsd(5n), tokens: 900, eventText: '{}' })
    await quota.drain(1_000)
    expect(await readState()).toMatchObject({ used: 5n, held: 0n })
    expect(await readState(tokens)).toMatchObject({ used: 900n, held: 0n })
  })
})

describe('rates', () => {
  it('admits exactly the requests of a minute at once, then says how long to wait, and consumes nothing on refusal', async () => {
    const limit = rateLimit({ requestsPerMinute: 30 })
    const results = await Promise.all(
      Array.from({ length: 40 }, async (_, index) =>
        quota.reserve(reserveInput({ holdId: `r-${index}:1`, rates: [limit], amount: nanoUsd(1n) })),
      ),
    )
    expect(results.filter((result) => result.kind === 'held')).toHaveLength(30)
    const refused = results.find((result) => result.kind === 'refused')
    expect(refused).toMatchObject({ reason: 'requests_per_minute', limit })
    expect(refused !== undefined && 'retryAfterMs' in refused && refused.retryAfterMs).toBeLessThanOrEqual(2_000)
    expect(await readState()).toMatchObject({ held: 30n })
  })

  it('corrects tokens at settle', async () => {
    const limit = rateLimit({ tokensPerMinute: 1_000 })
    expect(await quota.reserve(reserveInput({ holdId: 'a:1', rates: [limit], tokens: 900 }))).toMatchObject({
      kind: 'held',
      rates: [{ remainingTokens: 100 }],
    })
    expect(await quota.reserve(reserveInput({ holdId: 'b:1', rates: [limit], tokens: 900 }))).toMatchObject({
      kind: 'refused',
      reason: 'tokens_per_minute',
    })
    quota.settle({ orgId: 'org-1', holdId: 'a:1', used: nanoUsd(1n), tokens: 50, eventText: '' })
    await quota.drain(1_000)
    expect(await quota.reserve(reserveInput({ holdId: 'c:1', rates: [limit], tokens: 900 }))).toMatchObject({
      kind: 'held',
    })
  })

  it('are read without counting anything', async () => {
    const limit = rateLimit({ requestsPerMinute: 6, tokensPerMinute: 1_000, concurrency: 3 })
    await quota.reserve(reserveInput({ holdId: 'a:1', counters: [], rates: [limit], tokens: 250 }))
    for (let reading = 0; reading < 3; reading += 1)
      expect(await quota.readRates('org-1', [limit])).toMatchObject([
        { limit, remainingRequests: 5, concurrent: 1, remainingTokens: expect.closeTo(750, -1) },
      ])
    quota.settle({ orgId: 'org-1', holdId: 'a:1', used: nanoUsd(0n), tokens: 250, eventText: '{}' })
    expect(await quota.readRates('org-1', [limit])).toMatchObject([{ remainingRequests: 5, concurrent: 0 }])
  })

  it('lets a request larger than the whole token limit run when the limit is free', async () => {
    const limit = rateLimit({ tokensPerMinute: 1_000 })
    expect(await quota.reserve(reserveInput({ holdId: 'a:1', rates: [limit], tokens: 5_000 }))).toMatchObject({
      kind: 'held',
    })
    expect(await quota.reserve(reserveInput({ holdId: 'b:1', rates: [limit], tokens: 1 }))).toMatchObject({
      kind: 'refused',
      reason: 'tokens_per_minute',
    })
  })

  it('counts concurrent requests and gives the place back on settle and on release', async () => {
    const limit = rateLimit({ concurrency: 2 })
    const reserve = (holdId: string) => quota.reserve(reserveInput({ holdId, rates: [limit], amount: nanoUsd(1n) }))
    await reserve('a:1')
    expect(await reserve('b:1')).toMatchObject({ kind: 'held', rates: [{ concurrent: 2 }] })
    expect(await reserve('c:1')).toMatchObject({ kind: 'refused', reason: 'concurrency' })
    quota.settle({ orgId: 'org-1', holdId: 'a:1', used: nanoUsd(1n), tokens: 0, eventText: '' })
    quota.release('org-1', 'b:1')
    await quota.drain(1_000)
    expect(await reserve('d:1')).toMatchObject({ kind: 'held', rates: [{ concurrent: 1 }] })
  })
})

describe('the second witness', () => {
  it('keeps a settled event until it is acknowledged', async () => {
    await quota.reserve(reserveInput())
    quota.settle({ orgId: 'org-1', holdId: 'request-1:1', used: nanoUsd(1n), tokens: 0, eventText: '{"event":"é"}' })
    await quota.drain(1_000)
    expect(await listSettled(redis, 'org-1', 60_000)).toEqual([])
    expect(await listSettled(redis, 'org-1', -1_000)).toEqual([{ holdId: 'request-1:1', eventText: '{"event":"é"}' }])
    await ackSettled(redis, [{ orgId: 'org-1', holdId: 'request-1:1' }])
    expect(await listSettled(redis, 'org-1', -1_000)).toEqual([])
    expect(await redis.keys('q:{org-1}:h:*')).toEqual([])
  })

  it('moves an expired hold to suspense, where it narrows the room until it is dropped', async () => {
    const past = Date.now() - 1_000
    await quota.reserve(reserveInput({ amount: nanoUsd(30n), deadlineMs: past }))
    quota.note('org-1', 'request-1:1', '{"attempt":2}')
    expect(await readState()).toMatchObject({ held: 30n })
    const expected = [
      { holdId: 'request-1:1', bootId: 'boot-1', amount: 30n, deadlineMs: past, payload: '{"attempt":2}' },
    ]
    expect(await sweepExpired(redis, 'org-1', { nowMs: Date.now() })).toEqual(expected)
    expect(await sweepExpired(redis, 'org-1', { nowMs: Date.now() })).toEqual(expected)
    expect(await readState()).toMatchObject({ held: 30n })
    await dropSuspense(redis, 'org-1', [{ holdId: 'request-1:1', used: nanoUsd(4n), tokens: 0 }])
    await dropSuspense(redis, 'org-1', [{ holdId: 'request-1:1', used: nanoUsd(9n), tokens: 0 }])
    expect(await readState()).toMatchObject({ held: 0n, used: 4n })
    expect(await sweepExpired(redis, 'org-1', { nowMs: Date.now() })).toEqual([])
  })

  it('takes the holds of a dead boot for expired, and no others', async () => {
    await quota.reserve(reserveInput({ amount: nanoUsd(30n), deadlineMs: Date.now() + 60_000 }))
    const swept = (deadBoots: readonly string[]) => sweepExpired(redis, 'org-1', { nowMs: Date.now(), deadBoots })
    expect(await swept([])).toEqual([])
    expect(await swept(['boot-2'])).toEqual([])
    expect(await swept(['boot-2', 'boot-1'])).toMatchObject([{ holdId: 'request-1:1', bootId: 'boot-1', amount: 30n }])
    expect(await readState()).toMatchObject({ held: 30n })
  })

  it('lets a late settle end a suspended hold', async () => {
    await quota.reserve(reserveInput({ amount: nanoUsd(30n), deadlineMs: Date.now() - 1 }))
    await sweepExpired(redis, 'org-1', { nowMs: Date.now() })
    quota.settle({ orgId: 'org-1', holdId: 'request-1:1', used: nanoUsd(20n), tokens: 0, eventText: '' })
    await quota.drain(1_000)
    expect(await readState()).toMatchObject({ held: 0n, used: 20n })
    expect(await sweepExpired(redis, 'org-1', { nowMs: Date.now() })).toEqual([])
  })
})
