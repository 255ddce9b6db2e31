import { fromNanoUsd, nanoUsd } from '@atpar/core/money'
import { startTestRedis, type TestRedis } from '@atpar/testkit/redis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createRedis, waitUntilReady, type Redis } from './client.ts'
import { auditDrift, type DriftReport } from './drift.ts'
import { ackSettled } from './hold-records.ts'
import { createQuota } from './quota.ts'
import type { Quota } from './quota-contract.ts'
import { counterKey } from './quota-keys.ts'
import { budgetCounter, createTruth, reserveInput, silentLog, type Truth } from './quota-fixtures.ts'

const counter = budgetCounter()
const COUNTER_KEY = 'q:{org-1}:b:budget-1:2026-11'
let server: TestRedis
let redis: Redis
let truth: Truth
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
  truth = createTruth()
  quota = createQuota({
    url: server.url,
    bootId: 'boot-1',
    clock: { nowMs: Date.now },
    commandTimeoutMs: 2_000,
    areLeasesOff: true,
    rebuild: truth.sources('boot-1', () => quota.openHolds('org-1')),
    log: silentLog,
  })
  await quota.whenReady(5_000)
})
afterEach(() => quota.close())

const spend = async (requestId: string, used: bigint): Promise<void> => {
  const holdId = `${requestId}:1`
  expect(await quota.reserve(reserveInput({ holdId, amount: nanoUsd(used) }))).toMatchObject({ kind: 'held' })
  truth.settle({ requestId, bootId: 'boot-1', counters: [counter], billed: fromNanoUsd(nanoUsd(used)) })
  quota.settle({ orgId: 'org-1', holdId, used: nanoUsd(used), tokens: 0, eventText: '{}' })
  await quota.drain(2_000)
}

const audit = (previous: DriftReport['differences'] = new Map()): Promise<DriftReport> =>
  auditDrift(redis, {
    orgId: 'org-1',
    readUsed: truth.sources('boot-1', () => []).readUsed,
    countAttempts: (_orgId, counters) =>
      Promise.resolve(
        new Map(
          counters.map(counterKey).map((key) => {
            const counted = truth.events.filter((event) => event.isShipped && event.counterKeys.includes(key))
            return [key, BigInt(counted.length)]
          }),
        ),
      ),
    previous,
  })

describe('auditDrift', () => {
  it('finds nothing wrong with open, unshipped, shipped and acknowledged requests', async () => {
    await spend('unshipped', 1_000_000n)
    await spend('shipped', 2_000_000n)
    await spend('acknowledged', 4_000_000n)
    for (const event of truth.events) event.isShipped = event.requestId !== 'unshipped'
    await ackSettled(redis, [{ orgId: 'org-1', holdId: 'acknowledged:1' }])
    await quota.reserve(reserveInput({ holdId: 'open:1', amount: nanoUsd(8_000_000n) }))
    expect(await audit()).toEqual({ drifts: [], differences: new Map() })
  })

  it('repairs what is off by the same amount twice, in either direction', async () => {
    await spend('a', 50_000_000n)
    truth.ship()
    for (const error of [7_000_000, -9_000_000]) {
      await redis.hincrby(COUNTER_KEY, 'used', error)
      const first = await audit()
      expect(first.drifts).toMatchObject([
        { used: 50_000_000n + BigInt(error), expected: 50_000_000n, isRepaired: false },
      ])
      const second = await audit(first.differences)
      expect(second.drifts).toMatchObject([{ isRepaired: true }])
      expect(await redis.hget(COUNTER_KEY, 'used')).toBe('50000000')
      expect(await audit(second.differences)).toMatchObject({ drifts: [] })
    }
  })

  it('does not repair what differs from round to round', async () => {
    await spend('a', 50_000_000n)
    truth.ship()
    await redis.hincrby(COUNTER_KEY, 'used', 7_000_000)
    const first = await audit()
    await redis.hincrby(COUNTER_KEY, 'used', 7_000_000)
    expect((await audit(first.differences)).drifts).toMatchObject([{ isRepaired: false }])
  })

  it('lets every settle be rounded by one, and not by more', async () => {
    await spend('a', 50_000_000n)
    await spend('b', 50_000_000n)
    truth.ship()
    for (const [error, drifts] of [
      [2, []],
      [1, [{ used: 100_000_003n, expected: 100_000_000n }]],
      [-5, []],
      [-1, [{ used: 99_999_997n, expected: 100_000_000n }]],
    ] as const) {
      await redis.hincrby(COUNTER_KEY, 'used', error)
      expect((await audit()).drifts).toMatchObject(drifts)
    }
  })

  it('says nothing about data of another run', async () => {
    await spend('a', 50_000_000n)
    truth.ship()
    await redis.hincrby(COUNTER_KEY, 'used', 7_000_000)
    await redis.set('q:{org-1}:epoch', 'another/run:nonce')
    expect(await audit()).toEqual({ drifts: [], differences: new Map() })
  })
})
