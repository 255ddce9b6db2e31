import type { UnitPrice } from './money.ts'
import type { DailyWindow } from './pricing.ts'
import type { UsageBucket } from './usage.ts'

/** One dated list price, as `price_version` keeps it. */
export interface PriceRow extends UnitPrice {
  readonly offeringId: string
  readonly bucket: UsageBucket
  /** Counts when the whole input context is at least this many tokens. */
  readonly contextFrom: number
  readonly serviceTier: string | null
  readonly window: DailyWindow | null
  /** `YYYY-MM-DD`, from the source; the import's date where the source has none. */
  readonly effectiveFrom: string
  readonly sourceUrl: string
  readonly checkedOn: string
}

/** What makes two rows the same price at different times: the unique index of `price_version`. */
export const priceKeyOf = (row: PriceRow): string =>
  [row.offeringId, row.bucket, row.contextFrom, row.serviceTier ?? '', row.window?.fromMinute ?? ''].join('|')

/** True when `rateUsage` would charge the same by either. */
export const chargesSame = (a: PriceRow, b: PriceRow): boolean =>
  a.amountPusd * b.perUnits === b.amountPusd * a.perUnits &&
  (a.minimumUnits ?? 0n) === (b.minimumUnits ?? 0n) &&
  (a.window?.toMinute ?? null) === (b.window?.toMinute ?? null)

/** Decimal dollars per million units, for people: exact when the rate is, else cut at 12 decimals. */
export const usdPerMillion = (price: UnitPrice): string => {
  const pusd = (price.amountPusd * 1_000_000n) / price.perUnits
  const whole = (pusd / 10n ** 12n).toString()
  const fraction = (pusd % 10n ** 12n).toString().padStart(12, '0').replace(/0+$/, '')
  return fraction === '' ? whole : `${whole}.${fraction}`
}
