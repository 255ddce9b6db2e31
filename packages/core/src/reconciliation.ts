import { DAY_MS } from './durations.ts'
import { pusd, type Pusd } from './money.ts'
import { BILL_BUCKETS, type BillBucket, type BillUnits } from './provider-bill.ts'

/** What we hold of one model of one provider on one UTC day, platform-funded attempts only. */
export interface OurDay {
  /** From attempts whose counts are the provider's final ones: a bill that says otherwise is wrong, or we are. */
  readonly finalUnits: BillUnits
  /** From attempts that were abandoned, broke off or were lost: our estimate of what the provider counts. */
  readonly estimatedUnits: BillUnits
  readonly attempts: bigint
  readonly estimatedAttempts: bigint
  /** At list price, what we absorb included. */
  readonly costPusd: Pusd
  /** What those without a final count were held for: the most that a bill may add for them. */
  readonly estimatedHoldPusd: Pusd
}

/** What the provider says of the same day. */
export interface BilledDay {
  /** Null when no report of usage covers the day. A bucket that is absent from it is one the report does not tell apart. */
  readonly units: BillUnits | null
  /** Null when no report of costs covers the day. */
  readonly costPusd: Pusd | null
}

export interface ModelDay {
  readonly provider: string
  readonly model: string
  /** UTC, `YYYY-MM-DD`. */
  readonly day: string
  readonly ours: OurDay
  readonly billed: BilledDay
}

export type Explanation =
  | 'equal'
  /** Attempts without a final count, and the bill lies at or above what is final. */
  | 'unfinished_attempts'
  /** The neighbouring day differs by as much the other way: both clocks drew midnight differently. */
  | 'neighbouring_day'
  /** Input as a whole agrees: counted as cached there and not here, or the reverse. */
  | 'other_bucket'
  | 'not_on_our_books'
  | 'not_on_their_bill'
  | 'counted_more'
  | 'counted_less'

/** Only these two reasons let a difference in units stand. */
const isInnocent = (explanation: Explanation): boolean =>
  explanation === 'equal' || explanation === 'unfinished_attempts' || explanation === 'neighbouring_day'

export interface BucketComparison {
  readonly bucket: BillBucket
  readonly ours: bigint
  readonly billed: bigint
  /** Billed minus ours. */
  readonly difference: bigint
  readonly explanation: Explanation
}

export interface DayComparison {
  readonly provider: string
  readonly model: string
  readonly day: string
  /** `different` opens an incident and fails P6. */
  readonly verdict: 'equal' | 'explained' | 'different'
  readonly buckets: readonly BucketComparison[]
  readonly ourCostPusd: Pusd
  readonly billCostPusd: Pusd | null
  /** Units that nothing explains, over all buckets, without sign. */
  readonly unexplainedUnits: bigint
  /** Billed minus ours, less what unfinished attempts may explain. 0 while it is at most 0.1 % of the bill. */
  readonly unexplainedPusd: Pusd
}

const INPUT: readonly BillBucket[] = ['input_uncached', 'cache_read', 'cache_write_5m', 'cache_write_1h']

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value)
const total = (values: readonly bigint[]): bigint => values.reduce((sum, value) => sum + value, 0n)
const ourUnits = ({ ours }: ModelDay, bucket: BillBucket): bigint =>
  (ours.finalUnits[bucket] ?? 0n) + (ours.estimatedUnits[bucket] ?? 0n)
const differenceOf = (day: ModelDay, bucket: BillBucket): bigint =>
  (day.billed.units?.[bucket] ?? 0n) - ourUnits(day, bucket)

const explain = (day: ModelDay, bucket: BillBucket, neighbours: readonly ModelDay[]): Explanation => {
  const difference = differenceOf(day, bucket)
  if (difference === 0n) return 'equal'
  const billed = day.billed.units?.[bucket] ?? 0n
  const isAtLeastFinal = billed >= (day.ours.finalUnits[bucket] ?? 0n)
  if (day.ours.estimatedAttempts > 0n && isAtLeastFinal) return 'unfinished_attempts'
  if (neighbours.some((other) => other.billed.units !== null && differenceOf(other, bucket) === -difference))
    return 'neighbouring_day'
  if (day.ours.attempts === 0n) return 'not_on_our_books'
  if (INPUT.includes(bucket) && total(INPUT.map((each) => differenceOf(day, each))) === 0n) return 'other_bucket'
  if (billed === 0n) return 'not_on_their_bill'
  return difference > 0n ? 'counted_more' : 'counted_less'
}

/** An incident begins above 0.1 % of what is billed. */
const ONE_IN = 1000n

const unexplainedCost = ({ ours, billed }: ModelDay, hasShiftedDay: boolean): Pusd => {
  if (billed.costPusd === null || hasShiftedDay) return pusd(0n)
  const difference = billed.costPusd - ours.costPusd
  // Unfinished attempts can only add to a bill, and no more than was held for them.
  const explained = difference > 0n && difference <= ours.estimatedHoldPusd ? difference : 0n
  const rest = difference - explained
  return pusd(magnitude(rest) * ONE_IN > magnitude(billed.costPusd) ? rest : 0n)
}

/** Buckets that the report tells apart or that we used. Without a report of usage there is nothing to compare. */
const comparedBuckets = (day: ModelDay): readonly BillBucket[] => {
  const { units } = day.billed
  if (units === null) return []
  const isWhole = Object.keys(units).length === 0
  return BILL_BUCKETS.filter((bucket) => bucket !== 'all' && (isWhole ? ourUnits(day, bucket) !== 0n : bucket in units))
}

const compareDay = (day: ModelDay, neighbours: readonly ModelDay[]): DayComparison => {
  const buckets = comparedBuckets(day).map((bucket) => ({
    bucket,
    ours: ourUnits(day, bucket),
    billed: day.billed.units?.[bucket] ?? 0n,
    difference: differenceOf(day, bucket),
    explanation: explain(day, bucket, neighbours),
  }))
  const unexplainedUnits = total(
    buckets.filter(({ explanation }) => !isInnocent(explanation)).map(({ difference }) => magnitude(difference)),
  )
  const unexplainedPusd = unexplainedCost(
    day,
    buckets.some(({ explanation }) => explanation === 'neighbouring_day'),
  )
  const { costPusd } = day.billed
  const isEqual =
    buckets.every(({ difference }) => difference === 0n) && (costPusd === null || costPusd === day.ours.costPusd)
  return {
    provider: day.provider,
    model: day.model,
    day: day.day,
    verdict: unexplainedUnits !== 0n || unexplainedPusd !== 0n ? 'different' : isEqual ? 'equal' : 'explained',
    buckets,
    ourCostPusd: day.ours.costPusd,
    billCostPusd: costPusd,
    unexplainedUnits,
    unexplainedPusd,
  }
}

const isNextTo = (one: string, other: string): boolean => Math.abs(Date.parse(one) - Date.parse(other)) === DAY_MS

/** Compares every day with its bill; the days of one model are looked at together, because a call at midnight may be on either. */
export const reconcile = (days: readonly ModelDay[]): readonly DayComparison[] => {
  const byModel = new Map<string, ModelDay[]>()
  const keyOf = ({ provider, model }: ModelDay): string => `${provider}\0${model}`
  for (const day of days) byModel.set(keyOf(day), [...(byModel.get(keyOf(day)) ?? []), day])
  return days.map((day) =>
    compareDay(
      day,
      (byModel.get(keyOf(day)) ?? []).filter((other) => isNextTo(day.day, other.day)),
    ),
  )
}
