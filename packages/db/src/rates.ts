import type { DailyWindow, OfferingRates, RateRow } from '@atpar/core/pricing'
import type { UnitPrice } from '@atpar/core/money'
import type { UsageBucket } from '@atpar/core/usage'

/** One price as SQL returns it; bigints as text. */
export interface PriceRecord {
  readonly id: string
  readonly offering_id: string
  readonly bucket: string
  readonly amount_pusd: string
  readonly per_units: string
  readonly minimum_units: string
  readonly context_from: number
  readonly service_tier: string | null
  readonly window_from_minute: number | null
  readonly window_to_minute: number | null
}

/** Columns of a `PriceRecord`, for `FROM price_version AS p`. */
export const PRICE_COLUMNS = `p.id, p.offering_id, p.bucket, p.amount_pusd::text AS amount_pusd, p.per_units::text AS per_units, p.minimum_units::text AS minimum_units, p.context_from, p.service_tier,
  p.window_from_minute, p.window_to_minute`

/** A book holds what was introduced up to it and not yet retired by it. */
export const inBook = (book: string): string =>
  `p.price_book_id <= ${book} AND (p.retired_book_id IS NULL OR p.retired_book_id > ${book})`

/** Newest first, so that the first row of an offering names its price version. */
export const PRICE_ORDER = 'p.offering_id, p.price_book_id DESC, p.id DESC'

interface RateDraft {
  readonly contextFrom: number
  readonly serviceTier: string | null
  readonly window: DailyWindow | null
  readonly prices: Partial<Record<UsageBucket, UnitPrice>>
}

const windowOf = (record: PriceRecord): DailyWindow | null =>
  record.window_from_minute === null || record.window_to_minute === null
    ? null
    : { fromMinute: record.window_from_minute, toMinute: record.window_to_minute }

const conditionOf = (record: PriceRecord): string =>
  `${record.context_from}|${record.service_tier ?? ''}|${record.window_from_minute ?? ''}|${record.window_to_minute ?? ''}`

/** Prices of one book, in `PRICE_ORDER`, by offering: buckets under the same condition make one row. */
export const assembleRates = (records: readonly PriceRecord[]): ReadonlyMap<string, OfferingRates> => {
  const offerings = new Map<string, { priceVersionId: string; rows: Map<string, RateDraft> }>()
  for (const record of records) {
    const offering = offerings.get(record.offering_id) ?? {
      priceVersionId: record.id,
      rows: new Map<string, RateDraft>(),
    }
    offerings.set(record.offering_id, offering)
    const condition = conditionOf(record)
    const row = offering.rows.get(condition) ?? {
      contextFrom: record.context_from,
      serviceTier: record.service_tier,
      window: windowOf(record),
      prices: {},
    }
    offering.rows.set(condition, row)
    row.prices[record.bucket as UsageBucket] = {
      amountPusd: BigInt(record.amount_pusd),
      perUnits: BigInt(record.per_units),
      ...(record.minimum_units === '0' ? {} : { minimumUnits: BigInt(record.minimum_units) }),
    }
  }
  return new Map(
    [...offerings].map(([offeringId, { priceVersionId, rows }]): [string, OfferingRates] => {
      const complete: readonly RateRow[] = [...rows.values()]
      return [offeringId, { offeringId, priceVersionId, rows: complete }]
    }),
  )
}
