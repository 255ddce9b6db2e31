import { BILL_BUCKETS, billBucketOf, isBillBucket, type BillBucket, type BillUnits } from '@atpar/core/provider-bill'
import { pusd } from '@atpar/core/money'
import type { ModelDay, OurDay } from '@atpar/core/reconciliation'
import { USAGE_BUCKETS } from '@atpar/core/usage'
import type { Reader } from '../billing/transaction.ts'

export interface DaySpan {
  readonly provider: string
  /** UTC days `[fromDay, untilDay)`. */
  readonly fromDay: string
  readonly untilDay: string
}

/** With our names of what was served: how an organization's roll-ups find the day. */
export interface FoundModelDay extends ModelDay {
  readonly modelIds: readonly string[]
}

interface OurRow {
  readonly model: string
  readonly day: string
  readonly model_ids: readonly string[]
  readonly attempts: string
  readonly estimated_attempts: string
  readonly cost: string
  readonly hold: string
  readonly [units: string]: unknown
}

/** Postgres names for a bucket's two sums. */
const sumOf = (bucket: BillBucket): string => {
  const counted = USAGE_BUCKETS.filter((name) => billBucketOf(name) === bucket)
    .map((name) => `coalesce((e.units ->> '${name}')::bigint, 0)`)
    .join(' + ')
  return `sum(${counted}) FILTER (WHERE e.kind = 'settle' AND e.is_sure)::text AS final_${bucket}, sum(${counted}) FILTER (WHERE e.kind = 'settle' AND NOT e.is_sure)::text AS estimated_${bucket}`
}

const COUNTED = BILL_BUCKETS.filter((bucket) => bucket !== 'all')

/**
 * Sure is what the provider counted to its end, and what it refused before it made anything. Everything else it may bill as it sees fit: abandoned,
 * broken off, timed out, or begun by a proxy that died. Corrections change what was billed, never what was used.
 */
const OUR_DAYS = `
  SELECT e.model, e.day::text, array_agg(DISTINCT e.model_id) AS model_ids, count(*) FILTER (WHERE e.kind = 'settle')::text AS attempts,
    count(*) FILTER (WHERE e.kind = 'settle' AND NOT e.is_sure)::text AS estimated_attempts, sum(e.cost_pusd)::text AS cost,
    coalesce(sum(e.estimate_pusd) FILTER (WHERE e.kind = 'settle' AND NOT e.is_sure), 0)::text AS hold,
    ${COUNTED.map(sumOf).join(',\n    ')}
  FROM (
    SELECT u.*, coalesce(u.model_served, o.upstream_model, u.model_id) AS model, (u.started_at AT TIME ZONE 'UTC')::date AS day,
      u.usage_source = 'provider_final' OR (u.outcome = 'upstream_error' AND u.http_status >= 400 AND u.first_byte_at IS NULL) AS is_sure
    FROM usage_event u LEFT JOIN offering o ON o.id = u.offering_id
    WHERE u.provider = $1 AND u.funding = 'platform'
      AND u.request_id >= uuid_v7_floor($2::date::timestamp AT TIME ZONE 'UTC') AND u.request_id < uuid_v7_floor($3::date::timestamp AT TIME ZONE 'UTC')
  ) AS e GROUP BY 1, 2`

const unitsOf = (row: OurRow, prefix: 'final' | 'estimated'): BillUnits =>
  Object.fromEntries(
    COUNTED.flatMap((bucket) => {
      const sum = row[`${prefix}_${bucket}`]
      return typeof sum === 'string' && sum !== '0' ? [[bucket, BigInt(sum)]] : []
    }),
  )

const toOurs = (row: OurRow): OurDay => ({
  finalUnits: unitsOf(row, 'final'),
  estimatedUnits: unitsOf(row, 'estimated'),
  attempts: BigInt(row.attempts),
  estimatedAttempts: BigInt(row.estimated_attempts),
  costPusd: pusd(BigInt(row.cost)),
  estimatedHoldPusd: pusd(BigInt(row.hold)),
})

const NOTHING_OF_OURS: OurDay = {
  finalUnits: {},
  estimatedUnits: {},
  attempts: 0n,
  estimatedAttempts: 0n,
  costPusd: pusd(0n),
  estimatedHoldPusd: pusd(0n),
}

interface BilledRow {
  readonly model: string
  readonly day: string
  readonly units: Readonly<Record<string, string>> | null
  readonly cost: string | null
}

const BILLED_DAYS = `
  SELECT model, day::text, jsonb_object_agg(bucket, units::text) FILTER (WHERE units IS NOT NULL) AS units, sum(cost_pusd)::text AS cost
  FROM provider_bill WHERE provider = $1 AND day >= $2::date AND day < $3::date GROUP BY 1, 2`

const COVERED_DAYS = `
  SELECT day::date::text AS day, bool_or(i.has_units) AS has_units, bool_or(i.has_costs) AS has_costs
  FROM provider_bill_import i CROSS JOIN LATERAL generate_series(greatest(i.from_day, $2::date), least(i.until_day, $3::date) - 1, interval '1 day') AS day
  WHERE i.provider = $1 AND i.from_day < $3::date AND i.until_day > $2::date GROUP BY 1`

const readBilledUnits = (units: Readonly<Record<string, string>>): BillUnits =>
  Object.fromEntries(
    Object.entries(units).flatMap(([bucket, count]) => (isBillBucket(bucket) ? [[bucket, BigInt(count)]] : [])),
  )

/** Every model and day that either side speaks of and a report covers, from one snapshot of both. */
export const readModelDays = async (reader: Reader, span: DaySpan): Promise<readonly FoundModelDay[]> => {
  const values = [span.provider, span.fromDay, span.untilDay]
  const ours = (await reader.query<OurRow>(OUR_DAYS, values)).rows
  const billed = (await reader.query<BilledRow>(BILLED_DAYS, values)).rows
  const covered = (await reader.query<{ day: string; has_units: boolean; has_costs: boolean }>(COVERED_DAYS, values))
    .rows
  const keyOf = (row: { model: string; day: string }): string => `${row.day}\0${row.model}`
  const ourRows = new Map(ours.map((row) => [keyOf(row), row]))
  const billedRows = new Map(billed.map((row) => [keyOf(row), row]))
  const coverage = new Map(covered.map((row) => [row.day, row]))
  return [...new Set([...ourRows.keys(), ...billedRows.keys()])].toSorted().flatMap((key) => {
    const [day = '', model = ''] = key.split('\0')
    const cover = coverage.get(day)
    if (cover === undefined) return []
    const own = ourRows.get(key)
    const bill = billedRows.get(key)
    return [
      {
        provider: span.provider,
        model,
        day,
        modelIds: own?.model_ids ?? [],
        ours: own === undefined ? NOTHING_OF_OURS : toOurs(own),
        billed: {
          units: cover.has_units ? readBilledUnits(bill?.units ?? {}) : null,
          costPusd: cover.has_costs ? pusd(BigInt(bill?.cost ?? 0)) : null,
        },
      },
    ]
  })
}
