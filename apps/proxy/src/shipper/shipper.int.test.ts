import { randomUUID } from 'node:crypto'
import { appendFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { wordOf, type UsageRow } from '@atpar/core/usage-row'
import { createPool, type Pool } from '@atpar/db/pool'
import { createTestDatabase, type TestDatabase } from '@atpar/testkit/postgres'
import { startProcess } from '@atpar/testkit/processes'
import { startTestRedis, type TestRedis } from '@atpar/testkit/redis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createBootFolder, segmentPath } from '../journal/boot-files.ts'
import { beginWritten, openJournal, type Journal } from '../journal/journal.ts'
import { dropKept } from '../journal/kept-segments.ts'
import { encodeBegin } from '../journal/record-text.ts'
import { beginLine, encodeSettle, sampleBegin, sampleSettle, settleLine } from '../journal/sample-attempts.ts'
import { createPostgresSink } from './postgres-sink.ts'
import { createShipper, type Shipper, type Sink } from './ship.ts'

let database: TestDatabase
let redis: TestRedis
let owner: Pool
let pool: Pool
let directory: string
const shippers: Shipper[] = []

beforeAll(async () => {
  ;[database, redis] = await Promise.all([createTestDatabase(), startTestRedis()])
  owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test-owner' })
  pool = createPool({ url: database.urlFor('shipper'), max: 2, applicationName: 'test-shipper' })
}, 60_000)
afterAll(async () => {
  await Promise.all([owner.end(), pool.end()])
  await Promise.all([database.drop(), redis.stop()])
})
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'atpar-shipper-'))
})
afterEach(async () => {
  for (const shipper of shippers.splice(0)) await shipper.close()
  rmSync(directory, { recursive: true, force: true })
})

const shipperOn = (sink: Partial<Sink> = {}, { batchSize = 50, keepHours = 0 } = {}): Shipper => {
  const shipper = createShipper({
    journalDirectory: directory,
    sink: { ...createPostgresSink(pool, () => Promise.resolve()), ...sink },
    batchSize,
    verifyEveryMs: 0,
    findEveryMs: 0,
    dropKept: () => dropKept(directory, { keepMs: keepHours * 3_600_000, keepBytes: 1 << 30 }, Date.now()),
    log: () => undefined,
  })
  shippers.push(shipper)
  return shipper
}

const shipAll = async (shipper: Shipper): Promise<void> => {
  while (await shipper.pass()) continue
}

const SLOT = { pid: process.pid, maxSegmentBytes: 20_000, syncIntervalMs: 20, log: () => undefined }

const journalOn = (bootId: string, maxSegmentBytes = 1 << 20): Promise<Journal> =>
  openJournal({ ...SLOT, directory, proxyId: 'proxy-1', bootId, maxSegmentBytes })

const callTimes = async (journal: Journal, count: number): Promise<void> => {
  for (let index = 0; index < count; index += 1) {
    const begin = sampleBegin()
    const seq = await beginWritten(journal, encodeBegin(begin))
    void journal.settle(seq, encodeSettle(sampleSettle(begin, seq, { proxyBootId: journal.bootId })))
  }
  await sleep(5)
}

const POLL = { timeout: 10_000, interval: 20 }
const shipAndRead = async (shipper: Shipper, bootId: string) => {
  await shipAll(shipper)
  return readBoot(bootId)
}

const readBoot = async (bootId: string) => {
  const events = await owner.query<{ count: number; billed: string; killed: number }>(
    `SELECT count(*)::int AS count, coalesce(sum(billed_pusd), 0)::text AS billed, count(*) FILTER (WHERE outcome = 'killed')::int AS killed FROM usage_event WHERE proxy_boot_id = $1`,
    [bootId],
  )
  const boot = await owner.query<{ acked: number; last: number; ended: boolean }>(
    'SELECT acked_seq::int AS acked, last_seq::int AS last, ended_at IS NOT NULL AS ended FROM proxy_boot WHERE boot_id = $1',
    [bootId],
  )
  const rollup = await owner.query<{ events: number }>(
    'SELECT coalesce(sum(events), 0)::int AS events FROM usage_rollup_hourly',
  )
  const total = await owner.query<{ count: number }>('SELECT count(*)::int AS count FROM usage_event')
  return {
    ...events.rows[0],
    ...boot.rows[0],
    rollupsMissing: (total.rows[0]?.count ?? 0) - (rollup.rows[0]?.events ?? 0),
  }
}

describe('shipper', () => {
  it('ships a journal exactly once and removes the folder of a boot that ended', async () => {
    const bootId = randomUUID()
    const journal = await journalOn(bootId, 30_000)
    await callTimes(journal, 120)
    const first = shipperOn()
    await shipAll(first)
    await shipAll(shipperOn())
    await callTimes(journal, 30)
    await shipAll(first)
    expect(await readBoot(bootId)).toMatchObject({
      count: 150,
      billed: (150n * 27_000_000n).toString(),
      acked: 150,
      last: 150,
      ended: false,
      rollupsMissing: 0,
    })
    await journal.end()
    await shipAll(first)
    await shipAll(shipperOn())
    expect(await readBoot(bootId)).toMatchObject({ count: 150, ended: true, rollupsMissing: 0 })
    expect(existsSync(join(directory, 'proxy-1', bootId))).toBe(false)
  })

  it('loses nothing and inserts nothing twice when the commit succeeded but its answer was lost', async () => {
    const bootId = randomUUID()
    const journal = await journalOn(bootId)
    await callTimes(journal, 60)
    const real = createPostgresSink(pool, () => Promise.resolve())
    let answers = 0
    const shipper = shipperOn({
      commit: async (boot, shipment) => {
        const result = await real.commit(boot, shipment)
        answers += 1
        if (answers === 1) throw new Error('connection reset')
        return result
      },
    })
    await expect(shipper.pass()).rejects.toThrow('connection reset')
    expect(shipper.status().lastError).toBe('connection reset')
    await shipAll(shipper)
    await journal.end()
    expect(await readBoot(bootId)).toMatchObject({ count: 60, acked: 60, rollupsMissing: 0 })
  })

  it('ends as killed what a later boot of the slot found open, and ships the later one too', async () => {
    const [earlier, later] = [randomUUID(), randomUUID()]
    const folder = createBootFolder({ directory, proxyId: 'proxy-1', bootId: earlier, pid: process.pid })
    const [open, done] = [sampleBegin(), sampleBegin()]
    writeFileSync(
      segmentPath(folder, 1),
      beginLine(1, encodeBegin(open)) +
        beginLine(2, encodeBegin(done)) +
        settleLine(2, encodeSettle(sampleSettle(done, 2, { proxyBootId: earlier }))) +
        's 1 {"torn":',
    )
    const journal = await journalOn(later)
    await callTimes(journal, 5)
    await shipAll(shipperOn())
    expect(await readBoot(earlier)).toMatchObject({
      count: 2,
      killed: 1,
      acked: 2,
      last: 2,
      ended: true,
      rollupsMissing: 0,
    })
    expect(await readBoot(later)).toMatchObject({ count: 5, killed: 0, ended: false })
    await journal.end()
  })

  it('ships again what Postgres confirmed and then lost in a failover: of a boot at work, of an idle one and of one that is over', async () => {
    const [over, idle, working] = [randomUUID(), randomUUID(), randomUUID()]
    const shipper = shipperOn({}, { keepHours: 24 })
    const journals = new Map<string, Journal>()
    for (const bootId of [over, idle, working]) {
      const journal = await openJournal({ ...SLOT, directory, proxyId: `proxy-of-${bootId}`, bootId })
      await callTimes(journal, 40)
      journals.set(bootId, journal)
    }
    for (const bootId of [over, idle, working])
      await expect.poll(() => shipAndRead(shipper, bootId), POLL).toMatchObject({ acked: 40 })
    const copy = await owner.query<{ boot_id: string; acked: string; last: string; position: string }>(
      'SELECT boot_id, acked_seq::text AS acked, last_seq::text AS last, shipped_position::text AS position FROM proxy_boot WHERE boot_id = ANY ($1)',
      [[idle, working]],
    )
    for (const journal of journals.values()) await callTimes(journal, 60)
    await journals.get(over)?.end()
    await expect.poll(() => shipAndRead(shipper, over), POLL).toMatchObject({ count: 100, ended: true })
    // As a standby would be that stopped following after the first 40 of each, and never heard of one of them.
    await owner.query('DELETE FROM usage_event WHERE proxy_boot_id = ANY ($1) AND proxy_seq > 40', [[idle, working]])
    await owner.query('DELETE FROM usage_event WHERE proxy_boot_id = $1', [over])
    await owner.query('DELETE FROM proxy_boot WHERE boot_id = $1', [over])
    for (const row of copy.rows)
      await owner.query(
        'UPDATE proxy_boot SET acked_seq = $2, last_seq = $3, shipped_position = $4 WHERE boot_id = $1',
        [row.boot_id, row.acked, row.last, row.position],
      )
    const another = journals.get(working)
    if (another === undefined) throw new Error('There is no journal at work.')
    await callTimes(another, 5)
    await expect
      .poll(() => shipAndRead(shipper, over), POLL)
      .toMatchObject({ count: 100, acked: 100, last: 100, ended: true })
    await expect.poll(() => shipAndRead(shipper, idle), POLL).toMatchObject({ count: 100, acked: 100, last: 100 })
    await expect.poll(() => shipAndRead(shipper, working), POLL).toMatchObject({ count: 105, acked: 105, last: 105 })
    for (const bootId of [idle, working]) await journals.get(bootId)?.end()
    await owner.query('TRUNCATE usage_event, usage_rollup_hourly')
  })

  it('does not jump over what a failover took between two shipments', async () => {
    const bootId = randomUUID()
    const journal = await openJournal({ ...SLOT, directory, proxyId: 'proxy-1', bootId })
    const shipper = shipperOn({ readProgress: () => Promise.resolve(new Map()) }, { keepHours: 24 })
    await callTimes(journal, 10)
    await expect.poll(() => shipAndRead(shipper, bootId), POLL).toMatchObject({ acked: 10 })
    await owner.query('DELETE FROM usage_event WHERE proxy_boot_id = $1', [bootId])
    await owner.query('UPDATE proxy_boot SET acked_seq = 0, shipped_position = 0 WHERE boot_id = $1', [bootId])
    await callTimes(journal, 10)
    await expect.poll(() => shipAndRead(shipper, bootId), POLL).toMatchObject({ count: 20, acked: 20 })
    await journal.end()
    await owner.query('TRUNCATE usage_event, usage_rollup_hourly')
  })

  it('keeps poison apart: a record that Postgres refuses and damaged lines go to quarantine, once, and the rest flows', async () => {
    const bootId = randomUUID()
    const folder = createBootFolder({ directory, proxyId: 'proxy-1', bootId, pid: process.pid })
    const attempts = [1, 2, 3, 4, 5].map((seq) => ({ seq, begin: sampleBegin() }))
    appendFileSync(
      segmentPath(folder, 1),
      attempts.map(({ seq, begin }) => beginLine(seq, encodeBegin(begin))).join(''),
    )
    for (const { seq, begin } of attempts) {
      const event = sampleSettle(begin, seq, {
        proxyBootId: bootId,
        ...(seq === 2 ? { outcome: 'ok', funding: 'byok' } : {}),
      })
      const line = settleLine(seq, encodeSettle(event))
      const damaged: Record<number, string> = {
        3: line.replace('["', '["\u0000'),
        5: line.replace('"chatcmpl', 'chatcmpl'),
      }
      appendFileSync(segmentPath(folder, 1), damaged[seq] ?? line)
    }
    writeFileSync(join(folder, 'dead'), '')
    const told: string[] = []
    const acknowledge = (rows: readonly UsageRow[]): Promise<void> => {
      told.push(...rows.map((row) => wordOf(row, 'requestId')))
      return Promise.resolve()
    }
    await shipAll(shipperOn({ acknowledge }))
    expect(await readBoot(bootId)).toMatchObject({ count: 2, acked: 5, last: 5, ended: true, rollupsMissing: 0 })
    // What came damaged is still whole in Redis.
    expect(told).toEqual([0, 1, 3].map((index) => attempts[index]?.begin.requestId))
    const { rows } = await owner.query<{ raw: string }>('SELECT raw FROM usage_quarantine WHERE proxy_boot_id = $1', [
      bootId,
    ])
    expect(rows).toHaveLength(3)
    for (const index of [2, 4])
      expect(rows.some((row) => row.raw.includes(attempts[index]?.begin.requestId ?? 'none'))).toBe(true)
  })

  it('survives kill -9 at any moment, Postgres cut off and Redis gone, with every attempt in Postgres once', async () => {
    const bootId = randomUUID()
    const journal = await journalOn(bootId, 60_000)
    const port = await freePort()
    const shipper = await startProcess({
      name: 'shipper',
      parameters: [fileURLToPath(new URL('./main.ts', import.meta.url))],
      cwd: directory,
      env: {
        PORT: String(port),
        INSTANCE_ID: 'test',
        JOURNAL_DIR: directory,
        DATABASE_URL_SHIPPER: database.urlFor('shipper'),
        REDIS_URL: redis.url,
        SHIPPER_BATCH: '20',
        SHIPPER_INTERVAL_MS: '5',
        JOURNAL_KEEP_HOURS: '0',
      },
      healthUrl: `http://127.0.0.1:${port}/healthz`,
    })
    for (let round = 0; round < 5; round += 1) {
      const load = callTimes(journal, 200)
      await sleep(10 + round * 23)
      await shipper.kill9()
      await load
      if (round === 2) await redis.kill9()
      await shipper.restart()
      await owner.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'atpar-shipper'`,
      )
    }
    await redis.restart()
    await journal.end()
    for (let waited = 0; waited < 400 && existsSync(join(directory, 'proxy-1', bootId)); waited += 1) await sleep(25)
    expect(await readBoot(bootId)).toMatchObject({
      count: 1_000,
      killed: 0,
      billed: (1_000n * 27_000_000n).toString(),
      acked: 1_000,
      last: 1_000,
      ended: true,
      rollupsMissing: 0,
    })
    const health = (await (await fetch(`http://127.0.0.1:${port}/healthz`)).json()) as {
      service: string
      lag: { unreadBytes: number }
    }
    expect(health).toMatchObject({
      ok: true,
      service: 'shipper',
      instance: 'test',
      lag: { unreadBytes: 0, openAttempts: 0 },
    })
    expect(await shipper.stop()).toBe(0)
  }, 60_000)
})

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
