import type { JsonObject } from '@atpar/core/json'
import { countOutputTokens, type ReportedUsage, type UsageUnits } from '@atpar/core/usage'

import { asObject } from '../fields.ts'
import { readCounts, toUnits } from '../token-counts.ts'

/**
 * `input_tokens` excludes what was read from or written to the cache
 * (https://platform.claude.com/docs/en/build-with-claude/prompt-caching#tracking-cache-performance); writes are told apart by lifetime under
 * `cache_creation`, or given as one figure, which then means the five-minute default. Thinking is inside `output_tokens`.
 * @returns null when nothing was reported or a figure is no count.
 */
export const readUsage = (value: unknown): ReportedUsage | null => {
  const usage = asObject(value)
  if (usage === null) return null
  const counts = readCounts(usage, [
    'input_tokens',
    'output_tokens',
    'cache_read_input_tokens',
    'cache_creation_input_tokens',
  ])
  const writes = readCounts(asObject(usage.cache_creation), ['ephemeral_5m_input_tokens', 'ephemeral_1h_input_tokens'])
  const output = readCounts(asObject(usage.output_tokens_details), ['thinking_tokens'])
  const tools = readCounts(asObject(usage.server_tool_use), ['web_search_requests'])
  if (counts === undefined || writes === undefined || output === undefined || tools === undefined) return null
  if (counts.input_tokens === null && counts.output_tokens === null) return null

  const long = writes.ephemeral_1h_input_tokens
  const short = writes.ephemeral_5m_input_tokens
  const split = long === null && short === null ? null : (long ?? 0) + (short ?? 0)
  const written = counts.cache_creation_input_tokens
  if (split !== null && written !== null && split > written) return null
  const units = toUnits({
    input_uncached: counts.input_tokens,
    cache_read: counts.cache_read_input_tokens,
    // What the split does not cover was written at the default lifetime.
    cache_write_5m: split === null ? written : (short ?? 0) + (written === null ? 0 : written - split),
    cache_write_1h: long,
    output_text: counts.output_tokens === null ? null : counts.output_tokens - (output.thinking_tokens ?? 0),
    output_reasoning: output.thinking_tokens,
    searches: tools.web_search_requests === 0 ? null : tools.web_search_requests,
  })
  return units === null ? null : { units, raw: usage }
}

/**
 * A stream reports twice: `message_start` knows the input, `message_delta` the totals, often without repeating what it has no news of
 * (the split of cache writes above all). Later figures replace earlier ones field by field.
 */
export const mergeRawUsage = (early: JsonObject | null, late: JsonObject): JsonObject => {
  const news = Object.fromEntries(Object.entries(late).filter(([, value]) => value !== null))
  return { ...early, ...news }
}

/** Null where the provider reported nothing: a 0 would be a claim. */
export const writeUsage = (units: UsageUnits): JsonObject => {
  const written =
    units.cache_write_5m === undefined && units.cache_write_1h === undefined
      ? null
      : (units.cache_write_5m ?? 0) + (units.cache_write_1h ?? 0)
  return {
    input_tokens: (units.input_uncached ?? 0) + (units.audio_in ?? 0) + (units.image_in ?? 0),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: units.cache_read ?? null,
    cache_creation:
      written === null
        ? null
        : {
            ephemeral_5m_input_tokens: units.cache_write_5m ?? 0,
            ephemeral_1h_input_tokens: units.cache_write_1h ?? 0,
          },
    output_tokens: countOutputTokens(units),
    output_tokens_details: units.output_reasoning === undefined ? null : { thinking_tokens: units.output_reasoning },
    server_tool_use: null,
    inference_geo: null,
    speed: null,
  }
}
