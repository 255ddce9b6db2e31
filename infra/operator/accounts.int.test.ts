import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPool, type Pool } from '@atpar/db/pool'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import { startSimulators, type Simulators } from '@atpar/simulators/start'
import { createTestDatabase, type TestDatabase } from '@atpar/testkit/postgres'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { encodeBegin, END_LINE } from '../../apps/proxy/src/journal/record-text.ts'
import { beginLine, encodeSettle, settleLine } from '../../apps/proxy/src/journal/sample-attempts.ts'
import { closePeriod } from '../../apps/worker/src/billing/close-period.ts'
import { createOrg, eventOf, type TestOrg } from '../../apps/worker/test/books.ts'
import { explainLine } from './explain-line.ts'
import { explainRequest } from './explain.ts'
import { rebuildRollups } from './rebuild-rollups.ts'
import { importFetchedReports, importReportFile, tellComparison } from './reconcile.ts'
import { replayJournal } from './replay-journal.ts'

const IN_NOVEMBER = Date.UTC(2026, 10, 15, 12)

let database: TestDatabase
let owner: Pool
let pool: Pool
let org: TestOrg
let folder: string
let simulators: Simulators

beforeAll(async () => {
  database = await createTestDatabase()
  owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test-owner' })
  pool = createPool({ url: database.urlFor('worker'), max: 2, applicationName: 'test-operator' })
  org = await createOrg(owner, 'Accounts test')
  folder = await mkdtemp(join(tmpdir(), 'atpar-accounts-'))
  simulators = await startSimulators()
}, 60_000)
afterAll(async () => {
  await simulators.close()
  await Promise.all([owner.end(), pool.end()])
  await database.drop()
})

const countEvents = async () =>
  (await owner.query<{ n: number }>('SELECT count(*)::int AS n FROM usage_event WHERE org_id = $1', [org.id])).rows[0]
    ?.n

it('a kept journal adds what is missing, once, and nothing when all of it is there', async () => {
  const events = [1, 2, 3].map((proxySeq) => eventOf(org, { proxySeq, startedAtMs: IN_NOVEMBER + proxySeq }))
  const [first, , third] = events
  if (first === undefined || third === undefined) throw new Error('no events')
  const file = join(folder, 'segment')
  const lines = events.map((event) => beginLine(event.proxySeq, encodeBegin(event)))
  const settled = events.slice(0, 2).map((event) => settleLine(event.proxySeq, encodeSettle(event)))
  await writeFile(file, [...lines, ...settled, 's 9 {half', '\n', END_LINE].join(''))
  await ingestUsageEvents(pool, { events: [first] })
  expect(await replayJournal(pool, file)).toEqual({
    files: 1,
    events: 2,
    inserted: 1,
    quarantined: 0,
    unreadable: 1,
    open: 1,
  })
  expect(await replayJournal(pool, file)).toMatchObject({ events: 2, inserted: 0 })
  expect(await countEvents()).toBe(2)
})

it('roll-ups that were changed, lost or made up are found, and set to what the events say', async () => {
  const rebuild = (mayWrite: boolean) => rebuildRollups(pool, { orgSlug: org.slug, period: null, mayWrite })
  expect(await rebuild(false)).toEqual([{ slug: org.slug, period: '2026-11-01', wrongRows: 0 }])
  const rowsBefore = (await owner.query('SELECT * FROM usage_rollup_hourly WHERE org_id = $1', [org.id])).rows
  await owner.query('UPDATE usage_rollup_hourly SET output_text = output_text + 1 WHERE org_id = $1', [org.id])
  await owner.query(
    `INSERT INTO usage_rollup_hourly (org_id, hour, invoice_period, billing_period, key_id, model_id, provider, price_book_id, funding, events)
    VALUES ($1, '2026-11-20T00:00Z', '2026-11-01', '2026-11-01', $2, 'made-up', 'nobody', 1, 'platform', 1)`,
    [org.id, org.keyId],
  )
  expect(await rebuild(false)).toMatchObject([{ wrongRows: 2 }])
  expect(await rebuild(true)).toMatchObject([{ wrongRows: 2 }])
  expect(await rebuild(false)).toMatchObject([{ wrongRows: 0 }])
  const rowsAfter = (await owner.query('SELECT * FROM usage_rollup_hourly WHERE org_id = $1', [org.id])).rows
  expect(rowsAfter).toEqual(rowsBefore)
})

it('a cent is explained from the invoice back to its calls, and a call forward to the invoice', async () => {
  await closePeriod(pool, {
    orgId: org.id,
    period: '2026-11-01',
    nowMs: Date.UTC(2026, 11, 1, 2),
    graceMs: 3_600_000,
    minimumCents: 50n,
  })
  const { rows } = await owner.query<{ number: string }>('SELECT number FROM invoice WHERE org_id = $1', [org.id])
  const number = rows[0]?.number ?? ''
  const line = (await explainLine(pool, { number, position: 1 })).join('\n')
  expect(line).toContain('2 calls')
  expect(line).toContain('= the $2.460000000246 of the line, exactly')
  expect(line).toContain(`ledger invoice:${org.id}`)
  const event = (
    await owner.query<{ id: string }>('SELECT request_id AS id FROM usage_event WHERE org_id = $1', [org.id])
  ).rows[0]
  expect((await explainRequest(pool, event?.id ?? '')).join('\n')).toContain(`invoice ${number}`)
  await expect(explainLine(pool, { number, position: 99 })).rejects.toThrow('has no line 99')
})

it('a report in a file and one that is fetched are compared; a file that is not as documented changes nothing', async () => {
  const path = join(folder, 'bill.csv')
  await writeFile(
    path,
    'day,model,bucket,units\n2026-11-15,gpt-4o-mini,input_uncached,2000\n2026-11-15,gpt-4o-mini,output,41\n',
  )
  expect(await importReportFile(pool, { path, format: 'csv', provider: 'openai' })).toContain('2 figures, imported')
  const { lines, isSound } = await tellComparison(pool, Date.UTC(2026, 10, 22))
  expect(isSound).toBe(false)
  expect(lines.join('\n')).toContain('output +1 counted_more')
  await writeFile(path, 'day,model,bucket,units\n2026-11-15,gpt-4o-mini,input_uncached,many\n')
  await expect(importReportFile(pool, { path, format: 'csv', provider: 'openai' })).rejects.toThrow('line 2')

  const source = {
    provider: 'anthropic',
    baseUrl: `${simulators.url}/anthropic/v1`,
    adminKey: 'sk-ant-admin-test',
  } as const
  expect(await importFetchedReports(pool, source, { fromDay: '2026-11-14', untilDay: '2026-11-16' })).toEqual([
    'anthropic-usage of anthropic, 2026-11-14 to before 2026-11-16: 0 figures, imported.',
    'anthropic-costs of anthropic, 2026-11-14 to before 2026-11-16: 0 figures, imported.',
  ])
  await expect(
    importFetchedReports(
      pool,
      { ...source, adminKey: 'sk-ant-api' },
      { fromDay: '2026-11-14', untilDay: '2026-11-16' },
    ),
  ).rejects.toThrow('answered 401')
})
