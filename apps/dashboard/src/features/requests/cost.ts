import type { UnitPrice } from '@atpar/core/money'
import { rateUsage, type OfferingRates } from '@atpar/core/pricing'
import { USAGE_BUCKETS, type UsageBucket, type UsageUnits } from '@atpar/core/usage'

export interface CostLine {
  readonly bucket: UsageBucket
  readonly units: number
  readonly price: UnitPrice
  readonly costPusd: bigint
}

export type CostBreakdown =
  | { readonly kind: 'lines'; readonly lines: readonly CostLine[]; readonly sumPusd: bigint; readonly isEqual: boolean }
  | { readonly kind: 'unpriced'; readonly missing: readonly UsageBucket[] }
  | { readonly kind: 'nothing-used' }

interface RecordedCost {
  readonly units: UsageUnits
  readonly startedAtMs: number
  readonly serviceTier: string | null
  readonly costPusd: bigint
}

/** Does the multiplication again, with the same function and the same dated prices that billed it, and says whether it comes out the same. */
export const breakDownCost = (event: RecordedCost, rates: OfferingRates | null): CostBreakdown => {
  const used = Object.values(event.units).some((count) => count > 0)
  if (!used) return { kind: 'nothing-used' }
  const missing = Object.keys(event.units) as UsageBucket[]
  if (rates === null) return { kind: 'unpriced', missing }
  const rating = rateUsage(event.units, rates, { startedAtMs: event.startedAtMs, serviceTier: event.serviceTier })
  if (!rating.priced) return { kind: 'unpriced', missing: rating.missing }
  const lines = rating.lines.toSorted((a, b) => USAGE_BUCKETS.indexOf(a.bucket) - USAGE_BUCKETS.indexOf(b.bucket))
  return { kind: 'lines', lines, sumPusd: rating.costPusd, isEqual: rating.costPusd === event.costPusd }
}
