import { randomUUID } from 'node:crypto'
import { holds } from '@atpar/core/proofs'
import { createPool, type Pool } from '@atpar/db/pool'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import { createTestDatabase, type TestDatabase } from '@atpar/testkit/postgres'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createOrg, eventOf, type TestOrg } from '../../test/books.ts'
import { compareAllBills } from '../reconciliation/compare-bills.ts'
import { readOpenaiUsage } from '../reconciliation/openai-report.ts'
import { importReport } from '../reconciliation/import-report.ts'
import { closePeriod } from './close-period.ts'
import { proveAll } from './prove.ts'

const NOVEMBER = '2026-11-01'
const IN_DECEMBER = Date.UTC(2026, 11, 1, 2)

let database: TestDatabase
let owner: Pool
let worker: Pool
let org: TestOrg
let bystander: TestOrg
/** Each test uses a model and a day of its own: a provider's bill covers everybody's calls of a day. */
let model: string
let day = 0

beforeAll(async () => {
  database = await createTestDatabase()
  owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test-owner' })
  worker = createPool({ url: database.urlFor('worker'), max: 4, applicationName: 'test-worker' })
}, 60_000)
afterAll(async () => {
  await Promise.all([owner.end(), worker.end()])
  await database.drop()
})

const close = async ({ id }: TestOrg) => {
  const result = await closePeriod(worker, {
    orgId: id,
    period: NOVEMBER,
    nowMs: IN_DECEMBER,
    graceMs: 3_600_000,
    minimumCents: 50n,
  })
  if (result.kind !== 'closed') throw new Error(`blocked: ${result.reason}`)
}

const usageReport = (count: number): string =>
  JSON.stringify({
    data: [
      {
        start_time: Date.UTC(2026, 10, day) / 1000,
        end_time: Date.UTC(2026, 10, day + 1) / 1000,
        results: [{ model, input_tokens: count, input_cached_tokens: 0, output_tokens: 20 }],
      },
    ],
  })
const importUsage = async (count: number): Promise<void> => {
  const text = usageReport(count)
  await importReport(worker, readOpenaiUsage(text), text)
  await compareAllBills(worker, IN_DECEMBER)
}

beforeEach(async () => {
  org = await createOrg(owner)
  bystander = await createOrg(owner)
  model = `model-${randomUUID()}`
  day += 1
  await ingestUsageEvents(worker, {
    events: [
      eventOf(org, {
        startedAtMs: Date.UTC(2026, 10, day, 12),
        modelId: model,
        modelServed: model,
        units: { input_uncached: 1_000, output_text: 20 },
      }),
      eventOf(bystander, { provider: 'anthropic' }),
    ],
  })
  await close(org)
  await close(bystander)
})

const failing = async ({ id }: TestOrg): Promise<readonly string[]> =>
  (await proveAll(worker, { orgId: id, period: NOVEMBER })).filter((each) => !holds(each)).map(({ proof }) => proof)

/** Something that stands in a clearing account for so long. */
const passThrough = (amount: number, age: string) =>
  owner.query(
    `WITH posted AS (
      INSERT INTO ledger_transaction (id, org_id, natural_key, kind, period, posted_at) VALUES (gen_random_uuid(), $1, gen_random_uuid()::text, 'adjustment', $2, now() - $4::interval)
      RETURNING id
    ) INSERT INTO ledger_entry (id, org_id, transaction_id, account, amount_pusd)
      SELECT gen_random_uuid(), $1, posted.id, entry.account, entry.amount FROM posted, (VALUES ('clearing:push', $3::numeric), ('ar_open', -$3::numeric)) AS entry (account, amount)`,
    [org.id, NOVEMBER, amount, age],
  )

const CORRUPTIONS = {
  P1: () =>
    owner.query(
      'UPDATE usage_rollup_hourly SET billed_pusd = billed_pusd + 1, absorbed_pusd = absorbed_pusd - 1 WHERE org_id = $1',
      [org.id],
    ),
  P2: () =>
    owner.query(
      'UPDATE invoice SET usage_pusd = usage_pusd + 1, carry_out_pusd = carry_out_pusd + 1 WHERE org_id = $1',
      [org.id],
    ),
  P3: () => owner.query('UPDATE invoice_line SET cents = cents + 1 WHERE org_id = $1 AND position = 1', [org.id]),
  P5: () =>
    owner.query(`UPDATE usage_event SET started_at = started_at + interval '1 hour' WHERE org_id = $1`, [org.id]),
  P6: () => importUsage(1_001),
  P7: () => passThrough(1, '3 days'),
} as const satisfies Record<string, () => Promise<unknown>>

it.each(Object.entries(CORRUPTIONS))(
  '%s alone sees the one row that was changed behind its back, and no other organization does',
  async (proof, corrupt) => {
    expect(await failing(org)).toEqual([])
    await corrupt()
    expect(await failing(org)).toEqual([proof])
    expect(await failing(bystander)).toEqual([])
  },
)

it('P6 holds on a day whose bill agrees, and again when a person has accepted the difference with a reason', async () => {
  await importUsage(1_000)
  expect(await failing(org)).toEqual([])
  await importUsage(1_001)
  expect(await failing(org)).toEqual(['P6'])
  const userId = randomUUID()
  await owner.query('INSERT INTO app_user (id, email, name) VALUES ($1, $2, $2)', [userId, `${userId}@example.org`])
  await owner.query(
    `UPDATE incident SET closed_at = now(), closed_by = $1, closing_reason = 'confirmed by the provider' WHERE subject LIKE '%' || $2 || '%'`,
    [userId, model],
  )
  await compareAllBills(worker, IN_DECEMBER)
  expect(await failing(org)).toEqual([])
  await importUsage(1_002)
  expect(await failing(org)).toEqual(['P6'])
})

it('P7 is patient until the deadline, and content when what was late has left', async () => {
  await passThrough(7, '1 day')
  expect(await failing(org)).toEqual([])
  await passThrough(5, '3 days')
  expect(await failing(org)).toEqual(['P7'])
  // The oldest leaves first, whatever came in since.
  await passThrough(-5, '1 hour')
  expect(await failing(org)).toEqual([])
})
