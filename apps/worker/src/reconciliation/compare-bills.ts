import { formatUsd, pusd } from '@atpar/core/money'
import { reconcile, type DayComparison } from '@atpar/core/reconciliation'
import type { Pool } from '@atpar/db/pool'
import { raiseIncident } from '../billing/raise-incident.ts'
import { inTransaction, type Connection } from '../billing/transaction.ts'
import { readModelDays, type DaySpan } from './read-model-days.ts'

const PROVIDER_BILL_INCIDENT = 'provider-bill'

interface KnownRow {
  readonly unexplained_units: string
  readonly unexplained_pusd: string
  readonly incident_id: string | null
  readonly accepted: boolean
}

const subjectOf = ({ provider, model, day }: DayComparison): string => `${provider}/${model}/${day}`

const describe = (comparison: DayComparison): string => {
  const buckets = comparison.buckets
    .filter(({ difference }) => difference !== 0n)
    .map(
      ({ bucket, difference, explanation }) => `${bucket} ${difference > 0n ? '+' : ''}${difference} (${explanation})`,
    )
  const cost =
    comparison.unexplainedPusd === 0n
      ? []
      : [`$${formatUsd(comparison.unexplainedPusd)} of $${formatUsd(comparison.billCostPusd ?? pusd(0n))} billed`]
  return `The bill of ${comparison.provider} for ${comparison.model} on ${comparison.day} differs: ${[...buckets, ...cost].join(', ')}.`
}

const readKnown = async (connection: Connection, comparison: DayComparison): Promise<KnownRow | undefined> => {
  const { rows } = await connection.query<KnownRow>(
    `SELECT r.unexplained_units::text, r.unexplained_pusd::text, r.incident_id, i.closed_by IS NOT NULL AS accepted
    FROM reconciliation r LEFT JOIN incident i ON i.id = r.incident_id WHERE r.provider = $1 AND r.day = $2::date AND r.model = $3`,
    [comparison.provider, comparison.day, comparison.model],
  )
  return rows[0]
}

/** What a person accepted stays accepted while it is the same difference. */
const findAccepted = (known: KnownRow | undefined, comparison: DayComparison): string | null =>
  known?.accepted === true &&
  known.unexplained_units === comparison.unexplainedUnits.toString() &&
  known.unexplained_pusd === comparison.unexplainedPusd.toString()
    ? known.incident_id
    : null

const openIncident = (connection: Connection, comparison: DayComparison): Promise<string> =>
  raiseIncident(connection, {
    kind: PROVIDER_BILL_INCIDENT,
    subject: subjectOf(comparison),
    summary: describe(comparison),
    differencePusd: comparison.unexplainedPusd,
    detail: { unexplainedUnits: comparison.unexplainedUnits.toString() },
  })

const closeIncident = (connection: Connection, comparison: DayComparison): Promise<unknown> =>
  connection.query('UPDATE incident SET closed_at = now() WHERE kind = $1 AND subject = $2 AND closed_at IS NULL', [
    PROVIDER_BILL_INCIDENT,
    subjectOf(comparison),
  ])

const encodeBuckets = ({ buckets }: DayComparison): string =>
  JSON.stringify(buckets, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))

const writeComparison = async (
  connection: Connection,
  comparison: DayComparison,
  modelIds: readonly string[],
): Promise<void> => {
  const isDifferent = comparison.verdict === 'different'
  const accepted = isDifferent ? findAccepted(await readKnown(connection, comparison), comparison) : null
  if (!isDifferent) await closeIncident(connection, comparison)
  const incidentId = isDifferent ? (accepted ?? (await openIncident(connection, comparison))) : null
  await connection.query(
    `INSERT INTO reconciliation (provider, model, day, model_ids, verdict, our_cost_pusd, bill_cost_pusd, unexplained_units, unexplained_pusd, buckets, incident_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    ON CONFLICT (provider, day, model) DO UPDATE SET model_ids = EXCLUDED.model_ids, verdict = EXCLUDED.verdict, our_cost_pusd = EXCLUDED.our_cost_pusd,
      bill_cost_pusd = EXCLUDED.bill_cost_pusd, unexplained_units = EXCLUDED.unexplained_units, unexplained_pusd = EXCLUDED.unexplained_pusd, buckets = EXCLUDED.buckets,
      incident_id = EXCLUDED.incident_id, compared_at = now()`,
    [
      comparison.provider,
      comparison.model,
      comparison.day,
      [...modelIds],
      comparison.verdict,
      comparison.ourCostPusd.toString(),
      comparison.billCostPusd?.toString() ?? null,
      comparison.unexplainedUnits.toString(),
      comparison.unexplainedPusd.toString(),
      encodeBuckets(comparison),
      incidentId,
    ],
  )
}

/**
 * Compares the days of one provider that its reports cover with our events, keeps the result, opens an incident for what differs and closes
 * those that no longer do. Running it again with nothing new changes nothing.
 */
const compareBills = (pool: Pool, span: DaySpan): Promise<readonly DayComparison[]> =>
  inTransaction(pool, async (connection) => {
    await connection.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ')
    const days = await readModelDays(connection, span)
    const comparisons = reconcile(days)
    for (const [index, comparison] of comparisons.entries())
      await writeComparison(connection, comparison, days[index]?.modelIds ?? [])
    return comparisons
  })

const DAYS_BACK = 62

/** As `compareBills`, for every provider with reports, over the last two months up to the last whole day. */
export const compareAllBills = async (pool: Pool, nowMs: number): Promise<readonly DayComparison[]> => {
  const today = new Date(nowMs).toISOString().slice(0, 10)
  const { rows } = await pool.query<{ provider: string; from_day: string }>(
    `SELECT provider, greatest(min(from_day), $1::date - $2::int)::text AS from_day FROM provider_bill_import WHERE until_day > $1::date - $2::int GROUP BY 1 ORDER BY 1`,
    [today, DAYS_BACK],
  )
  const results: DayComparison[] = []
  for (const row of rows)
    results.push(...(await compareBills(pool, { provider: row.provider, fromDay: row.from_day, untilDay: today })))
  return results
}
