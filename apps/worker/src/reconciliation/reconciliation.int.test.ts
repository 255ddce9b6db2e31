import { pusd } from '@atpar/core/money'
import { createPool, type Pool } from '@atpar/db/pool'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import { createTestDatabase, type TestDatabase } from '@atpar/testkit/postgres'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createOrg, eventOf, type TestOrg } from '../../test/books.ts'
import { compareAllBills } from './compare-bills.ts'
import { readCsvReport } from './csv-report.ts'
import { importReport } from './import-report.ts'

const NOW = Date.UTC(2026, 10, 22, 12)

let database: TestDatabase
let owner: Pool
let worker: Pool
let org: TestOrg
beforeAll(async () => {
  database = await createTestDatabase()
  owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test-owner' })
  worker = createPool({ url: database.urlFor('worker'), max: 4, applicationName: 'test-worker' })
}, 60_000)
afterAll(async () => {
  await Promise.all([owner.end(), worker.end()])
  await database.drop()
})
beforeEach(async () => {
  org = await createOrg(owner)
  await owner.query('TRUNCATE provider_bill, provider_bill_import, reconciliation, incident')
  await owner.query('TRUNCATE usage_event, usage_rollup_hourly')
})

const bill = (text: string) => importReport(worker, readCsvReport(text, 'openai'), text)
const compare = async () =>
  (await compareAllBills(worker, NOW)).map(({ model, day, verdict, unexplainedUnits }) => ({
    model,
    day,
    verdict,
    unexplainedUnits,
  }))
const incidents = async () =>
  (
    await owner.query<{ subject: string; is_open: boolean }>(
      'SELECT subject, closed_at IS NULL AS is_open FROM incident ORDER BY opened_at, id',
    )
  ).rows
const rowsOfBill = async () =>
  (
    await owner.query<{ bucket: string; units: string | null; cost: string | null }>(
      'SELECT bucket, units::text, cost_pusd::text AS cost FROM provider_bill ORDER BY day, model, bucket',
    )
  ).rows

const SOUND = `day,model,bucket,units,cost_usd
2026-11-15,gpt-4o-mini,input_uncached,1000,
2026-11-15,gpt-4o-mini,output,20,
2026-11-15,gpt-4o-mini,all,,1.230000000123
`

it('a bill that agrees is equal, and importing and comparing it again changes nothing', async () => {
  await ingestUsageEvents(worker, {
    events: [eventOf(org, { units: { input_uncached: 1_000, output_text: 15, output_reasoning: 5 } })],
  })
  expect(await bill(SOUND)).toEqual({ isNew: true, lines: 3 })
  const first = await compare()
  expect(first).toEqual([{ model: 'gpt-4o-mini', day: '2026-11-15', verdict: 'equal', unexplainedUnits: 0n }])
  expect(await bill(SOUND)).toEqual({ isNew: false, lines: 3 })
  expect(await compare()).toEqual(first)
  expect(await incidents()).toEqual([])
})

it('a newer report of a day replaces the older one, figure by figure', async () => {
  await bill(SOUND)
  await bill('day,model,bucket,cost_usd\n2026-11-15,gpt-4o-mini,all,2\n')
  expect(await rowsOfBill()).toEqual([
    { bucket: 'all', units: null, cost: '2000000000000' },
    { bucket: 'input_uncached', units: '1000', cost: null },
    { bucket: 'output', units: '20', cost: null },
  ])
})

it('what differs opens one incident however often it is seen, and a corrected report closes it', async () => {
  await ingestUsageEvents(worker, { events: [eventOf(org)] })
  await bill(SOUND.replace(',20,', ',25,'))
  await compare()
  await compare()
  expect(await incidents()).toEqual([{ subject: 'openai/gpt-4o-mini/2026-11-15', is_open: true }])
  await bill(SOUND)
  expect(await compare()).toMatchObject([{ verdict: 'equal' }])
  expect(await incidents()).toMatchObject([{ is_open: false }])
})

it('a customer’s own key is not on our bill, an abandoned call may be, and a refused one is not', async () => {
  await ingestUsageEvents(worker, {
    events: [
      eventOf(org, { units: { input_uncached: 1_000, output_text: 20 } }),
      eventOf(org, { funding: 'byok', billedPusd: pusd(0n), costPusd: pusd(9n) }),
      eventOf(org, {
        outcome: 'upstream_error',
        httpStatus: 429,
        usageSource: 'none',
        units: {},
        billedPusd: pusd(0n),
      }),
    ],
  })
  await bill(SOUND.replace(',20,', ',21,'))
  expect(await compare()).toMatchObject([{ verdict: 'different', unexplainedUnits: 1n }])
  await ingestUsageEvents(worker, {
    events: [
      eventOf(org, {
        outcome: 'client_abort',
        usageSource: 'tokenizer',
        units: { output_text: 3 },
        billedPusd: pusd(0n),
      }),
    ],
  })
  expect(await compare()).toMatchObject([{ verdict: 'explained', unexplainedUnits: 0n }])
})

it('a day that a report covers and leaves out was not used there, and a day it does not cover is not judged', async () => {
  await ingestUsageEvents(worker, {
    events: [
      eventOf(org, { modelId: 'forgotten', modelServed: 'forgotten' }),
      eventOf(org, { startedAtMs: Date.UTC(2026, 10, 17, 12) }),
    ],
  })
  await bill(SOUND)
  expect(await compare()).toMatchObject([
    { model: 'forgotten', verdict: 'different' },
    { model: 'gpt-4o-mini', day: '2026-11-15', verdict: 'different' },
  ])
})
