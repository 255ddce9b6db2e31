import { Queue } from 'bullmq'
import { expect, test } from 'vitest'
import { startTestRedis } from '@atpar/testkit/redis'
import { QUEUE_NAME } from './catalog.ts'
import { createProducer } from './producer.ts'
import { startJobWorker, type JobHandlers } from './worker.ts'

test('a mail leaves nothing in Redis once it is sent', { timeout: 30_000 }, async () => {
  const redis = await startTestRedis()
  const sent: string[] = []
  const handlers = {
    'send-email': ({ text }: { readonly text: string }) => {
      sent.push(text)
      return Promise.resolve()
    },
  } as unknown as JobHandlers
  const producer = createProducer({ url: redis.url, onError: () => undefined })
  await producer.add('send-email', { to: 'ada@example.test', subject: 'Hello', text: 'a link' })
  const worker = startJobWorker({ url: redis.url, handlers, concurrency: 1, log: () => undefined })
  await expect.poll(() => sent, { timeout: 10_000 }).toEqual(['a link'])
  const queue = new Queue(QUEUE_NAME, { connection: { url: redis.url } })
  await expect.poll(() => queue.getJobs(['completed', 'failed', 'active', 'waiting'])).toEqual([])
  await queue.close()
  await worker.drain()
  await producer.close()
  await redis.stop()
})
