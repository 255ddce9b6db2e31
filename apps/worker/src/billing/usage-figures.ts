import type { InvoiceUsage, UnitTotals } from '@atpar/core/invoice'
import { pusd } from '@atpar/core/money'
import { USAGE_BUCKETS } from '@atpar/core/usage'
import type { Funding } from '@atpar/core/usage-event'
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
export const eventsOfPeriod = (joined = ''): string => `
  FROM usage_event ${joined}
  WHERE org_id = $1 AND invoice_period = $2::date
    AND request_id >= uuid_v7_floor((SELECT least(coalesce(min(billing_period), $2::date), ($2::date - interval '3 months')::date) FROM usage_rollup_hourly
      WHERE org_id = $1 AND invoice_period = $2::date)::timestamp AT TIME ZONE 'UTC')
    AND request_id < uuid_v7_floor(($2::date + interval '1 month') AT TIME ZONE 'UTC')`
export const EVENTS_OF_PERIOD = eventsOfPeriod()

/** Events that say another month or another millisecond than their id does. */
export const MISDATED = `invoice_period < billing_period OR billing_period <> date_trunc('month', started_at AT TIME ZONE 'UTC')::date
  OR (kind = 'settle' AND NOT (request_id >= uuid_v7_floor(date_trunc('milliseconds', started_at)) AND request_id < uuid_v7_floor(date_trunc('milliseconds', started_at) + interval '1 millisecond')))`

interface UsageRow {
  readonly funding: Funding
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
      return typeof total === 'string' && total !== '0' ? [[bucket, BigInt(total)]] : []
    }),
  )

const toUsage = (row: UsageRow): FundedUsage => ({
  funding: row.funding,
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
})

/** Usage of one model at one provider under one price book, by who bears the provider's bill. */
export interface FundedUsage extends InvoiceUsage {
  readonly funding: Funding
}

/** Buckets that have a column of their own in the roll-ups. */
const COLUMN_BUCKETS: ReadonlySet<string> = new Set([
  'input_uncached',
  'cache_read',
  'cache_write_5m',
  'cache_write_1h',
  'output_text',
  'output_reasoning',
])

/** Sum of one bucket over roll-up rows. */
export const rollupBucket = (bucket: string): string =>
  COLUMN_BUCKETS.has(bucket)
    ? `coalesce(sum(${bucket}), 0)`
    : `coalesce(sum((other_units ->> '${bucket}')::numeric), 0)`
/** The same over events. */
export const eventBucket = (bucket: string): string => `coalesce(sum((units ->> '${bucket}')::bigint), 0)`

const SUMS = `
  SELECT funding, model_id, provider, billing_period::text, price_book_id, sum(events)::text AS events,
    sum(cost_pusd)::text AS cost, sum(absorbed_pusd)::text AS absorbed, sum(billed_pusd)::text AS billed,
    sum(corrected_cost_pusd)::text AS corrected_cost, sum(corrected_pusd)::text AS corrected,
    ${USAGE_BUCKETS.map((bucket) => `${rollupBucket(bucket)}::text AS ${bucket}`).join(', ')}`
const GROUPS = `
  GROUP BY funding, model_id, provider, billing_period, price_book_id
  ORDER BY billing_period, provider COLLATE "C", model_id COLLATE "C", price_book_id, funding`

/** What an invoice is made of. Roll-ups: that they are the events, group by group and bucket by bucket, is proven before (P1). */
export const readInvoiceUsage = async (
  reader: Reader,
  { orgId, period }: OrgPeriod,
): Promise<readonly FundedUsage[]> => {
  const { rows } = await reader.query<UsageRow>({
    name: 'invoice-usage',
    text: `${SUMS} FROM usage_rollup_hourly WHERE org_id = $1 AND invoice_period = $2::date ${GROUPS}`,
    values: [orgId, period],
  })
  return rows.map(toUsage)
}
