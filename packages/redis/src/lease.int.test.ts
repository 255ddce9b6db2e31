import { setTimeout as sleep } from 'node:timers/promises'
import { fromNanoUsd, nanoUsd, type NanoUsd } from '@atpar/core/money'
import type { BudgetCounter } from '@atpar/core/quota'
import { startTestRedis, type TestRedis } from '@atpar/testkit/redis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createRedis, waitUntilReady, type Redis } from './client.ts'
import { freeLeases, listSuspendedLeases } from './lease-records.ts'
import { createQuota } from './quota.ts'
import type { Quota, QuotaDeps } from './quota-contract.ts'
import { budgetCounter, createTruth, DOLLAR, rateLimit, reserveInput, silentLog, type Truth } from './quota-fixtures.ts'

let server: TestRedis
let redis: Redis
let truth: Truth
let opened: Quota[] = []

/** A tenth of the real times, so that what takes a minute takes six seconds, and most of it one. */
const TIMES = { ttlMs: 3_000, guardMs: 200, renewMs: 300, idleMs: 600, retryMs: 50, tightMs: 100, reportMs: 5 }

const open = async (bootId: string, over: Partial<QuotaDeps> = {}): Promise<Quota> => {
  const quota: Quota = createQuota({
    url: server.url,
    bootId,
    clock: { nowMs: Date.now },
    commandTimeoutMs: 500,
    rebuild: truth.sources(bootId, () => quota.openHolds('org-1')),
    log: silentLog,
    leaseTimes: TIMES,
    ...over,
  })
  opened.push(quota)
  expect(await quota.whenReady(5_000)).toBe(true)
  return quota
}

beforeAll(async () => {
  server = await startTestRedis({ appendonly: true })
  redis = createRedis({ url: server.url, connectionName: 'test' })
  await waitUntilReady(redis, 5_000)
})
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})
beforeEach(async () => {
  await waitUntilReady(redis, 5_000)
  await redis.flushall()
  truth = createTruth()
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((quota) => quota.close()))
})

const HOLD = nanoUsd(500_000n)

interface Spending {
  readonly bootId: string
  readonly counter: BudgetCounter
  readonly used: NanoUsd
}

/** One request as a proxy makes it; resolves to what became of it. */
const request = async (
  quota: Quota,
  holdId: string,
  { bootId, counter, used }: Spending,
): Promise<'billed' | 'refused' | 'again' | 'unavailable'> => {
  const result = await quota.reserve(reserveInput({ holdId, bootId, amount: HOLD, counters: [counter] }))
  if (result.kind === 'unavailable') return 'unavailable'
  if (result.kind === 'refused') return result.retryAfterMs === null ? 'refused' : 'again'
  await sleep(1 + (holdId.length % 5))
  truth.settle({
    requestId: holdId.slice(0, -2),
    bootId,
    counters: [counter],
    billed: fromNanoUsd(used),
    leaseNumber: result.leaseNumber,
  })
  quota.settle({ orgId: 'org-1', holdId, used, tokens: 0, eventText: '{}' })
  return 'billed'
}

const stateOf = async (quota: Quota, counter = budgetCounter()) =>
  (await quota.readStates('org-1', [counter]))?.[0] ?? { used: -1n, held: -1n }

const until = async (isSo: () => Promise<boolean> | boolean, withinMs = 8_000): Promise<void> => {
  const deadline = performance.now() + withinMs
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`it did not come to pass within ${withinMs} ms`)
    await sleep(10)
  }
}

describe('a lease', () => {
  it('admits and settles with no round trip of its own, and is counted exactly when given back', async () => {
    const quota = await open('boot-1')
    const counter = budgetCounter({ limit: 100n * DOLLAR })
    const spending = { bootId: 'boot-1', counter, used: nanoUsd(300_000n) }
    await request(quota, 'first:1', spending)
    const before = quota.stats()
    for (let n = 0; n < 200; n += 1) expect(await request(quota, `request-${n}:1`, spending)).toBe('billed')
    const after = quota.stats()
    expect(after.byLease - before.byLease).toBe(200)
    expect(after.roundTrips - before.roundTrips).toBeLessThan(10)
    await quota.drain(5_000)
    expect(await stateOf(quota, counter)).toMatchObject({ used: 201n * 300_000n, held: 0n })
  })

  it('is given back when it lies idle', async () => {
    const quota = await open('boot-1')
    await request(quota, 'first:1', { bootId: 'boot-1', counter: budgetCounter(), used: nanoUsd(7n) })
    expect((await stateOf(quota)).held).toBeGreaterThan(0n)
    await until(() => quota.stats().leases === 0)
    expect(await stateOf(quota)).toMatchObject({ used: 7n, held: 0n })
  })

  it('is not taken near a limit, nor where concurrent requests are limited', async () => {
    const quota = await open('boot-1')
    const narrow = budgetCounter({ limit: HOLD * 399n })
    await request(quota, 'a:1', { bootId: 'boot-1', counter: narrow, used: HOLD })
    await quota.reserve(
      reserveInput({ holdId: 'b:1', amount: nanoUsd(1n), rates: [rateLimit({ concurrency: 1_000 })] }),
    )
    expect(quota.stats()).toMatchObject({ byLease: 0, byRedis: 2 })
  })

  it('takes a share of the requests and tokens of a minute, and gives back what it did not use', async () => {
    const quota = await open('boot-1')
    const rates = [rateLimit({ requestsPerMinute: 1_000, tokensPerMinute: 1_000_000 })]
    const input = reserveInput({ counters: [], rates, tokens: 100 })
    const result = await quota.reserve(input)
    expect(result).toMatchObject({ kind: 'held', leaseNumber: 1 })
    if (result.kind !== 'held') return
    expect(result.rates[0]?.remainingRequests).toBeLessThanOrEqual(950)
    quota.settle({ orgId: 'org-1', holdId: input.holdId, used: nanoUsd(0n), tokens: 40, eventText: '{}' })
    await quota.drain(5_000)
    const next = await quota.reserve({ ...input, holdId: 'next:1' })
    expect(next.kind === 'held' && next.rates[0]?.remainingRequests).toBeGreaterThanOrEqual(998)
  })

  it('ends at once when a budget was edited', async () => {
    const quota = await open('boot-1')
    const spending = { bootId: 'boot-1', used: nanoUsd(1n) }
    await request(quota, 'a:1', { ...spending, counter: budgetCounter() })
    const lowered = budgetCounter({ limit: 5n, version: 2 })
    expect(await request(quota, 'b:1', { ...spending, counter: lowered })).toBe('refused')
  })

  it('lets a stream grow within it without asking, beyond it by asking', async () => {
    const quota = await open('boot-1')
    const counter = budgetCounter({ limit: DOLLAR })
    await quota.reserve(reserveInput({ holdId: 'a:1', amount: HOLD, counters: [counter] }))
    const before = quota.stats().roundTrips
    expect(await quota.extend('org-1', 'a:1', { amount: HOLD, tokens: 0 })).toBe('extended')
    expect(quota.stats().roundTrips).toBe(before)
    expect(await quota.extend('org-1', 'a:1', { amount: nanoUsd(DOLLAR / 2n), tokens: 0 })).toBe('extended')
    expect(await quota.extend('org-1', 'a:1', { amount: nanoUsd(DOLLAR / 2n), tokens: 0 })).toBe('refused')
    quota.settle({ orgId: 'org-1', holdId: 'a:1', used: nanoUsd(DOLLAR / 2n), tokens: 0, eventText: '{}' })
    await quota.drain(5_000)
    expect(await stateOf(quota, counter)).toMatchObject({ used: DOLLAR / 2n, held: 0n })
  })
})

describe('1,000 callers at once on $1.00 through four proxies', () => {
  it(
    'bill at most $1.00, mostly by lease, and leave at most 5 % once refusals stick',
    { timeout: 30_000 },
    async () => {
      const counter = budgetCounter({ limit: DOLLAR })
      const proxies = await Promise.all(['boot-1', 'boot-2', 'boot-3', 'boot-4'].map((bootId) => open(bootId)))
      await until(() => proxies.every((quota) => quota.stats().liveProxies >= 1))
      let next = 0
      const spent: Promise<void>[] = Array.from({ length: 1_000 }, async (_, client) => {
        const index = client % 4
        const quota = proxies[index]
        if (quota === undefined) return
        const spending = {
          bootId: `boot-${index + 1}`,
          counter,
          used: nanoUsd(BigInt(100_000 + (client % 7) * 60_000)),
        }
        for (;;) {
          next += 1
          const outcome = await request(quota, `request-${next}:1`, spending)
          if (outcome === 'refused') return
          if (outcome !== 'billed') await sleep(100)
        }
      })
      await Promise.all(spent)
      const counts = proxies.map((quota) => quota.stats())
      const byLease = counts.reduce((sum, each) => sum + each.byLease, 0)
      const byRedis = counts.reduce((sum, each) => sum + each.byRedis, 0)
      await Promise.all(proxies.map((quota) => quota.drain(5_000)))
      const [first] = proxies
      const { used, held } = first === undefined ? { used: 0n, held: 0n } : await stateOf(first, counter)
      expect(held).toBe(0n)
      expect(fromNanoUsd(nanoUsd(used))).toBe(truth.sum(counter))
      expect(used).toBeLessThanOrEqual(DOLLAR)
      expect(DOLLAR - used).toBeLessThanOrEqual(DOLLAR / 20n)
      expect(byLease).toBeGreaterThanOrEqual(byRedis)
    },
  )
})

describe('a proxy that died', () => {
  it('leaves its lease in suspense, where it narrows the room until it is freed with exactly what was spent', async () => {
    const quota = await open('boot-1')
    const counter = budgetCounter()
    for (let n = 0; n < 5; n += 1) await request(quota, `r-${n}:1`, { bootId: 'boot-1', counter, used: nanoUsd(11n) })
    await quota.close()
    const other = await open('boot-2')
    const { held, used } = await stateOf(other)
    expect(held).toBeGreaterThan(0n)
    await until(async () => (await listSuspendedLeases(redis, 'org-1')).length === 1)
    const [lease] = await listSuspendedLeases(redis, 'org-1')
    expect(lease).toMatchObject({ bootId: 'boot-1', number: 1 })
    expect(await stateOf(other)).toMatchObject({ held, used })
    for (let n = 0; n < 2; n += 1)
      await freeLeases(redis, 'org-1', [{ leaseId: lease?.leaseId ?? '', amount: nanoUsd(55n), tokens: 0 }])
    expect(await stateOf(other)).toMatchObject({ used: 55n, held: 0n })
    expect(await listSuspendedLeases(redis, 'org-1')).toEqual([])
  })
})

describe('Redis lost', () => {
  it('is made again with what leases consumed and hold, each request counted once', { timeout: 20_000 }, async () => {
    const counter = budgetCounter({ limit: DOLLAR })
    const proxies = await Promise.all(['boot-1', 'boot-2'].map((bootId) => open(bootId, { commandTimeoutMs: 1_000 })))
    const shipping = setInterval(() => truth.ship(), 25)
    let isRunning = true
    let next = 0
    const clients = Array.from({ length: 24 }, async (_, client) => {
      const quota = proxies[client % 2]
      while (isRunning && quota !== undefined) {
        next += 1
        const spending = { bootId: `boot-${(client % 2) + 1}`, counter, used: nanoUsd(20_000n) }
        if ((await request(quota, `request-${next}:1`, spending)) !== 'billed') await sleep(20)
      }
    })
    await sleep(400)
    await redis.flushall()
    await sleep(800)
    await redis.flushall()
    await sleep(800)
    isRunning = false
    await Promise.all(clients)
    truth.ship()
    await Promise.all(proxies.map((quota) => quota.drain(10_000)))
    clearInterval(shipping)
    const [first] = proxies
    const state = first === undefined ? { used: 0n } : await stateOf(first, counter)
    expect(fromNanoUsd(nanoUsd(state.used))).toBe(truth.sum(counter))
    expect(state).toMatchObject({ held: 0n })
    expect(proxies.reduce((sum, quota) => sum + quota.stats().byLease, 0)).toBeGreaterThan(100)
  })

  it(
    'lets a hard budget go on to the end of its lease, then fails closed, and comes back',
    { timeout: 20_000 },
    async () => {
      const quota = await open('boot-1', { commandTimeoutMs: 50 })
      const spending = { bootId: 'boot-1', counter: budgetCounter({ limit: 100n * DOLLAR }), used: nanoUsd(10n) }
      expect(await request(quota, 'a:1', spending)).toBe('billed')
      await server.kill9()
      await sleep(50)
      expect(await request(quota, 'b:1', spending)).toBe('billed')
      let n = 0
      await until(async () => {
        n += 1
        return (await request(quota, `c-${n}:1`, spending)) === 'unavailable'
      })
      expect(quota.stats().byAllowance).toBe(0)
      truth.ship()
      await server.restart()
      await until(async () => {
        truth.ship()
        n += 1
        return (await request(quota, `d-${n}:1`, spending)) === 'billed'
      })
      truth.ship()
      await quota.drain(5_000)
      expect(fromNanoUsd(nanoUsd((await stateOf(quota, spending.counter)).used))).toBe(truth.sum(spending.counter))
    },
  )

  it(
    'lets callers without a hard budget spend a bounded allowance, which is booked afterwards',
    { timeout: 20_000 },
    async () => {
      const quota = await open('boot-1', { commandTimeoutMs: 50, areLeasesOff: true })
      const counter = budgetCounter({ hard: false, limit: DOLLAR })
      const spending = { bootId: 'boot-1', counter, used: HOLD }
      expect(await request(quota, 'a:1', spending)).toBe('billed')
      await quota.drain(1_000)
      await redis.client('PAUSE', 1_500)
      const outcomes: string[] = []
      for (let n = 0; n < 60; n += 1) outcomes.push(await request(quota, `b-${n}:1`, spending))
      // One percent of the room is some 19 requests; the breaker's probes may find Redis paused still.
      const admitted = outcomes.filter((outcome) => outcome === 'billed').length
      expect(admitted).toBe(quota.stats().byAllowance)
      expect(admitted).toBeGreaterThanOrEqual(15)
      expect(admitted).toBeLessThanOrEqual(20)
      await until(() => quota.pending() === 0)
      expect((await stateOf(quota, counter)).used).toBe(BigInt(admitted + 1) * HOLD)
    },
  )
})
