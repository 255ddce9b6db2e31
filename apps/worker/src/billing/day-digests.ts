import { USAGE_BUCKETS } from '@atpar/core/usage'
import { evidenceDayHash, EVIDENCE_VERSION } from '@atpar/db/evidence-sql'
import type { Reader } from './transaction.ts'
import { eventBucket, EVENTS_OF_PERIOD, MISDATED, rollupBucket, type OrgPeriod } from './usage-figures.ts'

/**
 * One line per model, provider, month, price book and funding of a day, then one hash over them. From events and from roll-ups the same text,
 * so that two hashes compare every count, every amount and all fifteen buckets.
 */
const sumsHash = (groups: string): string =>
  `SELECT day, sum(n) AS n, sum(billed) AS billed, sum(absorbed) FILTER (WHERE funding = 'platform') AS absorbed,
    sha256(convert_to(string_agg(line, E'\\n' ORDER BY line COLLATE "C"), 'UTF8')) AS hash
  FROM (SELECT day, funding, n, billed, absorbed,
      concat_ws('|', model_id, provider, billing_period, price_book_id, funding, n, cost, billed, absorbed, ${USAGE_BUCKETS.join(', ')}) AS line
    FROM (${groups}) AS grouped) AS lines GROUP BY day`

const GROUP_KEYS = 'model_id, provider, billing_period, price_book_id, funding'
const AMOUNTS = 'sum(cost_pusd) AS cost, sum(billed_pusd) AS billed, sum(absorbed_pusd) AS absorbed'
const buckets = (sumOf: (bucket: string) => string): string =>
  USAGE_BUCKETS.map((bucket) => `${sumOf(bucket)} AS ${bucket}`).join(', ')

const ROLLUP_DAYS = sumsHash(`
  SELECT (hour AT TIME ZONE 'UTC')::date AS day, ${GROUP_KEYS}, sum(events) AS n, ${AMOUNTS}, ${buckets(rollupBucket)}
  FROM usage_rollup_hourly WHERE org_id = $1 AND invoice_period = $2::date GROUP BY 1, ${GROUP_KEYS}`)

/** $3: the days to digest. The range of ids keeps it off the rest of the month; an event whose id is not of its own day is misdated and fails P1 as one too few. */
const SOME_EVENTS = `${EVENTS_OF_PERIOD} AND (started_at AT TIME ZONE 'UTC')::date = ANY ($3::date[])
  AND request_id >= uuid_v7_floor((SELECT min(wanted) FROM unnest($3::date[]) AS wanted)::timestamp AT TIME ZONE 'UTC')
  AND request_id < uuid_v7_floor(((SELECT max(wanted) FROM unnest($3::date[]) AS wanted) + 1)::timestamp AT TIME ZONE 'UTC')`

const DIGEST = `
  WITH event AS (
    SELECT (started_at AT TIME ZONE 'UTC')::date AS day, count(*) AS n, ${evidenceDayHash(EVIDENCE_VERSION)} AS hash, count(*) FILTER (WHERE ${MISDATED}) AS misdated,
      count(*) FILTER (WHERE key_id IN (SELECT id FROM api_key WHERE org_id <> $1)) AS foreign_events
    ${SOME_EVENTS} GROUP BY 1
  ), sums AS (${sumsHash(`
    SELECT (started_at AT TIME ZONE 'UTC')::date AS day, ${GROUP_KEYS}, count(*) AS n, ${AMOUNTS}, ${buckets(eventBucket)}
    ${SOME_EVENTS} GROUP BY 1, ${GROUP_KEYS}`)})
  INSERT INTO usage_day_digest (org_id, invoice_period, day, event_count, billed_pusd, absorbed_pusd, misdated, foreign_events, events_sha256, sums_sha256)
  SELECT $1, $2::date, day, event.n, sums.billed, coalesce(sums.absorbed, 0), misdated, foreign_events, decode(event.hash, 'hex'), sums.hash
  FROM event JOIN sums USING (day)
  ON CONFLICT (org_id, invoice_period, day) DO UPDATE SET event_count = EXCLUDED.event_count, billed_pusd = EXCLUDED.billed_pusd, absorbed_pusd = EXCLUDED.absorbed_pusd,
    misdated = EXCLUDED.misdated, foreign_events = EXCLUDED.foreign_events, events_sha256 = EXCLUDED.events_sha256, sums_sha256 = EXCLUDED.sums_sha256, frozen_at = now()`

const STALE_DAYS = `
  SELECT rollup.day::text AS day FROM (SELECT (hour AT TIME ZONE 'UTC')::date AS day, sum(events) AS n FROM usage_rollup_hourly WHERE org_id = $1 AND invoice_period = $2::date GROUP BY 1) AS rollup
  LEFT JOIN usage_day_digest d ON d.org_id = $1 AND d.invoice_period = $2::date AND d.day = rollup.day
  WHERE d.event_count IS DISTINCT FROM rollup.n AND ($3::date IS NULL OR rollup.day < $3::date) ORDER BY 1`

/**
 * Digests every day that has events and no digest that counts all of them. One statement a day: they are independent, and a day of a third of
 * a million events takes seconds. Returns how many days that were.
 */
export const freezeDays = async (
  reader: Reader,
  { orgId, period }: OrgPeriod,
  /** Only days before this one (`YYYY-MM-DD`): today still grows. Null for all. */
  before: string | null = null,
): Promise<number> => {
  const { rows } = await reader.query<{ day: string }>(STALE_DAYS, [orgId, period, before])
  for (const { day } of rows) await reader.query(DIGEST, [orgId, period, [day]])
  return rows.length
}

export interface DigestFigures {
  readonly eventCount: bigint
  readonly billedPusd: bigint
  readonly absorbedPusd: bigint
  readonly misdated: bigint
  readonly foreignEvents: bigint
  readonly rollupCount: bigint
  readonly rollupBilled: bigint
  readonly rollupAbsorbed: bigint
  /** Days whose sums differ from those of the roll-ups, in any bucket of any group. */
  readonly differingDays: bigint
}

/** The digests of a period beside its roll-ups as they are now. */
export const readDigests = async (reader: Reader, { orgId, period }: OrgPeriod): Promise<DigestFigures> => {
  const { rows } = await reader.query<Record<keyof DigestFigures, string>>(
    `WITH digest AS (SELECT * FROM usage_day_digest WHERE org_id = $1 AND invoice_period = $2::date), rollup AS (${ROLLUP_DAYS})
    SELECT coalesce(sum(digest.event_count), 0)::text AS "eventCount", coalesce(sum(digest.billed_pusd), 0)::text AS "billedPusd",
      coalesce(sum(digest.absorbed_pusd), 0)::text AS "absorbedPusd", coalesce(sum(digest.misdated), 0)::text AS misdated,
      coalesce(sum(digest.foreign_events), 0)::text AS "foreignEvents", coalesce(sum(rollup.n), 0)::text AS "rollupCount",
      coalesce(sum(rollup.billed), 0)::text AS "rollupBilled", coalesce(sum(rollup.absorbed), 0)::text AS "rollupAbsorbed",
      count(*) FILTER (WHERE digest.sums_sha256 IS DISTINCT FROM rollup.hash)::text AS "differingDays"
    FROM digest FULL JOIN rollup USING (day)`,
    [orgId, period],
  )
  const [row] = rows
  if (row === undefined) throw new Error('A sum without groups returned no row.')
  return Object.fromEntries(Object.entries(row).map(([name, text]) => [name, BigInt(text)])) as unknown as DigestFigures
}
