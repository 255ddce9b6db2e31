import { randomUUID } from 'node:crypto'
import { pusd } from '@atpar/core/money'
import type { UsageEvent } from '@atpar/core/usage-event'
import { createPool, type Pool } from '@atpar/db/pool'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import { buildUsageEvent } from '@atpar/testkit/usage-events'
import { closePeriod } from '../../apps/worker/src/billing/close-period.ts'
import { freezeDays } from '../../apps/worker/src/billing/day-digests.ts'
import { postAllUsage } from '../../apps/worker/src/billing/post-ledger.ts'
import type { PrivatePostgres } from '../system/private-postgres.ts'
import type { Figure } from './figures.ts'

/** The month that everything here happens in, and a moment at which it can be closed. */
const PERIOD = '2026-11-01'
const FROM_MS = Date.UTC(2026, 10, 1)
const DAY_MS = 86_400_000
const DAYS = 30
const CLOSED_AT_MS = Date.UTC(2026, 11, 1, 2)
const GRACE_MS = 3_600_000
const BATCH = 2_000

const INGEST_PER_SECOND = 10_000
const CLOSE_WITHIN_MS = 10 * 60_000
const CLOSED_ORGANIZATIONS = 10_000
const INVOICE_WITHIN_MS = 1_000
/** One draws while another waits for Postgres. */
const CLOSES_AT_ONCE = 3

export interface BillingBench {
  readonly postgres: PrivatePostgres
  readonly note: (line: string) => void
}

interface BenchOrg {
  readonly id: string
  readonly keyId: string
}

const withPools = async <T>(
  { postgres }: BillingBench,
  work: (pools: { owner: Pool; shipper: Pool; worker: Pool }) => Promise<T>,
): Promise<T> => {
  const owner = createPool({ url: postgres.ownerUrl, max: 2, applicationName: 'bench-owner' })
  const shipper = createPool({ url: postgres.urlFor('shipper'), max: 4, applicationName: 'bench-shipper' })
  const worker = createPool({ url: postgres.urlFor('worker'), max: 4, applicationName: 'bench-worker' })
  try {
    await owner.query('SELECT ensure_usage_partitions(3, 3)')
    return await work({ owner, shipper, worker })
  } finally {
    await Promise.all([owner.end(), shipper.end(), worker.end()])
  }
}

/** Organizations with a key each, in one statement per table. */
const createOrganizations = async (owner: Pool, count: number): Promise<readonly BenchOrg[]> => {
  const orgs = Array.from({ length: count }, () => ({ id: randomUUID(), keyId: randomUUID(), teamId: randomUUID() }))
  const ids = orgs.map(({ id }) => id)
  await owner.query(
    `INSERT INTO organization (id, slug, name) SELECT id, 'bench-' || replace(id::text, '-', ''), 'Bench' FROM unnest($1::uuid[]) AS id`,
    [ids],
  )
  await owner.query(
    `INSERT INTO team (id, org_id, name) SELECT team_id, org_id, 'Default' FROM unnest($1::uuid[], $2::uuid[]) AS row (team_id, org_id)`,
    [orgs.map(({ teamId }) => teamId), ids],
  )
  await owner.query(
    `INSERT INTO api_key (id, org_id, team_id, kind, name, hmac, pepper_id, public_prefix, last_four)
    SELECT key_id, org_id, team_id, 'service', 'key', sha256(key_id::text::bytea), 'p1', 'atpar_test_x', 'abcd' FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS row (key_id, org_id, team_id)`,
    [orgs.map(({ keyId }) => keyId), ids, orgs.map(({ teamId }) => teamId)],
  )
  return orgs
}

const eventOf = (org: BenchOrg, index: number): UsageEvent =>
  buildUsageEvent({
    orgId: org.id,
    keyId: org.keyId,
    startedAtMs: FROM_MS + Math.floor((index * 7_919_777) % (DAYS * DAY_MS)),
    billedPusd: pusd(105_000_000n + BigInt(index % 97)),
    modelId: `model-${index % 5}`,
    units: { input_uncached: 700 + (index % 13), output_text: 40 },
  })

/** Events per second into Postgres with their roll-ups, by four writers as four proxies' shippers would. */
export const measureIngest = (bench: BillingBench, events = 200_000): Promise<Figure> =>
  withPools(bench, async ({ owner, shipper }) => {
    const orgs = await createOrganizations(owner, 50)
    const batches = Array.from({ length: events / BATCH }, (_, batch) =>
      Array.from({ length: BATCH }, (_unused, index) => {
        const org = orgs[(batch * 3 + (index % 5)) % orgs.length]
        if (org === undefined) throw new RangeError('no organization')
        return eventOf(org, batch * BATCH + index)
      }),
    )
    const startedAt = performance.now()
    const write = async (): Promise<void> => {
      for (let next = batches.shift(); next !== undefined; next = batches.shift())
        await ingestUsageEvents(shipper, { events: next })
    }
    await Promise.all([write(), write(), write(), write()])
    const perSecond = Math.round(events / ((performance.now() - startedAt) / 1_000))
    return {
      name: 'ingest with roll-ups',
      value: `${perSecond} events/s`,
      reach: `≥ ${INGEST_PER_SECOND}/s`,
      ok: perSecond >= INGEST_PER_SECOND,
    }
  })

/** How long it takes to close a month of many organizations, documents included; stated for 10,000. */
export const measureClose = (bench: BillingBench, organizations = CLOSED_ORGANIZATIONS): Promise<Figure> =>
  withPools(bench, async ({ owner, shipper, worker }) => {
    const orgs = await createOrganizations(owner, organizations)
    const events = orgs.flatMap((org, index) => Array.from({ length: 5 }, (_, at) => eventOf(org, index * 5 + at)))
    for (let at = 0; at < events.length; at += BATCH)
      await ingestUsageEvents(shipper, { events: events.slice(at, at + BATCH) })
    await postAllUsage(worker)
    bench.note(`closing ${organizations} organizations`)
    const startedAt = performance.now()
    const waiting = [...orgs]
    const close = async (): Promise<void> => {
      for (let org = waiting.shift(); org !== undefined; org = waiting.shift()) {
        const result = await closePeriod(worker, {
          orgId: org.id,
          period: PERIOD,
          nowMs: CLOSED_AT_MS,
          graceMs: GRACE_MS,
          minimumCents: 0n,
        })
        if (result.kind === 'blocked') throw new Error(result.reason)
      }
    }
    await Promise.all(Array.from({ length: CLOSES_AT_ONCE }, close))
    const tookMs = ((performance.now() - startedAt) / organizations) * CLOSED_ORGANIZATIONS
    return {
      name: `close of ${CLOSED_ORGANIZATIONS} organizations${organizations === CLOSED_ORGANIZATIONS ? '' : ` (from ${organizations})`}`,
      value: `${(tookMs / 60_000).toFixed(1)} min`,
      reach: '< 10 min',
      ok: tookMs < CLOSE_WITHIN_MS,
    }
  })

/**
 * Many events of one organization, made by the database itself: a generator for each day, then the roll-ups from them. What is measured is the
 * close, with its days digested as the hourly job leaves them.
 */
export const measureBigInvoice = (bench: BillingBench, events = 10_000_000): Promise<Figure> =>
  withPools(bench, async ({ owner, shipper, worker }) => {
    const [org] = await createOrganizations(owner, 1)
    if (org === undefined) throw new RangeError('no organization')
    await ingestUsageEvents(shipper, { events: [eventOf(org, 1)] })
    const perDay = Math.floor(events / DAYS)
    for (let day = 0; day < DAYS; day += 1) {
      await worker.query(MULTIPLY, [org.id, perDay, new Date(FROM_MS + day * DAY_MS)])
      if (day % 5 === 4) bench.note(`${(day + 1) * perDay} events`)
    }
    await worker.query('DELETE FROM usage_rollup_hourly WHERE org_id = $1', [org.id])
    await worker.query(ROLL_UP, [org.id])
    await owner.query('ANALYZE usage_rollup_hourly, usage_event')
    await postAllUsage(worker)
    const freezingAt = performance.now()
    await freezeDays(worker, { orgId: org.id, period: PERIOD })
    bench.note(`days digested in ${Math.round((performance.now() - freezingAt) / 1_000)} s`)
    const startedAt = performance.now()
    const result = await closePeriod(worker, {
      orgId: org.id,
      period: PERIOD,
      nowMs: CLOSED_AT_MS,
      graceMs: GRACE_MS,
      minimumCents: 0n,
    })
    const tookMs = performance.now() - startedAt
    if (result.kind === 'blocked') throw new Error(result.reason)
    return {
      name: `one invoice of ${perDay * DAYS} events`,
      value: `${Math.round(tookMs)} ms`,
      reach: `< ${INVOICE_WITHIN_MS} ms`,
      ok: tookMs < INVOICE_WITHIN_MS,
    }
  })

/** $1 organization, $2 events, $3 the day. Times are whole milliseconds and ids their UUIDv7, as proof P5 demands. */
const MULTIPLY = `
  INSERT INTO usage_event (request_id, attempt, kind, seq, org_id, team_id, member_id, key_id, endpoint, caller_dialect, streamed, provider, offering_id, model_requested, model_id,
    model_served, route_version_id, service_tier, funding, started_at, first_byte_at, ended_at, billing_period, invoice_period, price_book_id, units, usage_source, cost_pusd,
    billed_pusd, absorbed_pusd, outcome, is_final, http_status, estimate_pusd, trail, proxy_id, proxy_boot_id, proxy_seq)
  SELECT (substr(floor_id, 1, 14) || '7' || substr(md5(n::text), 1, 3) || '-8' || substr(md5(n::text), 4, 3) || '-' || lpad(to_hex(n), 12, '0'))::uuid, 1, 'settle', 0, e.org_id,
    e.team_id, e.member_id, e.key_id, e.endpoint, e.caller_dialect, e.streamed, e.provider, e.offering_id, e.model_requested, 'model-' || n % 5, e.model_served, NULL, NULL,
    e.funding, at, at, at, e.billing_period, e.invoice_period, e.price_book_id, e.units, e.usage_source, e.cost_pusd + n % 97, e.billed_pusd + n % 97, e.absorbed_pusd, e.outcome, true, 200,
    e.estimate_pusd, '[]', e.proxy_id, e.proxy_boot_id, n
  FROM (SELECT * FROM usage_event WHERE org_id = $1 LIMIT 1) AS e, generate_series(1, $2::int) AS n,
    LATERAL (SELECT date_trunc('milliseconds', $3::timestamptz + interval '1 day' * ((n - 1)::numeric / $2::int)) AS at) AS moment,
    LATERAL (SELECT uuid_v7_floor(at)::text AS floor_id) AS identity`

const ROLL_UP = `
  INSERT INTO usage_rollup_hourly (org_id, hour, invoice_period, billing_period, team_id, member_id, key_id, model_id, provider, route_version_id, price_book_id, funding, events, requests,
    input_uncached, output_text, cost_pusd, billed_pusd, absorbed_pusd)
  SELECT org_id, date_trunc('hour', started_at, 'UTC'), invoice_period, billing_period, team_id, member_id, key_id, model_id, provider, route_version_id, price_book_id, funding, count(*), count(*),
    coalesce(sum((units ->> 'input_uncached')::bigint), 0), coalesce(sum((units ->> 'output_text')::bigint), 0), sum(cost_pusd), sum(billed_pusd), sum(absorbed_pusd)
  FROM usage_event WHERE org_id = $1 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12`
