import { startTestRedis, type TestRedis } from '@atpar/testkit/redis'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { publishChange, subscribeChanges } from './changes.ts'
import { createRedis, waitUntilReady } from './client.ts'

let server: TestRedis
beforeAll(async () => {
  server = await startTestRedis()
})
afterAll(() => server.stop())

it('delivers published changes, and after a reconnect reports that some may have been missed', async () => {
  const redis = createRedis({ url: server.url, connectionName: 'test' })
  await waitUntilReady(redis, 5_000)
  const seen: (number | null)[] = []
  const unsubscribe = subscribeChanges(redis, (seq) => seen.push(seq))
  await vi.waitFor(() => expect(seen).toEqual([null]))
  await publishChange(redis, 41)
  await publishChange(redis, null)
  await vi.waitFor(() => expect(seen).toEqual([null, 41, null]))
  await server.kill9()
  await expect(publishChange(redis, 42)).rejects.toThrow()
  await server.restart()
  await vi.waitFor(() => expect(seen).toHaveLength(4), { timeout: 5_000 })
  expect(await waitUntilReady(redis, 5_000)).toBe(true)
  await publishChange(redis, 43)
  await vi.waitFor(() => expect(seen).toEqual([null, 41, null, null, 43]))
  await unsubscribe()
  redis.disconnect()
})
