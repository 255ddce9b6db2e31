import { setTimeout as sleep } from 'node:timers/promises'
import { startTestRedis, type TestRedis } from '@atpar/testkit/redis'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { JOBS, type JobName } from './catalog.ts'
import { createProducer, type Producer } from './producer.ts'
import { startJobWorker, type JobHandlers, type JobWorker } from './worker.ts'

let server: TestRedis
let redis: Redis
let producer: Producer
const workers: JobWorker[] = []

beforeAll(async () => {
  server = await startTestRedis()
  redis = new Redis(server.url)
  producer = createProducer({ url: server.url, onError: () => undefined })
}, 30_000)
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.drain()
  await redis.flushall()
})
afterAll(async () => {
  await producer.close()
  redis.disconnect()
  await server.stop()
})

const SCHEDULED = (Object.keys(JOBS) as JobName[]).filter((name) => JOBS[name].schedule !== null)
const mail = { to: 'owner@example.com', subject: 'Invoice', text: 'Ready.' }

const workWith = (handlers: Partial<JobHandlers>): string[] => {
  const failures: string[] = []
  const idle = Object.fromEntries(
    Object.keys(JOBS).map((name) => [name, () => Promise.resolve()]),
  ) as unknown as JobHandlers
  workers.push(
    startJobWorker({
      url: server.url,
      handlers: { ...idle, ...handlers },
      concurrency: 2,
      log: (event, fields) => {
        if (event === 'job-failed') failures.push(String(fields['error']))
      },
    }),
  )
  return failures
}

const until = async (isDone: () => boolean): Promise<void> => {
  for (let waited = 0; waited < 500 && !isDone(); waited += 1) await sleep(10)
  expect(isDone()).toBe(true)
}

describe('job queue', () => {
  it('hands a job to its handler with its payload', async () => {
    const got: unknown[] = []
    workWith({ 'send-email': async (payload) => void got.push(payload) })
    await producer.add('send-email', mail)
    await until(() => got.length === 1)
    expect(got).toEqual([mail])
  })

  it('adds one job for one id', async () => {
    await producer.add('send-email', mail, { jobId: 'invoice-1' })
    await producer.add('send-email', mail, { jobId: 'invoice-1' })
    let runs = 0
    workWith({ 'send-email': async () => void (runs += 1) })
    await until(() => runs > 0)
    await sleep(50)
    expect(runs).toBe(1)
  })

  it('tries a failed job again', async () => {
    let runs = 0
    const failures = workWith({
      'post-usage': () => {
        runs += 1
        return Promise.reject(new Error('database away'))
      },
    })
    await producer.add('post-usage', {})
    await until(() => failures.length === 1)
    expect(failures).toEqual(['database away'])
    expect(runs).toBe(1)
    expect(await redis.zcard('bull:atpar:delayed')).toBe(1)
  })

  it('refuses a payload that does not fit, before it is queued', async () => {
    await expect(producer.add('close-period', { orgId: 'nobody', period: '2026-11-02' })).rejects.toThrow(
      'expected the first day of a month',
    )
  })

  it('has every schedule once, leaves a standing one alone and puts all back after FLUSHALL', async () => {
    expect((await producer.ensureSchedules()).toSorted()).toEqual(SCHEDULED.toSorted())
    expect(await producer.ensureSchedules()).toEqual([])
    await redis.flushall()
    expect((await producer.ensureSchedules()).toSorted()).toEqual(SCHEDULED.toSorted())
    expect(await redis.zcard('bull:atpar:repeat')).toBe(SCHEDULED.length)
  })

  it('finishes the job under way before a drain ends', async () => {
    let isFinished = false
    let isStarted = false
    workWith({
      'post-usage': async () => {
        isStarted = true
        await sleep(100)
        isFinished = true
      },
    })
    await producer.add('post-usage', {})
    await until(() => isStarted)
    await workers.pop()?.drain()
    expect(isFinished).toBe(true)
  })

  it('tells a producer at once that Redis is away, and serves it again afterwards', async () => {
    await server.kill9()
    await until(() => redis.status !== 'ready')
    await expect(producer.add('post-usage', {})).rejects.toThrow()
    await server.restart()
    await expect
      .poll(
        () =>
          producer
            .add('post-usage', {})
            .then(() => 'added')
            .catch(() => 'away'),
        { timeout: 5_000 },
      )
      .toBe('added')
  })
})
