import { setTimeout as sleep } from 'node:timers/promises'
import { nanoUsd } from '@atpar/core/money'
import { startTestRedis, type TestRedis } from '@atpar/testkit/redis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRedis, waitUntilReady, type Redis } from './client.ts'
import { createQuota } from './quota.ts'
import type { Quota } from './quota-contract.ts'
import { budgetCounter, createTruth, reserveInput, silentLog, type Truth } from './quota-fixtures.ts'

let server: TestRedis
let redis: Redis
let truth: Truth
let quota: Quota

const openQuota = async (over: { maxPending?: number } = {}): Promise<Quota> => {
  const opened: Quota = createQuota({
    url: server.url,
    bootId: 'boot-1',
    clock: { nowMs: Date.now },
    commandTimeoutMs: 50,
    areLeasesOff: true,
    rebuild: truth.sources('boot-1', () => opened.openHolds('org-1')),
    log: silentLog,
    ...over,
  })
  expect(await opened.whenReady(5_000)).toBe(true)
  // The first request of an organization builds its counters; these tests are about what comes after.
  expect(await opened.readStates('org-1', [budgetCounter()])).toMatchObject([{ used: 0n, held: 0n }])
  return opened
}

const timed = async <Value>(run: () => Promise<Value>): Promise<{ value: Value; ms: number }> => {
  const startedAt = performance.now()
  const value = await run()
  return { value, ms: performance.now() - startedAt }
}

beforeEach(async () => {
  server = await startTestRedis({ appendonly: true })
  redis = createRedis({ url: server.url, connectionName: 'test' })
  await waitUntilReady(redis, 5_000)
  truth = createTruth()
  quota = await openQuota()
})
afterEach(async () => {
  await quota.close()
  redis.disconnect()
  await server.stop()
})

describe('a Redis that stalls', () => {
  it('makes a reserve unavailable within its timeout, and its unknown hold is released once Redis is back', async () => {
    await redis.client('PAUSE', 600)
    const { value, ms } = await timed(async () => await quota.reserve(reserveInput()))
    expect(value).toEqual({ kind: 'unavailable', cause: 'timeout' })
    expect(ms).toBeLessThan(300)
    expect(quota.pending()).toBe(1)
    await quota.drain(5_000)
    expect(quota.pending()).toBe(0)
    expect(await quota.readStates('org-1', [budgetCounter()])).toMatchObject([{ used: 0n, held: 0n }])
    expect(quota.openHolds('org-1')).toEqual([])
  })

  it('is not asked any more after five failures within a second, and again when it may be back', async () => {
    await redis.client('PAUSE', 1_500)
    for (let n = 0; n < 5; n += 1) await quota.reserve(reserveInput({ holdId: `r-${n}:1` }))
    const { value, ms } = await timed(async () => await quota.reserve(reserveInput({ holdId: 'quick:1' })))
    expect(value).toEqual({ kind: 'unavailable', cause: 'down' })
    expect(ms).toBeLessThan(40)
    await quota.drain(8_000)
    expect(await quota.reserve(reserveInput({ holdId: 'after:1' }))).toMatchObject({ kind: 'held' })
    expect(await redis.zrange('q:{org-1}:hz', '0', '-1')).toEqual(['after:1'])
  })

  it('keeps settles until they are taken', async () => {
    expect(await quota.reserve(reserveInput())).toMatchObject({ kind: 'held' })
    await redis.client('PAUSE', 400)
    quota.settle({ orgId: 'org-1', holdId: 'request-1:1', used: nanoUsd(7n), tokens: 0, eventText: '{}' })
    await sleep(150)
    expect(quota.pending()).toBe(1)
    await quota.drain(5_000)
    expect(await quota.readStates('org-1', [budgetCounter()])).toMatchObject([{ used: 7n, held: 0n }])
  })
})

describe('a Redis that died', () => {
  it('makes reserves unavailable at once and takes the waiting settles when it is back', async () => {
    expect(await quota.reserve(reserveInput({ amount: nanoUsd(50n) }))).toMatchObject({ kind: 'held' })
    await server.kill9()
    quota.settle({ orgId: 'org-1', holdId: 'request-1:1', used: nanoUsd(7n), tokens: 0, eventText: '{}' })
    await sleep(100)
    const { value, ms } = await timed(async () => await quota.reserve(reserveInput({ holdId: 'b:1' })))
    expect(value).toEqual({ kind: 'unavailable', cause: 'down' })
    expect(ms).toBeLessThan(40)
    expect(await quota.extend('org-1', 'request-1:1', { amount: nanoUsd(1n), tokens: 0 })).toBe('unavailable')
    expect(await quota.readStates('org-1', [budgetCounter()])).toBeNull()
    expect(quota.pending()).toBe(1)
    // The journal has the event; the rebuild that the restart causes finds it in Postgres.
    truth.settle({ requestId: 'request-1', bootId: 'boot-1', counters: [budgetCounter()], billed: 7_000n })
    truth.ship()
    await server.restart()
    expect(await quota.whenReady(5_000)).toBe(true)
    await quota.drain(5_000)
    expect(quota.pending()).toBe(0)
    expect(await quota.readStates('org-1', [budgetCounter()])).toMatchObject([{ used: 7n, held: 0n }])
  })

  it('costs bounded memory, and what was given up is counted', async () => {
    await quota.close()
    quota = await openQuota({ maxPending: 3 })
    await server.kill9()
    await sleep(50)
    for (let n = 0; n < 10; n += 1) quota.release('org-1', `r-${n}:1`)
    expect(quota.pending()).toBe(3)
    expect(quota.dropped()).toBe(7)
  })
})
