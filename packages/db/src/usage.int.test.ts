import { pusd } from '@atpar/core/money'
import { billingPeriodOf, type UsageEvent } from '@atpar/core/usage-event'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
// By path, not by package: the testkit builds on this package.
import { createKeyWith, createOrganizationWith, type MadeOrganization } from '../../testkit/src/factories.ts'
import { createTestDatabase, type TestDatabase } from '../../testkit/src/postgres.ts'
import { buildUsageEvent } from '../../testkit/src/usage-events.ts'
import { createDb, type Db, type Tx } from './client.ts'
import { findInvoice, listInvoices, readOpenPeriod } from './invoices.ts'
import { createPool, type Pool } from './pool.ts'
import { findRequest, listRequests } from './requests.ts'
import { withTenant } from './tenant.ts'
import { ingestUsageEvents } from './usage-ingest.ts'
import { readPeriodTotals, readUsageSummary } from './usage.ts'

// Real databases on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 30_000 })
let database: TestDatabase
let app: Db
let owner: Pool
let shipper: Pool

beforeAll(async () => {
  database = await createTestDatabase()
  app = createDb({ url: database.urlFor('app'), max: 4 })
  owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test' })
  shipper = createPool({ url: database.urlFor('shipper'), max: 2, applicationName: 'test' })
}, 90_000)

afterAll(async () => {
  await app.$disconnect()
  await shipper.end()
  await owner.end()
  await database.drop()
})

const within = <T>(organization: MadeOrganization, work: (tx: Tx) => Promise<T>): Promise<T> =>
  withTenant(app, organization.tenant, work)

describe('usage', () => {
  const makeUsage = async () => {
    const made = await createOrganizationWith(app, { name: 'Usage' })
    const key = await createKeyWith(app, {
      orgId: made.orgId,
      holder: { kind: 'service', teamId: made.defaultTeamId },
      name: 'Service',
    })
    const day = Math.floor(Date.now() / 86_400_000) * 86_400_000
    const build = (hour: number, overrides: Partial<UsageEvent>) =>
      buildUsageEvent({
        orgId: made.orgId,
        teamId: made.defaultTeamId,
        keyId: key.keyId,
        startedAtMs: day + hour * 3_600_000,
        ...overrides,
      })
    const events = [
      build(1, { modelId: 'a', billedPusd: pusd(10n), units: { input_uncached: 5, searches: 1 } }),
      build(1, { modelId: 'b', provider: 'anthropic', billedPusd: pusd(200n), units: { output_text: 7 } }),
      build(3, { modelId: 'a', billedPusd: pusd(3000n), units: { input_uncached: 6, searches: 2 } }),
      build(4, {
        modelId: 'a',
        billedPusd: pusd(0n),
        absorbedPusd: pusd(9n),
        outcome: 'upstream_error',
        httpStatus: 502,
        units: {},
      }),
    ]
    await ingestUsageEvents(shipper, { events })
    return { made, key, day, events }
  }

  it('sums to the same whatever it is grouped by', async () => {
    const { made, key, day } = await makeUsage()
    const question = { fromHour: new Date(day), toHour: new Date(day + 86_400_000) }
    await within(made, async (tx) => {
      for (const groupBy of ['hour', 'day', 'model', 'provider', 'team', 'member', 'key'] as const) {
        const groups = await readUsageSummary(tx, made.orgId, { ...question, groupBy })
        expect([
          groupBy,
          groups.reduce((sum, group) => sum + group.billedPusd, 0n),
          groups.reduce((sum, group) => sum + group.requests, 0),
        ]).toEqual([groupBy, 3210n, 4])
      }
      expect(await readUsageSummary(tx, made.orgId, { ...question, groupBy: 'model' })).toMatchObject([
        {
          group: 'a',
          name: null,
          requests: 3,
          failures: 1,
          billedPusd: 3010n,
          absorbedPusd: 9n,
          units: { input_uncached: 11n, searches: 3n },
        },
        { group: 'b', requests: 1, failures: 0, billedPusd: 200n, units: { output_text: 7n } },
      ])
      expect(
        (await readUsageSummary(tx, made.orgId, { ...question, groupBy: 'hour' })).map((group) => group.group),
      ).toEqual([1, 3, 4].map((hour) => new Date(day + hour * 3_600_000).toISOString().replace('.000', '')))
      expect(await readUsageSummary(tx, made.orgId, { ...question, groupBy: 'key' })).toMatchObject([
        { group: key.keyId, name: 'Service' },
      ])
      expect(await readUsageSummary(tx, made.orgId, { ...question, groupBy: 'team' })).toMatchObject([
        { name: 'Default' },
      ])
      expect(await readUsageSummary(tx, made.orgId, { ...question, groupBy: 'member' })).toMatchObject([
        { group: null, name: null },
      ])
    })
  })

  it('is listed by request, newest first, page by page, with the money of all attempts', async () => {
    const { made, key, events } = await makeUsage()
    const [first] = events
    if (first === undefined) throw new Error('no event')
    await ingestUsageEvents(shipper, {
      events: [
        {
          ...first,
          attempt: 2,
          isFinal: false,
          outcome: 'upstream_error',
          costPusd: pusd(1n),
          billedPusd: pusd(0n),
          absorbedPusd: pusd(1n),
        },
      ],
    })
    await within(made, async (tx) => {
      const all = await listRequests(tx, made.orgId, { limit: 10 })
      expect(all.map((request) => request.requestId)).toEqual(
        events
          .map((event) => event.requestId)
          .toSorted()
          .toReversed(),
      )
      const oldest = all.find((request) => request.requestId === first.requestId)
      expect(oldest).toMatchObject({
        attempts: 2,
        billedPusd: 10n,
        absorbedPusd: 1n,
        keyName: 'Service',
        durationMs: 900,
        firstByteMs: 200,
        units: first.units,
      })
      const page = await listRequests(tx, made.orgId, { limit: 2 })
      const next = await listRequests(tx, made.orgId, { limit: 2, before: page[1]?.requestId ?? '' })
      expect([...page, ...next]).toEqual(all)
      expect(await listRequests(tx, made.orgId, { limit: 10, filters: { result: 'failed' } })).toMatchObject([
        { httpStatus: 502 },
      ])
      expect(
        await listRequests(tx, made.orgId, { limit: 10, filters: { modelId: 'b', keyId: key.keyId } }),
      ).toHaveLength(1)
      expect(await listRequests(tx, made.orgId, { limit: 10, filters: { keyId: 'not-an-id' } })).toEqual([])
      const stored = await findRequest(tx, made.orgId, first.requestId)
      expect(stored?.map((event) => event.attempt)).toEqual([1, 2])
      expect(stored?.[0]).toMatchObject({ ...first, invoicePeriod: first.billingPeriod })
    })
  })

  it('stands in the open period, with what earlier invoices left over', async () => {
    const { made, day } = await makeUsage()
    const thisMonth = billingPeriodOf(day)
    const nextMonth = billingPeriodOf(Date.parse(thisMonth) + 32 * 86_400_000)
    await within(made, async (tx) => {
      expect(await readOpenPeriod(tx, made.orgId, day)).toMatchObject({
        period: thisMonth,
        carryInPusd: 0n,
        totals: { billedPusd: 3210n, requests: 4 },
      })
    })
    const invoiceId = randomUUID()
    await owner.query(
      `INSERT INTO invoice (id, org_id, period, number, status, usage_pusd, carry_in_pusd, carry_out_pusd, total_cents, event_count, evidence, document_html, document_sha256)
       VALUES ($1::uuid, $2, $3, $1::text, 'carried', 3210, 0, 3210, 0, 4, '{"sum": "3210"}', '<p>par</p>', '\\xabcd')`,
      [invoiceId, made.orgId, thisMonth],
    )
    await owner.query(
      `INSERT INTO invoice_line (id, org_id, invoice_id, position, kind, description, billing_period, model_id, provider, price_book_id, units, amount_pusd, cents)
       VALUES ($1, $2, $1, 1, 'usage', 'a', $3, 'a', 'openai', 1, '{"input_uncached": 11}', 12345678901234567890123, 0)`,
      [invoiceId, made.orgId, thisMonth],
    )
    await owner.query('INSERT INTO period_close (org_id, period, invoice_id) VALUES ($1, $2, $3)', [
      made.orgId,
      thisMonth,
      invoiceId,
    ])
    for (const [difference, ranAt] of [
      [5, '2026-01-01'],
      [0, '2026-01-02'],
    ] as const) {
      await owner.query(
        "INSERT INTO proof_run (id, org_id, proof, period, difference_pusd, detail, ran_at) VALUES ($1, $2, 'P1', $3, $4, '{}', $5)",
        [randomUUID(), made.orgId, thisMonth, difference, ranAt],
      )
    }
    for (const proof of ['P1', 'P4'])
      await owner.query(
        "INSERT INTO proof_run (id, org_id, proof, period, difference_pusd, detail, ran_at) VALUES ($1, $2, $3, $4, 7, '{}', '2026-01-03')",
        [randomUUID(), made.orgId, proof, nextMonth],
      )
    await within(made, async (tx) => {
      expect(await readOpenPeriod(tx, made.orgId, day)).toMatchObject({
        period: nextMonth,
        carryInPusd: 3210n,
        totals: { billedPusd: 0n, requests: 0 },
      })
      expect(await listInvoices(tx, made.orgId)).toMatchObject([
        { invoiceId, period: thisMonth, status: 'carried', carryOutPusd: 3210n, totalCents: 0n },
      ])
      expect(await findInvoice(tx, made.orgId, invoiceId)).toMatchObject({
        lines: [{ position: 1, amountPusd: 12_345_678_901_234_567_890_123n, cents: 0n, modelId: 'a' }],
        document: null,
        // Cash is proven over all months at once.
        proofs: [
          { proof: 'P1', differencePusd: 0n },
          { proof: 'P4', differencePusd: 7n },
        ],
      })
      expect((await readPeriodTotals(tx, made.orgId, thisMonth)).billedPusd).toBe(3210n)
    })
    const stranger = await createOrganizationWith(app)
    expect(await within(stranger, (tx) => findInvoice(tx, stranger.orgId, invoiceId))).toBeNull()
  })
})
