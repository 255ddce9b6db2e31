import { exactNumber, type JsonObject } from '@atpar/core/json'
import { countInputTokens, countOutputTokens, type ReportedUsage, type UsageUnits } from '@atpar/core/usage'

import { asObject, asObjects, asText } from '../fields.ts'
import { readCounts, toDecimalText, toUnits } from '../token-counts.ts'

/**
 * `input_tokens` includes cached and written tokens, `output_tokens` includes reasoning
 * (https://platform.openai.com/docs/api-reference/responses/object#responses/object-usage). Both details are obligatory, so that a 0 in them
 * says no more than their absence. Web searches are billed apart (https://platform.openai.com/docs/pricing#built-in-tools) and counted from
 * the answer's own items: opening a page and finding in one cost nothing.
 * @param body the whole response. @returns null when nothing was reported or the figures contradict each other.
 */
export const readUsage = (body: JsonObject): ReportedUsage | null => {
  const usage = asObject(body.usage)
  if (usage === null) return null
  const counts = readCounts(usage, ['input_tokens', 'output_tokens', 'total_tokens'])
  const input = readCounts(asObject(usage.input_tokens_details), ['cached_tokens', 'cache_write_tokens'])
  const output = readCounts(asObject(usage.output_tokens_details), ['reasoning_tokens'])
  if (counts === undefined || input === undefined || output === undefined || counts.input_tokens === null) return null
  const visible = counts.output_tokens ?? 0
  if (counts.total_tokens !== null && counts.total_tokens !== counts.input_tokens + visible) return null
  const cached = nullIfZero(input.cached_tokens)
  const written = nullIfZero(input.cache_write_tokens)
  const reasoning = nullIfZero(output.reasoning_tokens)
  const searches = countSearches(body)
  const units = toUnits({
    input_uncached: counts.input_tokens - (cached ?? 0) - (written ?? 0),
    cache_read: cached,
    cache_write_5m: written,
    output_text: visible - (reasoning ?? 0),
    output_reasoning: reasoning,
    searches: nullIfZero(searches),
  })
  if (units === null) return null
  const stated = toDecimalText(usage.cost)
  return {
    units,
    raw: searches === 0 ? usage : { ...usage, web_search_calls: searches },
    ...(stated === null ? {} : { statedCostUsd: stated }),
  }
}

const nullIfZero = (count: number | null): number | null => (count === 0 ? null : count)

const countSearches = (body: JsonObject): number =>
  asObjects(body.output).filter(
    (item) => item.type === 'web_search_call' && (asText(asObject(item.action)?.type) ?? 'search') === 'search',
  ).length

export const writeUsage = (units: UsageUnits, costUsd: string | null): JsonObject => {
  const input = countInputTokens(units)
  const output = countOutputTokens(units)
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: units.cache_read ?? 0,
      cache_write_tokens: (units.cache_write_5m ?? 0) + (units.cache_write_1h ?? 0),
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: units.output_reasoning ?? 0 },
    total_tokens: input + output,
    ...(costUsd === null ? {} : { cost: exactNumber(costUsd) }),
  }
}
