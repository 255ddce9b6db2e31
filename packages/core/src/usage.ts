/**
 * Usage in disjoint buckets: a unit is counted in exactly one, so cost is a plain sum (research: overlapping buckets are the most
 * frequent billing bug of this market). A bucket that is absent was not reported, which is not the same as 0.
 */
export const USAGE_BUCKETS = [
  'input_uncached',
  'cache_read',
  /** Sound from the cache, where it has a price of its own. */
  'cache_read_audio',
  'cache_write_5m',
  'cache_write_1h',
  'output_text',
  'output_reasoning',
  'audio_in',
  'audio_out',
  'image_in',
  'image_out',
  'seconds',
  'characters',
  'images',
  'pages',
  'searches',
  'requests',
] as const

export type UsageBucket = (typeof USAGE_BUCKETS)[number]

/** Non-negative integers per bucket. Counts are `number` (≤ 2^53); money never is. */
export type UsageUnits = Partial<Readonly<Record<UsageBucket, number>>>

/** The buckets counted in tokens, by side. Together with `requests` they are what a request's bounds can bound. */
export const INPUT_BUCKETS: readonly UsageBucket[] = [
  'input_uncached',
  'cache_read',
  'cache_read_audio',
  'cache_write_5m',
  'cache_write_1h',
  'audio_in',
  'image_in',
]
export const OUTPUT_BUCKETS: readonly UsageBucket[] = ['output_text', 'output_reasoning', 'audio_out', 'image_out']

const sumOf = (units: UsageUnits, buckets: readonly UsageBucket[]): number => {
  let sum = 0
  for (const bucket of buckets) sum += units[bucket] ?? 0
  return sum
}

/** All input tokens, cached ones included: the context size that price tiers look at. */
export const countInputTokens = (units: UsageUnits): number => sumOf(units, INPUT_BUCKETS)
export const countOutputTokens = (units: UsageUnits): number => sumOf(units, OUTPUT_BUCKETS)

/** Where the figures of an event came from, best first. */
export type UsageSource = 'provider_final' | 'provider_partial' | 'tokenizer' | 'heuristic' | 'none'

/** What a provider reported for one attempt. `raw` is kept for re-rating and holds no prompt or completion text. */
export interface ReportedUsage {
  readonly units: UsageUnits
  readonly raw: unknown
  /** Cost as the provider itself stated it, decimal dollars as text. */
  readonly statedCostUsd?: string
}
