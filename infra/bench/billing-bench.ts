import { randomUUID } from 'node:crypto'
import { DAY_MS } from '@atpar/core/durations'
import { pusd } from '@atpar/core/money'
import type { UsageEvent } from '@atpar/core/usage-event'
import { createPool, type Pool } from '@atpar/db/pool'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import { DELETE_ROLLUPS, INSERT_ROLLUPS } from '@atpar/db/usage-rollup-sql'
import { buildUsageEvent } from '@atpar/testkit/usage-events'
import type { PrivatePostgres } from '../system/private-postgres.ts'

/** The month that everything here happens in. */
export const PERIOD = '2026-11-01'
export const FROM_MS = Date.UTC(2026, 10, 1)
const DAYS = 30
/** As many backends as a small machine has cores. */
const WRITERS = 2

export interface BillingBench {
  readonly postgres: PrivatePostgres
  readonly note: (line: string) => void
}

export interface BenchOrg {
  readonly id: string
  readonly keyId: string
}

export const withPools = async <T>(
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
export const createOrganizations = async (owner: Pool, count: number): Promise<readonly BenchOrg[]> => {
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

export const eventOf = (org: BenchOrg, index: number): UsageEvent =>
  buildUsageEvent({
    orgId: org.id,
    keyId: org.keyId,
    startedAtMs: FROM_MS + Math.floor((index * 7_919_777) % (DAYS * DAY_MS)),
    billedPusd: pusd(105_000_000n + BigInt(index % 97)),
    modelId: `model-${index % 5}`,
    units: { input_uncached: 700 + (index % 13), output_text: 40 },
  })

/**
 * Many events of one organization in few minutes: its first one, written by ingest, is multiplied by a generator of the database, and the roll-ups are summed
 * by the statement of `operate rebuild-rollups`. Returns how many there are.
 */
export const multiplyEvents = async (
  { owner, shipper, worker }: { readonly owner: Pool; readonly shipper: Pool; readonly worker: Pool },
  first: UsageEvent,
  events: number,
): Promise<number> => {
  await ingestUsageEvents(shipper, { events: [first] })
  const perDay = Math.ceil(events / DAYS)
  const days = Array.from({ length: DAYS }, (_, day) => new Date(FROM_MS + day * DAY_MS))
  const write = async (): Promise<void> => {
    for (let day = days.shift(); day !== undefined; day = days.shift())
      await worker.query(MULTIPLY, [first.orgId, perDay, day, first.requestId])
  }
  await Promise.all(Array.from({ length: WRITERS }, write))
  await worker.query(DELETE_ROLLUPS, [first.orgId, PERIOD])
  await worker.query(INSERT_ROLLUPS, [first.orgId, PERIOD])
  await owner.query('ANALYZE usage_rollup_hourly, usage_event')
  return perDay * DAYS + 1
}

/** $1 organization, $2 events, $3 the day, $4 the event to multiply. Times are whole milliseconds and ids their UUIDv7, as proof P5 demands; the organization's own digits keep two of them apart. */
const MULTIPLY = `
  INSERT INTO usage_event (request_id, attempt, kind, seq, org_id, team_id, member_id, key_id, endpoint, caller_dialect, streamed, provider, offering_id, model_requested, model_id,
    model_served, route_version_id, service_tier, funding, started_at, first_byte_at, ended_at, billing_period, invoice_period, price_book_id, units, usage_source, cost_pusd,
    billed_pusd, absorbed_pusd, outcome, is_final, http_status, estimate_pusd, trail, proxy_id, proxy_boot_id, proxy_seq)
  SELECT (substr(floor_id, 1, 14) || '7' || substr(md5(n::text), 1, 3) || '-8' || substr(md5(n::text), 4, 3) || '-' || substr(md5(e.org_id::text), 1, 6) || lpad(to_hex(n), 6, '0'))::uuid, 1, 'settle', 0, e.org_id,
    e.team_id, e.member_id, e.key_id, e.endpoint, e.caller_dialect, e.streamed, e.provider, e.offering_id, e.model_requested, 'model-' || n % 5, e.model_served, NULL, NULL,
    e.funding, at, at, at, e.billing_period, e.invoice_period, e.price_book_id, e.units, e.usage_source, e.cost_pusd + n % 97, e.billed_pusd + n % 97, e.absorbed_pusd, e.outcome, true, 200,
    e.estimate_pusd, '[]', e.proxy_id, e.proxy_boot_id, n
  FROM (SELECT * FROM usage_event WHERE org_id = $1 AND request_id = $4) AS e, generate_series(1, $2::int) AS n,
    LATERAL (SELECT date_trunc('milliseconds', $3::timestamptz + interval '1 day' * ((n - 1)::numeric / $2::int)) AS at) AS moment,
    LATERAL (SELECT uuid_v7_floor(at)::text AS floor_id) AS identity`
