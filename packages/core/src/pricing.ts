import { addPusd, priceUnits, priceUnitsCeil, pusd, ZERO_PUSD, type Pusd, type UnitPrice } from './money.ts'
import { countInputTokens, INPUT_BUCKETS, OUTPUT_BUCKETS, type UsageBucket, type UsageUnits } from './usage.ts'

/** Half-open window of UTC minutes of the day in which a price counts (DeepSeek's off-peak hours, say). May wrap past midnight. */
export interface DailyWindow {
  readonly fromMinute: number
  readonly toMinute: number
}

/** Prices of one offering under one condition. The most specific matching row wins: see `selectRates`. */
export interface RateRow {
  /** Applies when the whole input context is at least this many tokens. */
  readonly contextFrom: number
  readonly serviceTier: string | null
  readonly window: DailyWindow | null
  readonly prices: Partial<Readonly<Record<UsageBucket, UnitPrice>>>
}

/** All dated prices of one offering inside one price book. */
export interface OfferingRates {
  readonly offeringId: string
  readonly priceVersionId: string
  readonly rows: readonly RateRow[]
}

export interface RatingContext {
  readonly startedAtMs: number
  readonly serviceTier: string | null
}

export interface RatedLine {
  readonly bucket: UsageBucket
  readonly units: number
  readonly price: UnitPrice
  readonly costPusd: Pusd
}

export type Rating =
  | { readonly priced: true; readonly costPusd: Pusd; readonly lines: readonly RatedLine[] }
  /** A used bucket has no price: quarantine and absorb, never bill 0 silently (money.md, decision 4). */
  | { readonly priced: false; readonly missing: readonly UsageBucket[] }

const MINUTES_PER_DAY = 1440
const minuteOfDay = (atMs: number): number => Math.floor(atMs / 60_000) % MINUTES_PER_DAY

const isInWindow = (window: DailyWindow, minute: number): boolean =>
  window.fromMinute <= window.toMinute
    ? minute >= window.fromMinute && minute < window.toMinute
    : minute >= window.fromMinute || minute < window.toMinute

/** What providers call the tier that everybody gets; its price is the one without a tier. */
const STANDARD_TIERS: ReadonlySet<string> = new Set([
  '',
  'default',
  'standard',
  'standard_only',
  'auto',
  'on_demand',
  'unspecified',
])

/** A service tier as price rows name it (`flex`, `priority`, …); null for the standard one, whatever the provider calls it. */
export const namedTier = (serviceTier: string | null): string | null => {
  // As most answers name it; the rest is for every other way to write it.
  if (serviceTier === null || STANDARD_TIERS.has(serviceTier)) return null
  const name = serviceTier.toLowerCase().replace(/^service_tier_/, '')
  return STANDARD_TIERS.has(name) ? null : name
}

/** Whether a book has a price for what a tier serves. Without one a request for it is refused before any call. */
export const pricesTier = (rates: OfferingRates, serviceTier: string | null): boolean => {
  const tier = namedTier(serviceTier)
  return rates.rows.some((row) => row.serviceTier === tier)
}

/** The row for this context size, tier and time: highest `contextFrom` first, then an exact window. A tier has its own price or none: never another's. */
export const selectRates = (rates: OfferingRates, inputTokens: number, context: RatingContext): RateRow | undefined => {
  const minute = minuteOfDay(context.startedAtMs)
  const tier = namedTier(context.serviceTier)
  let best: RateRow | undefined
  let bestScore = -1
  for (const row of rates.rows) {
    if (inputTokens < row.contextFrom) continue
    if (row.serviceTier !== tier) continue
    if (row.window !== null && !isInWindow(row.window, minute)) continue
    const score = row.contextFrom * 2 + (row.window === null ? 0 : 1)
    if (score > bestScore) {
      best = row
      bestScore = score
    }
  }
  return best
}

/**
 * Where a provider publishes no price of its own for a bucket, its published rule says which price applies
 * (reasoning tokens are billed as output by every provider priced here; an uncached price covers cache traffic the provider does not discount).
 */
const FALLBACK_BUCKET: Partial<Record<UsageBucket, UsageBucket>> = {
  output_reasoning: 'output_text',
  cache_read: 'input_uncached',
  cache_read_audio: 'cache_read',
  cache_write_5m: 'input_uncached',
  cache_write_1h: 'cache_write_5m',
}

const findPrice = (row: RateRow, bucket: UsageBucket): UnitPrice | undefined => {
  for (let current: UsageBucket | undefined = bucket; current !== undefined; current = FALLBACK_BUCKET[current]) {
    const price = row.prices[current]
    if (price !== undefined) return price
  }
  return undefined
}

/** Exact cost of `units` at list price. Floor per bucket, no other rounding. */
export const rateUsage = (units: UsageUnits, rates: OfferingRates, context: RatingContext): Rating => {
  const row = selectRates(rates, countInputTokens(units), context)
  const lines: RatedLine[] = []
  const missing: UsageBucket[] = []
  let cost = 0n
  for (const bucket of Object.keys(units) as UsageBucket[]) {
    const count = units[bucket] ?? 0
    if (count === 0) continue
    const price = row === undefined ? undefined : findPrice(row, bucket)
    if (price === undefined) {
      missing.push(bucket)
      continue
    }
    const costPusd = priceUnits(BigInt(count), price)
    cost += costPusd
    lines.push({ bucket, units: count, price, costPusd })
  }
  if (missing.length > 0) return { priced: false, missing }
  return { priced: true, costPusd: pusd(cost), lines }
}

/**
 * Upper bound in pUSD of a request with at most `inputTokens` and `outputTokens`, over every row that its context could select,
 * with each side at its dearest bucket (a cache write costs more than plain input, sound more than text), and of what else is counted (seconds,
 * characters, pages, searches) at most `units`. What no bound is given for is not in it.
 */
export const boundCost = (
  rates: OfferingRates,
  bound: { readonly inputTokens: number; readonly outputTokens: number; readonly units?: UsageUnits },
): Pusd => {
  const inputTokens = BigInt(bound.inputTokens)
  const outputTokens = BigInt(bound.outputTokens)
  let worst = 0n
  for (const { row, input, output, request } of dearestRows(rates)) {
    if (bound.inputTokens < row.contextFrom) continue
    let total = request + costOfSide(input, inputTokens) + costOfSide(output, outputTokens)
    if (bound.units !== undefined) total += costOfUnits(row, bound.units)
    if (total > worst) worst = total
  }
  return pusd(worst)
}

const costOfUnits = (row: RateRow, units: UsageUnits): Pusd => {
  let cost = ZERO_PUSD
  for (const [bucket, count] of Object.entries(units) as [UsageBucket, number][]) {
    const price = bucket === 'requests' ? undefined : row.prices[bucket]
    if (price !== undefined) cost = addPusd(cost, priceUnitsCeil(BigInt(count), price))
  }
  return cost
}

const costOfSide = ({ prices, minimums }: DearestSide, units: bigint): bigint => {
  if (units === 0n) return 0n
  let worst = 0n
  for (const price of prices) {
    const cost = priceUnitsCeil(units, price)
    if (cost > worst) worst = cost
  }
  return worst + minimums
}

interface DearestSide {
  readonly prices: readonly UnitPrice[]
  /** What the buckets' minimums may add together: each that was used at all is billed its own. */
  readonly minimums: bigint
}

interface DearestRow {
  readonly row: RateRow
  readonly input: DearestSide
  readonly output: DearestSide
  /** Of the request itself. */
  readonly request: bigint
}

/** Asked for every request, and as lasting as the rates. */
const dearestOf = new WeakMap<OfferingRates, readonly DearestRow[]>()

const dearestRows = (rates: OfferingRates): readonly DearestRow[] => {
  const known = dearestOf.get(rates)
  if (known !== undefined) return known
  const found = rates.rows.map((row) => ({
    row,
    input: dearestSide(row, INPUT_BUCKETS),
    output: dearestSide(row, OUTPUT_BUCKETS),
    request: row.prices.requests === undefined ? 0n : priceUnitsCeil(1n, row.prices.requests),
  }))
  dearestOf.set(rates, found)
  return found
}

const hasMinimum = ({ minimumUnits }: UnitPrice): boolean => minimumUnits !== undefined && minimumUnits > 0n

const dearestSide = (row: RateRow, buckets: readonly UsageBucket[]): DearestSide => {
  const prices = buckets.flatMap((bucket) => findPrice(row, bucket) ?? [])
  let minimums = 0n
  // A single bucket's minimum is in its own price.
  if (prices.length > 1)
    for (const price of prices) if (hasMinimum(price)) minimums += priceUnitsCeil(price.minimumUnits ?? 0n, price)
  return { prices: undominated(prices), minimums }
}

/** The prices that can be the dearest: for as many units as another one's and without a minimum, only the higher of the two can. */
const undominated = (prices: readonly UnitPrice[]): readonly UnitPrice[] =>
  prices.filter(
    (price, index) =>
      hasMinimum(price) ||
      !prices.some(
        (other, place) =>
          other.perUnits === price.perUnits &&
          (other.amountPusd > price.amountPusd || (other.amountPusd === price.amountPusd && place < index)),
      ),
  )
