import { pusd, ZERO_PUSD, type Pusd } from '@atpar/core/money'
import { rateUsage, type OfferingRates } from '@atpar/core/pricing'
import type { UsageSource, UsageUnits } from '@atpar/core/usage'
import type { AbsorbedReason, AttemptOutcome, Funding } from '@atpar/core/usage-event'

export interface BillInput {
  readonly units: UsageUnits
  readonly usageSource: UsageSource
  readonly outcome: AttemptOutcome
  readonly hasContent: boolean
  readonly funding: Funding
  readonly rates: OfferingRates | null
  readonly startedAtMs: number
  readonly serviceTier: string | null
  /** The most this may bill: the hold on a hard budget, null without one. */
  readonly ceilingPusd: Pusd | null
}

export interface Bill {
  /** The usage at list price. */
  readonly costPusd: Pusd
  /** What the customer pays of it. */
  readonly billedPusd: Pusd
  /** What we pay of it. */
  readonly absorbedPusd: Pusd
  readonly absorbedReason: AbsorbedReason | null
}

/** Who pays what of one attempt (money.md, decision 13; quota.md: a bill is clipped at the hold of a hard budget). */
export const computeBill = (input: BillInput): Bill => {
  if (input.funding === 'local')
    return { costPusd: ZERO_PUSD, billedPusd: ZERO_PUSD, absorbedPusd: ZERO_PUSD, absorbedReason: null }
  const rating =
    input.rates === null
      ? null
      : rateUsage(input.units, input.rates, { startedAtMs: input.startedAtMs, serviceTier: input.serviceTier })
  // A bucket without a price cannot be billed at par; its cost is unknown, so the event carries the raw usage for re-rating and bills nothing.
  if (rating === null || !rating.priced)
    return {
      costPusd: ZERO_PUSD,
      billedPusd: ZERO_PUSD,
      absorbedPusd: ZERO_PUSD,
      absorbedReason: input.funding === 'byok' || Object.keys(input.units).length === 0 ? null : 'unpriced',
    }
  const cost = rating.costPusd
  if (input.funding === 'byok')
    return { costPusd: cost, billedPusd: ZERO_PUSD, absorbedPusd: ZERO_PUSD, absorbedReason: null }
  const failed =
    input.outcome === 'upstream_error' || input.outcome === 'upstream_timeout' || input.outcome === 'gateway_error'
  if (failed && !input.hasContent) return absorb(cost, ZERO_PUSD, 'zero_output')
  if (input.ceilingPusd !== null && cost > input.ceilingPusd) return absorb(cost, input.ceilingPusd, 'budget_cut')
  return absorb(cost, cost, null)
}

const absorb = (cost: Pusd, billed: Pusd, reason: AbsorbedReason | null): Bill => ({
  costPusd: cost,
  billedPusd: billed,
  absorbedPusd: pusd(cost - billed),
  absorbedReason: cost === billed ? null : reason,
})
