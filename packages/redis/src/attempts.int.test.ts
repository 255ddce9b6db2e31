import { startTestRedis, type TestRedis } from '@atpar/testkit/redis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { countAttempt, forgetAttempts, readAttempts } from './attempts.ts'
import { createRedis, waitUntilReady, type Redis } from './client.ts'

let server: TestRedis
let redis: Redis

beforeAll(async () => {
  server = await startTestRedis()
  redis = createRedis({ url: server.url, connectionName: 'attempts-test' })
  await waitUntilReady(redis, 5_000)
}, 30_000)
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})

it('counts every attempt of many at once, in a window that ends by itself and is not prolonged', async () => {
  const window = { subject: 'ada@example.test', windowMs: 60_000 }
  const counts = await Promise.all(Array.from({ length: 20 }, () => countAttempt(redis, window)))
  expect(counts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
  expect(await readAttempts(redis, window.subject)).toBe(20)
  const [key = ''] = await redis.keys('atpar:attempts:*')
  await redis.pexpire(key, 40_000)
  await countAttempt(redis, window)
  expect(await redis.pttl(key)).toBeLessThanOrEqual(40_000)
  await forgetAttempts(redis, window.subject)
  expect(await countAttempt(redis, window)).toBe(1)
})

it('writes no address and no name to Redis', async () => {
  await countAttempt(redis, { subject: 'grace@example.test', windowMs: 60_000 })
  expect((await redis.keys('*')).filter((key) => key.includes('grace'))).toEqual([])
})
