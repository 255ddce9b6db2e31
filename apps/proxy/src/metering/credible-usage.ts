import type { TokenBounds } from '@atpar/core/hold-arithmetic'
import {
  countInputTokens,
  countOutputTokens,
  INPUT_BUCKETS,
  OUTPUT_BUCKETS,
  USAGE_BUCKETS,
  type ReportedUsage,
} from '@atpar/core/usage'

/** What surrounds a prompt at a provider (tools, system words of its own) is in the bounds, but nobody publishes all of it. */
const GENEROUS_FACTOR = 10
const GENEROUS_TOKENS = 100_000

export interface UsageClaim {
  readonly usage: ReportedUsage | null
  /** What the request could need at most. */
  readonly worst: TokenBounds
  /** The answer had words, tool calls or pictures in it. */
  readonly hasContent: boolean
}

/**
 * The usage a provider reported, or null when it cannot be true: an answer without a single token of input, words that took no output, or many times
 * more than the request could need. Such a count is no basis for a bill (a broken provider would be believed with the customer's money); what was
 * relayed is counted instead, and the event says so in its `usage_source`.
 */
export const credibleUsage = ({ usage, worst, hasContent }: UsageClaim): ReportedUsage | null => {
  if (usage === null) return null
  const input = countInputTokens(usage.units)
  const output = countOutputTokens(usage.units)
  if (input === 0 || (hasContent && output === 0)) return null
  return isAbsurd(input, worst.inputTokens) || isAbsurd(output, worst.outputTokens) ? null : usage
}

const isAbsurd = (count: number, bound: number): boolean => count > bound * GENEROUS_FACTOR + GENEROUS_TOKENS

/** As above for what is no chat: it has usage of some kind, and none of it is many times more than the request could need. */
export const credibleTaskUsage = (usage: ReportedUsage | null, worst: TokenBounds): ReportedUsage | null => {
  if (usage === null) return null
  const { units } = usage
  let counted = countInputTokens(units) + countOutputTokens(units)
  if (isAbsurd(countInputTokens(units), worst.inputTokens) || isAbsurd(countOutputTokens(units), worst.outputTokens))
    return null
  for (const bucket of OTHER_BUCKETS) {
    const count = units[bucket] ?? 0
    counted += count
    // One of a kind is what every request may cost, asked for or not.
    if (count > Math.max(1, worst.units?.[bucket] ?? 0) * GENEROUS_FACTOR) return null
  }
  return counted === 0 ? null : usage
}

/** What is counted in anything but tokens. */
const OTHER_BUCKETS = USAGE_BUCKETS.filter(
  (bucket) => !INPUT_BUCKETS.includes(bucket) && !OUTPUT_BUCKETS.includes(bucket),
)
