import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createPool, type Pool } from '@atpar/db/pool'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import { createProducer, type Producer } from '@atpar/queue/producer'
import { createTestDatabase, type TestDatabase } from '@atpar/testkit/postgres'
import { startProcess, type TestProcess } from '@atpar/testkit/processes'
import { startTestRedis, type TestRedis } from '@atpar/testkit/redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addMember, createOrg, eventOf, type TestOrg } from './books.ts'

let database: TestDatabase
let redis: TestRedis
let owner: Pool
let producer: Producer
let worker: TestProcess
let org: TestOrg
let mailServer: Server
let mailText = ''
let healthUrl = ''
const folder = mkdtempSync(join(tmpdir(), 'atpar-worker-'))

/** Enough of SMTP to take a mail. */
const listenForMail = (): Promise<number> =>
  new Promise((resolve) => {
    mailServer = createServer((socket) => {
      let isData = false
      socket.on('error', () => socket.destroy())
      socket.write('220 sink\r\n')
      socket.on('data', (bytes) => {
        const text = bytes.toString()
        if (isData) {
          mailText += text
          if (!mailText.includes('\r\n.\r\n')) return
          isData = false
          socket.write('250 taken\r\n')
        } else if (/^DATA/i.test(text)) {
          isData = true
          socket.write('354 go on\r\n')
        } else if (/^QUIT/i.test(text)) socket.end('221 bye\r\n')
        else socket.write('250 ok\r\n')
      })
    })
    mailServer.listen(0, '127.0.0.1', () => resolve(portOf(mailServer)))
  })

const portOf = (server: Server): number => {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port.')
  return address.port
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const port = portOf(server)
      server.close(() => resolve(port))
    })
  })

beforeAll(async () => {
  ;[database, redis] = await Promise.all([createTestDatabase(), startTestRedis()])
  owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test-owner' })
  producer = createProducer({ url: redis.url, onError: () => undefined })
  org = await createOrg(owner)
  await addMember(owner, org, { email: 'owner@example.com', role: 'owner' })
  const [port, mailPort] = [await freePort(), await listenForMail()]
  healthUrl = `http://127.0.0.1:${port}/healthz`
  worker = await startProcess({
    name: 'worker',
    parameters: [fileURLToPath(new URL('../src/main.ts', import.meta.url))],
    cwd: folder,
    env: {
      PORT: String(port),
      INSTANCE_ID: 'test',
      DATABASE_URL_WORKER: database.urlFor('worker'),
      REDIS_URL: redis.url,
      SMTP_URL: `smtp://127.0.0.1:${mailPort}`,
      DASHBOARD_URL: 'http://dashboard.test',
    },
    healthUrl,
  })
}, 60_000)
afterAll(async () => {
  if (worker.isRunning()) await worker.stop()
  await producer.close()
  await owner.end()
  mailServer.close()
  await Promise.all([database.drop(), redis.stop()])
  rmSync(folder, { recursive: true, force: true })
})

const countPostings = async (): Promise<number> => {
  const { rows } = await owner.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM ledger_transaction WHERE org_id = $1 AND kind = 'usage'`,
    [org.id],
  )
  return rows[0]?.count ?? 0
}
const add = (...[name, payload]: Parameters<Producer['add']>) =>
  expect
    .poll(
      () =>
        producer
          .add(name, payload)
          .then(() => 'added')
          .catch(() => 'away'),
      { timeout: 10_000 },
    )
    .toBe('added')

describe('worker', () => {
  it('says who it is', async () => {
    expect(await (await fetch(healthUrl)).json()).toEqual({ ok: true, service: 'worker', instance: 'test' })
  })

  it('closes a month that is over and mails the owner a link to the invoice', async () => {
    await ingestUsageEvents(owner, { events: [eventOf(org, { startedAtMs: Date.UTC(2026, 8, 15) })] })
    await add('close-due-periods', {})
    // The mail arrives in pieces: wait for its end before reading any of it.
    await expect.poll(() => mailText, { timeout: 15_000 }).toContain('\r\n.\r\n')
    expect(mailText).toContain('To: owner@example.com')
    expect(mailText).toContain(`Invoice ATPAR-${org.slug}-2026-09 is ready`)
    expect(mailText).toContain(`http://dashboard.test/${org.slug}/invoices/`)
  }, 30_000)

  it('goes on after kill -9, and after Redis came back empty', async () => {
    const before = await countPostings()
    await worker.kill9()
    await ingestUsageEvents(owner, { events: [eventOf(org, { startedAtMs: Date.now() })] })
    await add('post-usage', {})
    await worker.restart()
    await expect.poll(countPostings, { timeout: 15_000 }).toBe(before + 1)
    await redis.kill9()
    await redis.restart()
    await ingestUsageEvents(owner, { events: [eventOf(org, { startedAtMs: Date.now() })] })
    await add('post-usage', {})
    await expect.poll(countPostings, { timeout: 15_000 }).toBe(before + 2)
  }, 60_000)

  it('ends by SIGTERM with code 0', async () => {
    expect(await worker.stop()).toBe(0)
    expect(worker.output()).toContain('worker-ended')
  })
})
