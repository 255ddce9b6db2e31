import { KEY_COLUMNS, ROLLED_UP_COLUMNS, SUM_COLUMNS, UNIT_COLUMNS } from './usage-ingest-sql.ts'

const ALL_COLUMNS = `${KEY_COLUMNS}, ${SUM_COLUMNS.join(', ')}, other_units`

/** All of one organization's events of one month of use, in the shape that ingest sums. */
const SUMMED = `
  SELECT ${ALL_COLUMNS} FROM (
    SELECT ${ROLLED_UP_COLUMNS} FROM (
      SELECT org_id, date_trunc('hour', started_at, 'UTC') AS hour, invoice_period, billing_period, team_id, member_id, key_id, model_id, provider, route_version_id,
        price_book_id, funding, kind, is_final, outcome, units, units - '{${UNIT_COLUMNS.join(',')}}'::text[] AS other_units, cost_pusd, billed_pusd, absorbed_pusd
      FROM usage_event WHERE org_id = $1 AND billing_period = $2::date
        AND request_id >= uuid_v7_floor($2::date::timestamp AT TIME ZONE 'UTC') AND request_id < uuid_v7_floor(($2::date + interval '1 month') AT TIME ZONE 'UTC')
    ) AS event GROUP BY ${KEY_COLUMNS}
  ) AS summed`

const STORED = `SELECT ${ALL_COLUMNS} FROM usage_rollup_hourly WHERE org_id = $1 AND billing_period = $2::date`

/** Each takes an organization and a month of use, `YYYY-MM-01`. `wrong`: keys at which sums and roll-ups differ in anything. */
export const COMPARE_ROLLUPS = `
  SELECT count(*)::int AS wrong FROM (
    SELECT DISTINCT ${KEY_COLUMNS} FROM (
      (${SUMMED} EXCEPT ALL ${STORED}) UNION ALL (${STORED} EXCEPT ALL ${SUMMED})
    ) AS differing
  ) AS keys`
export const DELETE_ROLLUPS = 'DELETE FROM usage_rollup_hourly WHERE org_id = $1 AND billing_period = $2::date'
export const INSERT_ROLLUPS = `INSERT INTO usage_rollup_hourly (${ALL_COLUMNS}) ${SUMMED}`
