import { nanoUsd } from '@atpar/core/money'
import { startTestRedis, type TestRedis } from '@atpar/testkit/redis'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createRedis, waitUntilReady, type Redis } from './client.ts'
import { readLiveCounters } from './live-counters.ts'
import { createQuota } from './quota.ts'
import type { Quota } from './quota-contract.ts'
import { budgetCounter, createTruth, rateLimit, reserveInput, silentLog } from './quota-fixtures.ts'

const counter = budgetCounter()
const rate = rateLimit({ requestsPerMinute: 60, tokensPerMinute: 6_000, concurrency: 5 })
const question = { counters: [counter, budgetCounter({ budgetId: 'never-used' })], rateLimitIds: [rate.id] }
let server: TestRedis
let redis: Redis
let quota: Quota

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
  const truth = createTruth()
  quota = createQuota({
    url: server.url,
    bootId: 'boot-1',
    clock: { nowMs: Date.now },
    commandTimeoutMs: 2_000,
    rebuild: truth.sources('boot-1', () => quota.openHolds('org-1')),
    log: silentLog,
  })
  await quota.whenReady(5_000)
})

afterEach(() => quota.close())

test('nothing is known of an organization whose counters were never made', async () => {
  expect(await readLiveCounters(redis, 'org-1', question)).toBeNull()
})

test('used, held, the share of the minute and what runs are as the script counts them, and looking changes nothing', async () => {
  const reserve = (holdId: string) =>
    quota.reserve(reserveInput({ holdId, amount: nanoUsd(3_000_000n), rates: [rate], tokens: 600 }))
  expect(await reserve('first:1')).toMatchObject({ kind: 'held' })
  quota.settle({ orgId: 'org-1', holdId: 'first:1', used: nanoUsd(2_000_000n), tokens: 600, eventText: '{}' })
  expect(await reserve('second:1')).toMatchObject({ kind: 'held' })
  await quota.drain(2_000)
  const before = await redis.dbsize()
  const live = await readLiveCounters(redis, 'org-1', question)
  expect([...(live?.budgets ?? [])]).toEqual([['budget-1:2026-11', { used: 2_000_000n, held: 3_000_000n }]])
  const state = live?.rates.get(rate.id)
  expect(state?.concurrent).toBe(1)
  // Two requests of 60 are two seconds of the minute, 1,200 tokens of 6,000 are twelve; some of both has passed.
  expect(state?.requestsBacklogMs).toBeGreaterThan(0)
  expect(state?.requestsBacklogMs).toBeLessThanOrEqual(2_000)
  expect(state?.tokensBacklogMs).toBeGreaterThan(2_000)
  expect(state?.tokensBacklogMs).toBeLessThanOrEqual(12_000)
  expect(await redis.dbsize()).toBe(before)
})

test('counters of another run of Redis are not shown', async () => {
  await quota.reserve(reserveInput())
  await redis.set('q:{org-1}:epoch', 'another-run/another-id:nonce')
  expect(await readLiveCounters(redis, 'org-1', question)).toBeNull()
})
