import type { JsonObject } from '@atpar/core/json'
import { formatUnitPrice } from '@atpar/core/money'
import type { OfferingRates, RateRow } from '@atpar/core/pricing'
import type { UsageBucket } from '@atpar/core/usage'

/** OpenRouter's words where it has one; dollars for one unit each. */
const NAMES: Readonly<Record<UsageBucket, string>> = {
  input_uncached: 'prompt',
  output_text: 'completion',
  output_reasoning: 'internal_reasoning',
  cache_read: 'input_cache_read',
  cache_read_audio: 'input_cache_read_audio',
  cache_write_5m: 'input_cache_write',
  cache_write_1h: 'input_cache_write_1h',
  image_in: 'image_token',
  image_out: 'image_output',
  audio_in: 'audio',
  audio_out: 'audio_output',
  seconds: 'second',
  characters: 'character',
  images: 'image',
  pages: 'page',
  searches: 'web_search',
  requests: 'request',
}

/** Dollars per unit as decimal text, never a float: the price at which a short standard request is billed. Null = no price on record. */
export const describePrices = (rates: OfferingRates | null): JsonObject | null => {
  const base = rates?.rows.find(isBase) ?? rates?.rows[0]
  return base === undefined ? null : describeRow(base)
}

/** All of them with their conditions, where there is more than one. */
export const describeTiers = (rates: OfferingRates | null): JsonObject[] =>
  rates === null || rates.rows.length < 2
    ? []
    : rates.rows.map((row) => ({
        context_from: row.contextFrom,
        service_tier: row.serviceTier,
        utc_minutes: row.window === null ? null : [row.window.fromMinute, row.window.toMinute],
        pricing: describeRow(row),
      }))

const isBase = (row: RateRow): boolean => row.contextFrom === 0 && row.serviceTier === null && row.window === null

const describeRow = (row: RateRow): JsonObject => {
  const prices: JsonObject = {}
  for (const [bucket, price] of Object.entries(row.prices))
    prices[NAMES[bucket as UsageBucket]] = formatUnitPrice(price)
  return prices
}
