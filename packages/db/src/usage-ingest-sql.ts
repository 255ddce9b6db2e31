import type { UsageEvent } from '@atpar/core/usage-event'
import { isQuoted, placeOf, type UsageRow } from '@atpar/core/usage-row'

/** Buckets that have a column of their own in the roll-ups; the others share `other_units`. */
export const UNIT_COLUMNS = [
  'input_uncached',
  'cache_read',
  'cache_write_5m',
  'cache_write_1h',
  'output_text',
  'output_reasoning',
] as const

export type ColumnType =
  | 'uuid'
  | 'text'
  | 'texts'
  | 'bigint'
  | 'smallint'
  | 'integer'
  | 'boolean'
  | 'jsonb'
  | 'date'
  | 'instant'

/** Field of an event → its column and type. Instants travel as milliseconds. */
export const EVENT_FIELDS: readonly (readonly [field: keyof UsageEvent, column: string, type: ColumnType])[] = [
  ['requestId', 'request_id', 'uuid'],
  ['attempt', 'attempt', 'smallint'],
  ['kind', 'kind', 'text'],
  ['seq', 'seq', 'smallint'],
  ['orgId', 'org_id', 'uuid'],
  ['teamId', 'team_id', 'uuid'],
  ['memberId', 'member_id', 'uuid'],
  ['keyId', 'key_id', 'uuid'],
  ['endpoint', 'endpoint', 'text'],
  ['callerDialect', 'caller_dialect', 'text'],
  ['streamed', 'streamed', 'boolean'],
  ['provider', 'provider', 'text'],
  ['offeringId', 'offering_id', 'text'],
  ['modelRequested', 'model_requested', 'text'],
  ['modelId', 'model_id', 'text'],
  ['modelServed', 'model_served', 'text'],
  ['routeVersionId', 'route_version_id', 'uuid'],
  ['serviceTier', 'service_tier', 'text'],
  ['funding', 'funding', 'text'],
  ['startedAtMs', 'started_at', 'instant'],
  ['firstByteAtMs', 'first_byte_at', 'instant'],
  ['endedAtMs', 'ended_at', 'instant'],
  ['billingPeriod', 'billing_period', 'date'],
  ['priceBookId', 'price_book_id', 'integer'],
  ['units', 'units', 'jsonb'],
  ['usageSource', 'usage_source', 'text'],
  ['providerUsageRaw', 'provider_usage_raw', 'jsonb'],
  ['providerRequestId', 'provider_request_id', 'text'],
  ['providerStatedCostPusd', 'provider_stated_cost_pusd', 'bigint'],
  ['costPusd', 'cost_pusd', 'bigint'],
  ['billedPusd', 'billed_pusd', 'bigint'],
  ['absorbedPusd', 'absorbed_pusd', 'bigint'],
  ['absorbedReason', 'absorbed_reason', 'text'],
  ['outcome', 'outcome', 'text'],
  ['isFinal', 'is_final', 'boolean'],
  ['httpStatus', 'http_status', 'smallint'],
  ['errorCode', 'error_code', 'text'],
  ['estimatePusd', 'estimate_pusd', 'bigint'],
  ['trail', 'trail', 'jsonb'],
  ['tags', 'tags', 'texts'],
  ['proxyId', 'proxy_id', 'text'],
  ['proxyBootId', 'proxy_boot_id', 'uuid'],
  ['proxySeq', 'proxy_seq', 'bigint'],
  ['leaseNumber', 'lease_number', 'integer'],
]

/** One batch as one text. Every row begins and ends with its bracket and holds no line feed, so what stands between two of them is between no others. */
export const textOfRows = (rows: readonly UsageRow[]): string => rows.join('\n').slice(1, -1)

/** `null` has become NULL by then. */
const jsonOf = (field: keyof UsageEvent): string => `f[${placeOf(field) + 1}]`

/** What stands in a field's quotes, with nothing escaped in it. */
const wordOf = (field: keyof UsageEvent): string => `split_part(${jsonOf(field)}, '"', 2)`

/** As SQL of its type. A row's fields are of their kinds, so quotes need not be looked for. */
const valueOf = (field: keyof UsageEvent, type: ColumnType): string => {
  const json = jsonOf(field)
  switch (type) {
    case 'uuid':
    case 'bigint':
    case 'date':
    case 'smallint':
    case 'integer':
    case 'boolean':
    case 'jsonb':
      return `${isQuoted(field) ? wordOf(field) : json}::${type}`
    case 'text':
      return `CASE strpos(${json}, '\\') WHEN 0 THEN ${wordOf(field)} ELSE ${json}::json #>> '{}' END`
    case 'texts':
      return `CASE WHEN ${json} <> '[]' THEN ARRAY(SELECT json_array_elements_text(${json}::json)) ELSE '{}' END`
    case 'instant':
      // Milliseconds stay exact this way; to_timestamp(n / 1000.0) would divide in floating point first.
      return `'epoch'::timestamptz + ${json}::double precision * interval '1 millisecond'`
  }
}

const columns = EVENT_FIELDS.map(([, column]) => column).join(', ')
/** Needed before the others, for the order and the period. */
const EARLY: ReadonlySet<keyof UsageEvent> = new Set(['requestId', 'orgId', 'billingPeriod'])
const values = EVENT_FIELDS.map(([field, column, type]) => (EARLY.has(field) ? column : valueOf(field, type))).join(
  ', ',
)

export const KEY_COLUMNS =
  'org_id, hour, invoice_period, billing_period, team_id, member_id, key_id, model_id, provider, route_version_id, price_book_id, funding'
export const SUM_COLUMNS = [
  'events',
  'requests',
  'failures',
  ...UNIT_COLUMNS,
  'cost_pusd',
  'billed_pusd',
  'absorbed_pusd',
  'corrected_cost_pusd',
  'corrected_pusd',
] as const

/** One roll-up row out of its events: how ingest sums what it inserted, and a rebuild everything. */
export const ROLLED_UP_COLUMNS = `${KEY_COLUMNS}, count(*) AS events,
      count(*) FILTER (WHERE is_final AND kind = 'settle') AS requests,
      count(*) FILTER (WHERE is_final AND kind = 'settle' AND outcome NOT IN ('ok', 'client_abort')) AS failures,
      ${UNIT_COLUMNS.map((bucket) => `coalesce(sum((units ->> '${bucket}')::bigint), 0) AS ${bucket}`).join(', ')},
      coalesce(sum_units(other_units) FILTER (WHERE other_units <> '{}'), '{}') AS other_units,
      sum(cost_pusd) AS cost_pusd, sum(billed_pusd) AS billed_pusd, sum(absorbed_pusd) AS absorbed_pusd,
      coalesce(sum(cost_pusd) FILTER (WHERE kind = 'correction'), 0) AS corrected_cost_pusd, coalesce(sum(billed_pusd) FILTER (WHERE kind = 'correction'), 0) AS corrected_pusd`

/**
 * Takes `textOfRows`. One statement: what was really inserted feeds the roll-ups. Both are written in the order of their keys, so that
 * two shippers with the same ones wait for one another instead of deadlocking. A request counts by its final settle event, once.
 * The fields become values last, behind the sort, which then carries one text a row.
 */
export const INSERT_USAGE_EVENTS = `
  WITH record AS MATERIALIZED (
    SELECT f, ${valueOf('requestId', 'uuid')} AS request_id, ${valueOf('orgId', 'uuid')} AS org_id, ${valueOf('billingPeriod', 'date')} AS billing_period
    FROM (SELECT string_to_array(line, E',\\t', 'null') AS f FROM string_to_table($1, E']\\n[') AS line OFFSET 0) AS parted
  ), open_period AS MATERIALIZED (
    SELECT pair.org_id, pair.billing_period,
      CASE WHEN EXISTS (SELECT 1 FROM period_close c WHERE c.org_id = pair.org_id AND c.period = pair.billing_period)
        THEN (SELECT month::date FROM generate_series(pair.billing_period::timestamp, pair.billing_period::timestamp + interval '20 years', interval '1 month') AS month
          WHERE NOT EXISTS (SELECT 1 FROM period_close c WHERE c.org_id = pair.org_id AND c.period = month::date) ORDER BY month LIMIT 1)
        ELSE pair.billing_period END AS invoice_period
    FROM (SELECT DISTINCT org_id, billing_period FROM record) AS pair
  ), inserted AS (
    INSERT INTO usage_event (${columns}, invoice_period)
    SELECT ${values}, invoice_period
    FROM (
      SELECT record.*, invoice_period FROM record LEFT JOIN open_period USING (org_id, billing_period)
      ORDER BY request_id, ${valueOf('attempt', 'smallint')}, ${jsonOf('kind')}, ${valueOf('seq', 'smallint')} OFFSET 0
    ) AS sorted
    ON CONFLICT DO NOTHING
    RETURNING org_id, date_trunc('hour', started_at, 'UTC') AS hour, invoice_period, billing_period, team_id, member_id, key_id, model_id, provider, route_version_id,
      price_book_id, funding, kind, is_final, outcome, units, units - '{${UNIT_COLUMNS.join(',')}}'::text[] AS other_units, cost_pusd, billed_pusd, absorbed_pusd
  ), grouped AS (
    SELECT ${ROLLED_UP_COLUMNS}
    FROM inserted GROUP BY ${KEY_COLUMNS}
  ), rolled_up AS (
    INSERT INTO usage_rollup_hourly (${KEY_COLUMNS}, ${SUM_COLUMNS.join(', ')}, other_units)
    SELECT ${KEY_COLUMNS}, ${SUM_COLUMNS.join(', ')}, other_units FROM grouped ORDER BY ${KEY_COLUMNS}
    ON CONFLICT (${KEY_COLUMNS}) DO UPDATE SET
      ${SUM_COLUMNS.map((column) => `${column} = usage_rollup_hourly.${column} + EXCLUDED.${column}`).join(', ')},
      other_units = CASE EXCLUDED.other_units WHEN '{}' THEN usage_rollup_hourly.other_units ELSE add_units(usage_rollup_hourly.other_units, EXCLUDED.other_units) END
  )
  SELECT count(*)::int AS inserted FROM inserted`
