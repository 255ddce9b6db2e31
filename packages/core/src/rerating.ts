import { addPusd, pusd, ZERO_PUSD, type Pusd } from './money.ts'
import {
  rateUsage,
  type OfferingRates,
  type RatedLine,
  type Rating,
  type RateRow,
  type RatingContext,
} from './pricing.ts'
import type { PriceRow } from './price-row.ts'
import { USAGE_BUCKETS, type UsageUnits } from './usage.ts'

/** What an attempt comes to so far: its settlement and every correction of it. */
export interface Standing {
  readonly costPusd: Pusd
  readonly billedPusd: Pusd
  readonly absorbedPusd: Pusd
  /** It was absorbed because a used bucket had no price. */
  readonly isUnpriced: boolean
}

/** What a correction adds: nothing of it is positive, but for the cost of usage that had no price, which we bear. */
export interface Correction {
  readonly costPusd: Pusd
  readonly billedPusd: Pusd
  readonly absorbedPusd: Pusd
}

const conditionOf = (row: Pick<PriceRow, 'contextFrom' | 'serviceTier' | 'window'>): string =>
  `${row.contextFrom}|${row.serviceTier ?? ''}|${row.window?.fromMinute ?? ''}|${row.window?.toMinute ?? ''}`

/**
 * The rates a request was admitted under, with those of a later book laid over them that count from the request's own day on. What the later book
 * ends or leaves alone stays.
 */
export const layOver = (pinned: OfferingRates, later: readonly PriceRow[], day: string): OfferingRates => {
  const rows = new Map(pinned.rows.map((row): [string, RateRow] => [conditionOf(row), row]))
  for (const price of later) {
    if (price.effectiveFrom > day) continue
    const condition = conditionOf(price)
    const { contextFrom, serviceTier, window } = price
    const row = rows.get(condition) ?? { contextFrom, serviceTier, window, prices: {} }
    rows.set(condition, { ...row, prices: { ...row.prices, [price.bucket]: price } })
  }
  return { ...pinned, rows: [...rows.values()] }
}

const cheaper = (lines: readonly RatedLine[], others: readonly RatedLine[]): Pusd => {
  const costs = (some: readonly RatedLine[]) => new Map(some.map(({ bucket, costPusd }) => [bucket, costPusd]))
  const [one, other] = [costs(lines), costs(others)]
  return addPusd(
    ...USAGE_BUCKETS.map((bucket) => {
      const [first, second] = [one.get(bucket), other.get(bucket)]
      if (first === undefined || second === undefined) return first ?? second ?? ZERO_PUSD
      return first < second ? first : second
    }),
  )
}

/** Bucket by bucket the lower of both: an increase never applies backwards, not even beside a decrease of another bucket. */
const lowestCost = (before: Rating, after: Rating): Pusd | null => {
  if (!after.priced) return before.priced ? before.costPusd : null
  return before.priced ? cheaper(before.lines, after.lines) : after.costPusd
}

export interface Rerating {
  readonly units: UsageUnits
  readonly context: RatingContext
  readonly pinned: OfferingRates
  /** See `layOver`. */
  readonly later: OfferingRates
  readonly standing: Standing
}

/**
 * The correction that brings an attempt down to what was learnt about its prices since; null when there is none to make. Run again over its own
 * result it finds nothing. Usage without a price gets its cost, which stays ours: the customer's bill never rises.
 */
export const correctDownwards = ({ units, context, pinned, later, standing }: Rerating): Correction | null => {
  const target = lowestCost(rateUsage(units, pinned, context), rateUsage(units, later, context))
  if (target === null || target === standing.costPusd) return null
  if (target > standing.costPusd) {
    if (!standing.isUnpriced || standing.costPusd !== 0n) return null
    return { costPusd: target, billedPusd: ZERO_PUSD, absorbedPusd: target }
  }
  const billed = standing.billedPusd < target ? standing.billedPusd : target
  return {
    costPusd: pusd(target - standing.costPusd),
    billedPusd: pusd(billed - standing.billedPusd),
    absorbedPusd: pusd(target - billed - standing.absorbedPusd),
  }
}
