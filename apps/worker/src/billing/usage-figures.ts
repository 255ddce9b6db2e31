import type { InvoiceUsage, UnitTotals } from '@atpar/core/invoice'
import { pusd } from '@atpar/core/money'
import { USAGE_BUCKETS } from '@atpar/core/usage'
import type { Reader } from './transaction.ts'

/** One organization in the period whose invoice bills it (`YYYY-MM-01`). */
export interface OrgPeriod {
  readonly orgId: string
  readonly period: string
}

/**
 * The events that an invoice bills. The primary key begins with the request's time, so the range keeps it off older partitions; it reaches
 * back to the earliest late usage that the roll-ups know of, and a quarter in any case.
 */
export const EVENTS_OF_PERIOD = `
  FROM usage_event
  WHERE org_id = $1 AND invoice_period = $2::date
    AND request_id >= uuid_v7_floor((SELECT least(coalesce(min(billing_period), $2::date), ($2::date - interval '3 months')::date) FROM usage_rollup_hourly
      WHERE org_id = $1 AND invoice_period = $2::date)::timestamp AT TIME ZONE 'UTC')
    AND request_id < uuid_v7_floor(($2::date + interval '1 month') AT TIME ZONE 'UTC')`

interface UsageRow {
  readonly model_id: string
  readonly provider: string
  readonly billing_period: string
  readonly price_book_id: number
  readonly events: string
  readonly cost: string
  readonly absorbed: string
  readonly billed: string
  readonly corrected_cost: string
  readonly corrected: string
  readonly [bucket: string]: unknown
}

const unitsOf = (row: UsageRow): UnitTotals =>
  Object.fromEntries(
    USAGE_BUCKETS.flatMap((bucket) => {
      const total = row[bucket]
      return typeof total === 'string' ? [[bucket, BigInt(total)]] : []
    }),
  )

/** What an invoice is made of, summed from the events themselves. */
export const readInvoiceUsage = async (
  reader: Reader,
  { orgId, period }: OrgPeriod,
): Promise<readonly InvoiceUsage[]> => {
  const { rows } = await reader.query<UsageRow>(
    `SELECT model_id, provider, billing_period::text, price_book_id, count(*)::text AS events,
      sum(cost_pusd)::text AS cost, sum(absorbed_pusd)::text AS absorbed, sum(billed_pusd)::text AS billed,
      coalesce(sum(cost_pusd) FILTER (WHERE kind = 'correction'), 0)::text AS corrected_cost, coalesce(sum(billed_pusd) FILTER (WHERE kind = 'correction'), 0)::text AS corrected,
      ${USAGE_BUCKETS.map((bucket) => `sum((units ->> '${bucket}')::bigint)::text AS ${bucket}`).join(', ')}
    ${EVENTS_OF_PERIOD} AND funding = 'platform'
    GROUP BY model_id, provider, billing_period, price_book_id
    ORDER BY billing_period, provider, model_id, price_book_id`,
    [orgId, period],
  )
  return rows.map((row) => ({
    modelId: row.model_id,
    provider: row.provider,
    billingPeriod: row.billing_period,
    priceBookId: row.price_book_id,
    events: BigInt(row.events),
    units: unitsOf(row),
    costPusd: pusd(BigInt(row.cost)),
    absorbedPusd: pusd(BigInt(row.absorbed)),
    billedPusd: pusd(BigInt(row.billed)),
    correctedCostPusd: pusd(BigInt(row.corrected_cost)),
    correctedPusd: pusd(BigInt(row.corrected)),
  }))
}

export interface EventEvidence {
  readonly eventCount: bigint
  readonly billedPusd: bigint
  /** See `EVIDENCE_RULE`. */
  readonly sha256: string
}

/** How anyone who holds the usage export computes the hash again. By day, because one text of a whole month can pass Postgres' 1 GB. */
export const EVIDENCE_RULE =
  'For each UTC day of use, SHA-256 over the lines "request_id:attempt:kind:seq:billed_pusd" ordered by request_id, attempt, kind, seq and joined by a line feed; then SHA-256 over the lines "YYYY-MM-DD <hex of that day>" in order, joined by a line feed.'

export const readEvidence = async (reader: Reader, { orgId, period }: OrgPeriod): Promise<EventEvidence> => {
  const { rows } = await reader.query<{ count: string; billed: string; hash: string }>(
    `SELECT coalesce(sum(count), 0)::text AS count, coalesce(sum(billed), 0)::text AS billed,
      encode(sha256(convert_to(coalesce(string_agg(day || ' ' || hash, E'\\n' ORDER BY day), ''), 'UTF8')), 'hex') AS hash
    FROM (
      SELECT (started_at AT TIME ZONE 'UTC')::date::text AS day, count(*) AS count, sum(billed_pusd) AS billed,
        encode(sha256(convert_to(string_agg(request_id || ':' || attempt || ':' || kind || ':' || seq || ':' || billed_pusd, E'\\n'
          ORDER BY request_id, attempt, kind COLLATE "C", seq), 'UTF8')), 'hex') AS hash
      ${EVENTS_OF_PERIOD} GROUP BY 1
    ) AS days`,
    [orgId, period],
  )
  return {
    eventCount: BigInt(rows[0]?.count ?? 0),
    billedPusd: BigInt(rows[0]?.billed ?? 0),
    sha256: rows[0]?.hash ?? '',
  }
}
