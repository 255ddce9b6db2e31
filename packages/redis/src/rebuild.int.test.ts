import { mkdirSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fromNanoUsd, nanoUsd, type NanoUsd } from '@atpar/core/money'
import { startTestRedis, type TestRedis } from '@atpar/testkit/redis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRedis, waitUntilReady, type Redis } from './client.ts'
import { ackSettled, listSettled } from './hold-records.ts'
import { createQuota } from './quota.ts'
import type { Quota } from './quota-contract.ts'
import { budgetCounter, createTruth, DOLLAR, rateLimit, reserveInput, type Truth } from './quota-fixtures.ts'

let server: TestRedis
let redis: Redis
let truth: Truth
const open: Quota[] = []
const logged: string[] = []

const openQuota = async (bootId: string, over: { silentBootMs?: number } = {}): Promise<Quota> => {
  const quota: Quota = createQuota({
    url: server.url,
    bootId,
    clock: { nowMs: Date.now },
    commandTimeoutMs: 1_000,
    areLeasesOff: true,
    leaseTimes: { ttlMs: 250 },
    rebuild: truth.sources(bootId, () => quota.openHolds('org-1')),
    log: (event) => logged.push(event),
    ...over,
  })
  open.push(quota)
  expect(await quota.whenReady(5_000)).toBe(true)
  return quota
}

beforeEach(async () => {
  server = await startTestRedis({ appendonly: true })
  redis = createRedis({ url: server.url, connectionName: 'test' })
  await waitUntilReady(redis, 5_000)
  truth = createTruth()
  logged.length = 0
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((quota) => quota.close()))
  redis.disconnect()
  await server.stop()
})

const counter = budgetCounter({ limit: nanoUsd(DOLLAR / 10n) })
const AMOUNT = nanoUsd(2_000_000n)

/** What a proxy does at the end of a request: journal first, then Redis, in one turn. */
const finish = (quota: Quota, bootId: string, end: { readonly holdId: string; readonly used: NanoUsd }): void => {
  truth.settle({
    requestId: end.holdId.split(':')[0] ?? '',
    bootId,
    counters: [counter],
    billed: fromNanoUsd(end.used),
  })
  quota.settle({ orgId: 'org-1', holdId: end.holdId, used: end.used, tokens: 0, eventText: '{}' })
}

const waitFor = async <Value>(read: () => Promise<Value | undefined>): Promise<Value> => {
  const deadline = Date.now() + 8_000
  for (;;) {
    const value = await read()
    if (value !== undefined) return value
    if (Date.now() > deadline) throw new Error('it did not come to pass within 8 s')
    await sleep(20)
  }
}

const readState = (quota: Quota) => waitFor(async () => (await quota.readStates('org-1', [counter]))?.[0])

describe('a rebuild', () => {
  it('counts open, settled, shipped and unshipped requests of two proxies exactly once', async () => {
    const first = await openQuota('boot-1')
    const second = await openQuota('boot-2')
    for (const [quota, boot] of [
      [first, 'boot-1'],
      [second, 'boot-2'],
    ] as const) {
      for (const n of [1, 2, 3])
        expect(
          await quota.reserve(
            reserveInput({ holdId: `${boot}-${n}:1`, bootId: boot, counters: [counter], amount: AMOUNT }),
          ),
        ).toMatchObject({ kind: 'held' })
      finish(quota, boot, { holdId: `${boot}-1:1`, used: nanoUsd(1_500_000n) })
    }
    await Promise.all([first.drain(1_000), second.drain(1_000)])
    truth.ship('boot-1')
    await redis.flushall()
    // boot-2's settled event is in its journal only: the rebuild has to wait for it.
    const reading = first.readStates('org-1', [counter])
    await sleep(100)
    expect(await redis.exists('q:{org-1}:epoch')).toBe(0)
    truth.ship('boot-2')
    expect((await reading)?.[0]).toMatchObject({ used: 3_000_000n, held: 8_000_000n })

    for (const [quota, boot] of [
      [first, 'boot-1'],
      [second, 'boot-2'],
    ] as const) {
      finish(quota, boot, { holdId: `${boot}-2:1`, used: nanoUsd(1_000_000n) })
      quota.release('org-1', `${boot}-3:1`)
    }
    await Promise.all([first.drain(1_000), second.drain(1_000)])
    expect(await readState(first)).toMatchObject({ used: 5_000_000n, held: 0n })
    expect(truth.sum(counter)).toBe(5_000_000_000n)
  })

  it('does not count twice what is reported open and shipped before the sum is read', async () => {
    const quota = await openQuota('boot-1')
    const slow = await openQuota('boot-2')
    await quota.reserve(reserveInput({ holdId: 'a:1', counters: [counter], amount: AMOUNT }))
    await slow.reserve(reserveInput({ holdId: 'b:1', bootId: 'boot-2', counters: [counter], amount: AMOUNT }))
    finish(slow, 'boot-2', { holdId: 'b:1', used: nanoUsd(9n) })
    await slow.drain(1_000)
    await redis.flushall()
    const reading = quota.readStates('org-1', [counter])
    // Both have reported; the coordinator waits for boot-2's journal. Now the request that was reported open ends and is shipped.
    await waitFor(async () => ((await redis.keys('q:{org-1}:rb:*')).length > 0 ? true : undefined))
    await sleep(50)
    finish(quota, 'boot-1', { holdId: 'a:1', used: nanoUsd(1_000_000n) })
    truth.ship()
    await reading
    await quota.drain(2_000)
    expect(await readState(quota)).toMatchObject({ used: 1_000_009n, held: 0n })
  })

  it('gives up rather than count too little while a journal is not shipped, and says so as unavailable', async () => {
    const quota: Quota = createQuota({
      url: server.url,
      bootId: 'boot-1',
      clock: { nowMs: Date.now },
      commandTimeoutMs: 1_000,
      rebuildWaitMs: 300,
      rebuild: { ...truth.sources('boot-1', () => quota.openHolds('org-1')), waitShipped: async () => false },
      log: (event) => logged.push(event),
    })
    open.push(quota)
    await quota.whenReady(5_000)
    expect(await quota.reserve(reserveInput({ counters: [counter] }))).toEqual({
      kind: 'unavailable',
      cause: 'rebuilding',
    })
    expect(logged).toContain('quota-rebuild-failed')
    expect(await redis.exists('q:{org-1}:epoch')).toBe(0)
  })

  it('waits a bounded time for a live boot that says nothing', async () => {
    truth.live.add('frozen')
    const quota = await openQuota('boot-1', { silentBootMs: 200 })
    expect(await quota.reserve(reserveInput({ counters: [counter] }))).toMatchObject({ kind: 'held' })
    expect(logged).toContain('quota-rebuild-silent-boot')
  })

  it('waits for what a killed boot left open until its journal is whole, and no longer', async () => {
    const dead = await openQuota('dead')
    await dead.reserve(reserveInput({ holdId: 'lost:1', bootId: 'dead', counters: [counter], amount: AMOUNT }))
    await dead.close()
    await redis.flushall()
    const quota = await openQuota('boot-1', { silentBootMs: 60_000 })
    const reading = readState(quota)
    // Longer than a lease of these tests lasts.
    await sleep(400)
    expect(await redis.exists('q:{org-1}:epoch')).toBe(0)
    truth.settle({ requestId: 'lost', bootId: 'dead', counters: [counter], billed: 7_000n })
    truth.ship()
    truth.live.delete('dead')
    expect(await reading).toMatchObject({ used: 7n, held: 0n })
  })

  it('keeps the open holds of a dead boot in suspense when the old data still has them', async () => {
    const dead = await openQuota('dead')
    await dead.reserve(
      reserveInput({ holdId: 'lost:1', bootId: 'dead', counters: [counter], amount: AMOUNT, payload: '{"begin":1}' }),
    )
    await dead.close()
    truth.live.delete('dead')
    await redis.set('q:{org-1}:epoch', 'another-run/another:nonce')
    const quota = await openQuota('boot-1')
    expect(await readState(quota)).toMatchObject({ used: 0n, held: AMOUNT })
    expect(await redis.zrange('q:{org-1}:uz', '0', '-1')).toEqual(['lost:1'])
  })

  it('keeps settled records, the second witness of their events', async () => {
    const quota = await openQuota('boot-1')
    await quota.reserve(reserveInput({ holdId: 'a:1', counters: [counter], amount: AMOUNT }))
    finish(quota, 'boot-1', { holdId: 'a:1', used: nanoUsd(5n) })
    await quota.drain(1_000)
    truth.ship()
    await redis.set('q:{org-1}:epoch', 'another-run/another:nonce')
    expect(await readState(quota)).toMatchObject({ used: 5n, held: 0n })
    expect(await listSettled(redis, 'org-1', -1_000)).toHaveLength(1)
    await ackSettled(redis, [{ orgId: 'org-1', holdId: 'a:1' }])
  })

  it('restores the places among concurrent requests', async () => {
    const quota = await openQuota('boot-1')
    const limit = rateLimit({ concurrency: 1 })
    await quota.reserve(reserveInput({ holdId: 'a:1', counters: [], rates: [limit] }))
    await redis.flushall()
    expect(await quota.reserve(reserveInput({ holdId: 'b:1', counters: [], rates: [limit] }))).toMatchObject({
      kind: 'refused',
      reason: 'concurrency',
    })
  })

  it('is published by one coordinator when many requests of two proxies meet the loss at once', async () => {
    const first = await openQuota('boot-1')
    const second = await openQuota('boot-2')
    await readState(first)
    await redis.flushall()
    logged.length = 0
    const results = await Promise.all(
      Array.from({ length: 100 }, async (_, n) =>
        (n % 2 === 0 ? first : second).reserve(
          reserveInput({
            holdId: `c-${n}:1`,
            bootId: n % 2 === 0 ? 'boot-1' : 'boot-2',
            counters: [counter],
            amount: AMOUNT,
          }),
        ),
      ),
    )
    // $0.10 holds 50 of them, whatever happened.
    expect(results.filter((result) => result.kind === 'held')).toHaveLength(50)
    expect(results.filter((result) => result.kind === 'refused')).toHaveLength(50)
    expect(logged.filter((event) => event === 'quota-rebuilt')).toHaveLength(1)
  })
})

/** Cuts the newest increment of the append-only file, as a crash within its last second may. */
const cutAppendOnlyFile = (dir: string, bytes: number): void => {
  const folder = join(dir, 'appendonlydir')
  const newest = readdirSync(folder)
    .filter((name) => name.endsWith('.incr.aof'))
    .toSorted()
    .at(-1)
  if (newest === undefined) throw new Error('there is no append-only file to cut')
  const file = join(folder, newest)
  truncateSync(file, Math.max(0, statSync(file).size - bytes))
}

describe('under load', () => {
  const disasters: Readonly<Record<string, () => Promise<void>>> = {
    FLUSHALL: async () => {
      await redis.flushall()
    },
    'a restart from a cut append-only file': async () => {
      await server.kill9()
      cutAppendOnlyFile(server.dir, 20_000)
      await server.restart()
    },
    'a restart from an empty folder': async () => {
      await server.kill9()
      rmSync(join(server.dir, 'appendonlydir'), { recursive: true, force: true })
      mkdirSync(server.dir, { recursive: true })
      await server.restart()
    },
  }
  it.each(Object.keys(disasters))(
    'keeps used and held exact and the budget whole through %s',
    { timeout: 40_000 },
    async (name) => {
      const proxies = [
        { boot: 'boot-1', quota: await openQuota('boot-1') },
        { boot: 'boot-2', quota: await openQuota('boot-2') },
      ] as const
      let isRunning = true
      let billed = 0n
      let refused = 0
      let outstanding = 0n
      let mostCommitted = 0n
      const shipping = setInterval(() => truth.ship(), 20)
      const client = async (index: number): Promise<void> => {
        const { boot, quota } = proxies[index % 2 === 0 ? 0 : 1]
        for (let n = 0; isRunning; n += 1) {
          const holdId = `client${index}n${n}:1`
          const result = await quota.reserve(
            reserveInput({ holdId, bootId: boot, counters: [counter], amount: AMOUNT }),
          )
          if (result.kind === 'held') {
            outstanding += AMOUNT
            if (outstanding + billed > mostCommitted) mostCommitted = outstanding + billed
            await sleep(5 + ((index * 7 + n) % 60))
            const used = nanoUsd(BigInt(1_000 + ((index * 31 + n * 17) % 50_000)))
            outstanding -= AMOUNT
            if (n % 5 === 0) quota.release('org-1', holdId)
            else {
              billed += used
              finish(quota, boot, { holdId, used })
            }
          } else {
            if (result.kind === 'refused') refused += 1
            await sleep(10)
          }
        }
      }
      // 64 clients want more than the 50 holds that the budget has room for: the limit is always being tested.
      const clients = Array.from({ length: 64 }, (_, index) => client(index))
      await sleep(400)
      await disasters[name]?.()
      await sleep(1_500)
      isRunning = false
      await Promise.all(clients)
      await Promise.all(proxies.map(({ quota }) => quota.drain(10_000)))
      clearInterval(shipping)
      truth.ship()
      expect(proxies.map(({ quota }) => quota.pending())).toEqual([0, 0])
      const state = await readState(proxies[0].quota)
      expect(fromNanoUsd(nanoUsd(state.used))).toBe(truth.sum(counter))
      expect(state).toMatchObject({ used: billed, held: 0n })
      // What callers were told they hold, plus what they were billed, at every moment: only Redis losing holds could push it over.
      expect(mostCommitted).toBeLessThanOrEqual(counter.limit)
      expect(refused).toBeGreaterThan(0)
      expect(logged.filter((event) => event === 'quota-rebuilt').length).toBeGreaterThanOrEqual(2)
    },
  )
})
