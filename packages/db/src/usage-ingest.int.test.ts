import { randomUUID } from 'node:crypto'
import { pusd } from '@atpar/core/money'
import { billingPeriodOf, decodeUsageEvent, type UsageEvent } from '@atpar/core/usage-event'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
// By path, not by package: the factories of the testkit build on this package.
import { createTestDatabase, type TestDatabase } from '../../testkit/src/postgres.ts'
import { buildUsageEvent } from '../../testkit/src/usage-events.ts'
import { createPool, type Pool } from './pool.ts'
import { ingestUsageEvents, PERIOD_CLOSE_LOCK } from './usage-ingest.ts'

// Real databases on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 30_000 })

let database: TestDatabase
let owner: Pool
let shipper: Pool

beforeAll(async () => {
  database = await createTestDatabase()
  owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test' })
  shipper = createPool({ url: database.urlFor('shipper'), max: 8, applicationName: 'test-shipper' })
}, 90_000)

afterAll(async () => {
  await shipper.end()
  await owner.end()
  await database.drop()
})

interface Sums {
  readonly events: string
  readonly billed: string
  readonly absorbed: string
  readonly input: string
}

const sumEvents = async (orgId: string): Promise<Sums | undefined> => {
  const { rows } = await owner.query<Sums>(
    `SELECT count(*)::text AS events, sum(billed_pusd)::text AS billed, sum(absorbed_pusd)::text AS absorbed, sum((units ->> 'input_uncached')::bigint)::text AS input
     FROM usage_event WHERE org_id = $1`,
    [orgId],
  )
  return rows[0]
}

const sumRollups = async (orgId: string): Promise<Sums | undefined> => {
  const { rows } = await owner.query<Sums>(
    `SELECT sum(events)::text AS events, sum(billed_pusd)::text AS billed, sum(absorbed_pusd)::text AS absorbed, sum(input_uncached)::text AS input
     FROM usage_rollup_hourly WHERE org_id = $1`,
    [orgId],
  )
  return rows[0]
}

const buildEvents = (count: number, overrides: Partial<UsageEvent>): UsageEvent[] =>
  Array.from({ length: count }, (_, index) =>
    buildUsageEvent({ billedPusd: pusd(BigInt(index) * 1_000_003n), ...overrides }),
  )

describe('ingestUsageEvents', () => {
  it('writes each event once, however often it is delivered', async () => {
    const orgId = randomUUID()
    const events = buildEvents(50, { orgId })
    expect(await ingestUsageEvents(shipper, { events })).toEqual({ inserted: 50, quarantined: 0 })
    const before = await sumRollups(orgId)
    expect(await ingestUsageEvents(shipper, { events })).toEqual({ inserted: 0, quarantined: 0 })
    expect(await ingestUsageEvents(shipper, { events: [...events, ...events] })).toEqual({
      inserted: 0,
      quarantined: 0,
    })
    expect(await sumRollups(orgId)).toEqual(before)
    expect(await sumEvents(orgId)).toEqual(before)
  })

  it('counts an event that is twice in one batch once', async () => {
    const orgId = randomUUID()
    const [event] = buildEvents(1, { orgId })
    expect(await ingestUsageEvents(shipper, { events: event === undefined ? [] : [event, event] })).toEqual({
      inserted: 1,
      quarantined: 0,
    })
    expect((await sumRollups(orgId))?.events).toBe('1')
  })

  it('keeps roll-ups equal to events when several shippers deliver the same events at once, in different orders', async () => {
    const orgId = randomUUID()
    const keys = Array.from({ length: 8 }, () => randomUUID())
    const events = keys.flatMap((keyId) => buildEvents(40, { orgId, keyId }))
    const batches = Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? events : events.toReversed()))
    const results = await Promise.all(batches.map((batch) => ingestUsageEvents(shipper, { events: batch })))
    expect(results.reduce((sum, result) => sum + result.inserted, 0)).toBe(events.length)
    expect(await sumRollups(orgId)).toEqual(await sumEvents(orgId))
    expect((await sumEvents(orgId))?.events).toBe('320')
  })

  it('counts a request by its final attempt and bills every attempt', async () => {
    const orgId = randomUUID()
    const first = buildUsageEvent({
      orgId,
      isFinal: false,
      outcome: 'upstream_error',
      billedPusd: pusd(0n),
      absorbedPusd: pusd(7n),
    })
    const second = buildUsageEvent({
      orgId,
      keyId: first.keyId,
      requestId: first.requestId,
      attempt: 2,
      billedPusd: pusd(11n),
    })
    const correction = buildUsageEvent({
      orgId,
      keyId: first.keyId,
      requestId: first.requestId,
      attempt: 2,
      kind: 'correction',
      seq: 1,
      units: {},
      billedPusd: pusd(-3n),
    })
    await ingestUsageEvents(shipper, { events: [first, second, correction] })
    const { rows } = await owner.query(
      'SELECT sum(events)::int AS events, sum(requests)::int AS requests, sum(failures)::int AS failures, sum(billed_pusd)::text AS billed FROM usage_rollup_hourly WHERE org_id = $1',
      [orgId],
    )
    expect(rows).toEqual([{ events: 3, requests: 1, failures: 0, billed: '8' }])
  })

  it('keeps the tags of each event, whatever characters they hold, beside neighbours without any', async () => {
    const orgId = randomUUID()
    const tags = [['batch-7', 'env:prod'], [], ['a "quoted" \\ label, {with} commas', 'NULL'], []]
    const events = tags.map((each, index) => buildUsageEvent({ orgId, tags: each, proxySeq: index }))
    await ingestUsageEvents(shipper, { events })
    const { rows } = await owner.query<{ tags: string[] }>(
      'SELECT tags FROM usage_event WHERE org_id = $1 ORDER BY proxy_seq',
      [orgId],
    )
    expect(rows.map((row) => row.tags)).toEqual(tags)
  })

  it('sums buckets without a column of their own by name', async () => {
    const orgId = randomUUID()
    const keyId = randomUUID()
    const first = buildUsageEvent({ orgId, keyId, units: { input_uncached: 1, searches: 2, pages: 5 } })
    const second = buildUsageEvent({
      orgId,
      keyId,
      startedAtMs: first.startedAtMs,
      units: { searches: 3, audio_in: 4 },
    })
    await ingestUsageEvents(shipper, { events: [first] })
    await ingestUsageEvents(shipper, { events: [second] })
    const { rows } = await owner.query('SELECT other_units FROM usage_rollup_hourly WHERE org_id = $1', [orgId])
    expect(rows).toEqual([{ other_units: { searches: 5, pages: 5, audio_in: 4 } }])
  })

  it('bills an event that arrives after its month was closed in the first open one', async () => {
    const orgId = randomUUID()
    const startedAtMs = Date.now()
    const month = billingPeriodOf(startedAtMs)
    const nextMonth = billingPeriodOf(Date.parse(month) + 32 * 86_400_000)
    const monthAfter = billingPeriodOf(Date.parse(nextMonth) + 32 * 86_400_000)
    await owner.query(
      "INSERT INTO organization (id, slug, name) VALUES ($1::uuid, 'closed-' || left($1::text, 8), 'Closed')",
      [orgId],
    )
    for (const period of [month, nextMonth]) {
      const invoiceId = randomUUID()
      await owner.query(
        `INSERT INTO invoice (id, org_id, period, number, status, usage_pusd, carry_in_pusd, carry_out_pusd, total_cents, event_count, evidence, document_html, document_sha256)
         VALUES ($1::uuid, $2, $3, $1::text, 'finalised', 0, 0, 0, 0, 0, '{}', '', '')`,
        [invoiceId, orgId, period],
      )
      await owner.query('INSERT INTO period_close (org_id, period, invoice_id) VALUES ($1, $2, $3)', [
        orgId,
        period,
        invoiceId,
      ])
    }
    await ingestUsageEvents(shipper, { events: [buildUsageEvent({ orgId, startedAtMs })] })
    const { rows } = await owner.query(
      'SELECT billing_period::text, invoice_period::text FROM usage_event WHERE org_id = $1',
      [orgId],
    )
    expect(rows).toEqual([{ billing_period: month, invoice_period: monthAfter }])
    const rollups = await owner.query('SELECT invoice_period::text FROM usage_rollup_hourly WHERE org_id = $1', [orgId])
    expect(rollups.rows).toEqual([{ invoice_period: monthAfter }])
  })

  it('waits while a month is being closed, and then bills in the next one', async () => {
    const orgId = randomUUID()
    const startedAtMs = Date.now()
    const month = billingPeriodOf(startedAtMs)
    const invoiceId = randomUUID()
    await owner.query(
      "INSERT INTO organization (id, slug, name) VALUES ($1::uuid, 'closing-' || left($1::text, 8), 'Closing')",
      [orgId],
    )
    await owner.query(
      `INSERT INTO invoice (id, org_id, period, number, status, usage_pusd, carry_in_pusd, carry_out_pusd, total_cents, event_count, evidence, document_html, document_sha256)
       VALUES ($1::uuid, $2, $3, $1::text, 'finalised', 0, 0, 0, 0, 0, '{}', '', '')`,
      [invoiceId, orgId, month],
    )
    const closer = await owner.connect()
    await closer.query('BEGIN')
    await closer.query('SELECT pg_advisory_xact_lock($1)', [PERIOD_CLOSE_LOCK])
    const ingest = ingestUsageEvents(shipper, { events: [buildUsageEvent({ orgId, startedAtMs })] })
    const winner = await Promise.race([
      ingest.then(() => 'ingest'),
      new Promise((resolve) => setTimeout(resolve, 300, 'close')),
    ])
    await closer.query('INSERT INTO period_close (org_id, period, invoice_id) VALUES ($1, $2, $3)', [
      orgId,
      month,
      invoiceId,
    ])
    await closer.query('COMMIT')
    closer.release()
    expect([winner, await ingest]).toEqual(['close', { inserted: 1, quarantined: 0 }])
    const { rows } = await owner.query(
      'SELECT invoice_period > billing_period AS is_late FROM usage_event WHERE org_id = $1',
      [orgId],
    )
    expect(rows).toEqual([{ is_late: true }])
  })

  it('sets a bad row aside and lets the others of its batch through', async () => {
    const orgId = randomUUID()
    const bootId = randomUUID()
    const good = buildEvents(30, { orgId })
    const unbalanced = buildUsageEvent({ orgId, costPusd: pusd(5n), billedPusd: pusd(1n), absorbedPusd: pusd(1n) })
    const tooBig = buildUsageEvent({ orgId, billedPusd: pusd(10n ** 20n) })
    const notText = buildUsageEvent({ orgId, modelRequested: 'nul \u0000 byte' })
    const events = [...good.slice(0, 7), unbalanced, ...good.slice(7, 20), tooBig, notText, ...good.slice(20)]
    const boot = { bootId, proxyId: 'proxy-1', ackedSeq: 33, lastSeq: 33 }
    expect(await ingestUsageEvents(shipper, { events, boot })).toEqual({ inserted: 30, quarantined: 3 })
    expect(await sumRollups(orgId)).toEqual(await sumEvents(orgId))
    const { rows } = await owner.query<{ raw: string; error: string }>(
      'SELECT raw, error FROM usage_quarantine WHERE proxy_boot_id = ANY($1)',
      [[unbalanced, tooBig, notText].map((event) => event.proxyBootId)],
    )
    const byRequest = (left: UsageEvent, right: UsageEvent): number => left.requestId.localeCompare(right.requestId)
    expect(rows.map((row) => decodeUsageEvent(row.raw)).toSorted(byRequest)).toEqual(
      [unbalanced, tooBig, notText].toSorted(byRequest),
    )
    expect(rows.every((row) => row.error.length > 0)).toBe(true)
    const progress = await owner.query('SELECT acked_seq::int, last_seq::int FROM proxy_boot WHERE boot_id = $1', [
      bootId,
    ])
    expect(progress.rows).toEqual([{ acked_seq: 33, last_seq: 33 }])
  })

  it('never lets a boot fall back behind what was acknowledged', async () => {
    const boot = { bootId: randomUUID(), proxyId: 'proxy-1', ackedSeq: 20, lastSeq: 25 }
    await ingestUsageEvents(shipper, { events: [], boot })
    await ingestUsageEvents(shipper, { events: [], boot: { ...boot, ackedSeq: 10, lastSeq: 12 } })
    const { rows } = await owner.query('SELECT acked_seq::int, last_seq::int FROM proxy_boot WHERE boot_id = $1', [
      boot.bootId,
    ])
    expect(rows).toEqual([{ acked_seq: 20, last_seq: 25 }])
  })

  it('keeps every text as it is, whatever would end a list or a row', async () => {
    const awkward = ['"', '\\', '\\"', '{', '},{', ',', 'NULL', 'null', '', ' ', 'a\nb', 'é💶', '[]', "'", '\\n']
    const orgId = randomUUID()
    const events = awkward.map((text) =>
      buildUsageEvent({
        orgId,
        modelRequested: text,
        providerRequestId: text,
        tags: [text, 'plain'],
        providerUsageRaw: { [text]: text },
      }),
    )
    expect(await ingestUsageEvents(shipper, { events })).toEqual({ inserted: awkward.length, quarantined: 0 })
    const { rows } = await owner.query<{
      request_id: string
      asked: string
      named: string
      tags: string[]
      raw: unknown
    }>(
      'SELECT request_id, model_requested AS asked, provider_request_id AS named, tags, provider_usage_raw AS raw FROM usage_event WHERE org_id = $1',
      [orgId],
    )
    const byRequest = new Map(rows.map(({ request_id: requestId, ...told }) => [requestId, told]))
    for (const { requestId, modelRequested: text } of events)
      expect(byRequest.get(requestId)).toEqual({
        asked: text,
        named: text,
        tags: [text, 'plain'],
        raw: { [text]: text },
      })
  })

  it('keeps every figure and instant exactly', async () => {
    const event = buildUsageEvent({
      startedAtMs: Date.UTC(2026, 10, 3, 4, 5, 6, 789),
      firstByteAtMs: null,
      billedPusd: pusd(9_007_199_254_740_993n),
      providerStatedCostPusd: pusd(9_007_199_254_740_993n),
      providerUsageRaw: { nested: { total: 1.5 } },
    })
    await ingestUsageEvents(shipper, { events: [event] })
    const { rows } = await owner.query<{
      started: string
      first: Date | null
      billed: string
      stated: string
      raw: unknown
      units: unknown
      trail: unknown
    }>(
      `SELECT to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS started, first_byte_at AS first, billed_pusd::text AS billed,
         provider_stated_cost_pusd::text AS stated, provider_usage_raw AS raw, units, trail FROM usage_event WHERE request_id = $1`,
      [event.requestId],
    )
    expect(rows).toEqual([
      {
        started: '2026-11-03 04:05:06.789000',
        first: null,
        billed: '9007199254740993',
        stated: '9007199254740993',
        raw: event.providerUsageRaw,
        units: event.units,
        trail: event.trail,
      },
    ])
  })
})
