import { exactNumber, type JsonObject } from '@atpar/core/json'
import { countInputTokens, countOutputTokens, type ReportedUsage, type UsageUnits } from '@atpar/core/usage'
import { asObject } from '../fields.ts'
import { readCounts, toUnits } from '../token-counts.ts'

/** https://platform.openai.com/docs/api-reference/completions/object#completions/object-usage; null when nothing credible was reported. */
export const readUsage = (value: unknown): ReportedUsage | null => {
  const usage = asObject(value)
  const counts = readCounts(usage, ['prompt_tokens', 'completion_tokens'])
  const details = readCounts(asObject(usage?.prompt_tokens_details), ['cached_tokens'])
  if (usage === null || counts === undefined || details === undefined || counts.prompt_tokens === null) return null
  const cached = details.cached_tokens === 0 ? null : details.cached_tokens
  const units = toUnits({
    input_uncached: counts.prompt_tokens - (cached ?? 0),
    cache_read: cached,
    output_text: counts.completion_tokens ?? 0,
  })
  return units === null ? null : { units, raw: usage }
}

export const writeUsage = (units: UsageUnits, costUsd: string | null): JsonObject => {
  const [input, output] = [countInputTokens(units), countOutputTokens(units)]
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    ...(costUsd === null ? {} : { cost: exactNumber(costUsd) }),
  }
}
