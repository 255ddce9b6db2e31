import { startTestRedis, type TestRedis } from '@atpar/testkit/redis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRedis, waitUntilReady, type Redis } from './client.ts'
import { createKeptAnswers } from './kept-answers.ts'

let server: TestRedis
let redis: Redis

beforeAll(async () => {
  server = await startTestRedis()
  redis = createRedis({ url: server.url, connectionName: 'answers-test' })
  await waitUntilReady(redis, 5_000)
}, 30_000)
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})

const BYTES = Buffer.from([0, 255, 128, 10, 13])
const place = (name: string) => ({ orgId: 'org-1', name })

it('of many who claim a place at once one gets it, and the others what it put there, byte for byte', async () => {
  const answers = createKeptAnswers(redis)
  const claims = await Promise.all(Array.from({ length: 20 }, () => answers.claim(place('a'), BYTES, 60_000)))
  expect(claims.filter((before) => before === null)).toHaveLength(1)
  expect(claims.filter((before) => before?.equals(BYTES) === true)).toHaveLength(19)
})

it('nothing is kept beyond its time, and never for more than a day', async () => {
  const answers = createKeptAnswers(redis)
  await answers.put(place('b'), BYTES, 1)
  await expect.poll(() => answers.find(place('b'))).toBeNull()
  await answers.put(place('c'), BYTES, 10 ** 12)
  const [key = ''] = await redis.keys('answer:*:c')
  expect(await redis.pttl(key)).toBeLessThanOrEqual(24 * 60 * 60_000)
  await answers.prolong(place('c'), 5_000)
  expect(await redis.pttl(key)).toBeLessThanOrEqual(5_000)
  await answers.drop(place('c'))
  expect(await answers.find(place('c'))).toBeNull()
})

it('an answer of one organization is not found by another', async () => {
  const answers = createKeptAnswers(redis)
  await answers.put(place('d'), BYTES, 60_000)
  expect(await answers.find({ orgId: 'org-2', name: 'd' })).toBeNull()
  expect(await answers.find(place('d'))).toEqual(BYTES)
})
