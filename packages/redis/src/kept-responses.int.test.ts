import { randomUUID } from 'node:crypto'
import { startTestRedis, type TestRedis } from '@atpar/testkit/redis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRedis, waitUntilReady, type Redis } from './client.ts'
import { findKeepers, forgetKept, rememberKeeper } from './kept-responses.ts'

let server: TestRedis
let redis: Redis
beforeAll(async () => {
  server = await startTestRedis()
  redis = createRedis({ url: server.url, connectionName: 'test' })
  await waitUntilReady(redis, 5_000)
})
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})

test('an organization finds who keeps what it was given, another one does not, and nothing is kept for ever', async () => {
  const [ours, theirs] = [randomUUID(), randomUUID()]
  const platform = { providerId: 'openai', credentialId: null }
  const own = { providerId: 'openai', credentialId: randomUUID() }
  await rememberKeeper(redis, { orgId: ours, ids: ['resp_1', 'msg_1'], keeper: platform, lifeMs: 60_000 })
  await rememberKeeper(redis, { orgId: ours, ids: ['resp_2'], keeper: own, lifeMs: 60_000 })
  expect(await findKeepers(redis, { orgId: ours, ids: ['msg_1', 'resp_2', 'resp_3'] })).toEqual([platform, own, null])
  expect(await findKeepers(redis, { orgId: theirs, ids: ['resp_1', 'resp_2'] })).toEqual([null, null])
  for (const key of await redis.keys('*kept*')) expect(await redis.pttl(key)).toBeGreaterThan(0)
  await forgetKept(redis, ours, 'resp_1')
  expect(await findKeepers(redis, { orgId: ours, ids: ['resp_1', 'msg_1'] })).toEqual([null, platform])
})
