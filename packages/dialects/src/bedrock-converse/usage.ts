import type { ReportedUsage } from '@atpar/core/usage'

import { asObject, asObjects } from '../fields.ts'
import { readCount, readCounts, toUnits } from '../token-counts.ts'

/**
 * `inputTokens` leaves out what was read from or written to the cache, as the models' makers count it; writes are told apart by lifetime in
 * `cacheDetails` (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html,
 * https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html). Reasoning is inside `outputTokens` and never told apart.
 * @returns null when nothing was reported or a figure is no count.
 */
export const readUsage = (value: unknown): ReportedUsage | null => {
  const usage = asObject(value)
  if (usage === null) return null
  const counts = readCounts(usage, ['inputTokens', 'outputTokens', 'cacheReadInputTokens', 'cacheWriteInputTokens'])
  if (counts === undefined || (counts.inputTokens === null && counts.outputTokens === null)) return null
  const long = countLongWrites(usage.cacheDetails)
  const written = counts.cacheWriteInputTokens
  if (long === undefined || (long !== null && long > (written ?? 0))) return null
  const units = toUnits({
    input_uncached: counts.inputTokens,
    cache_read: counts.cacheReadInputTokens,
    // What is not said to live an hour lives five minutes.
    cache_write_5m: written === null ? null : written - (long ?? 0),
    cache_write_1h: long,
    output_text: counts.outputTokens,
  })
  return units === null ? null : { units, raw: usage }
}

/** Null where no lifetimes are told; undefined when a figure is no count. */
const countLongWrites = (value: unknown): number | null | undefined => {
  const details = Array.isArray(value) ? asObjects(value) : []
  if (details.length === 0) return null
  let total = 0
  for (const detail of details) {
    const count = readCount(detail, 'inputTokens')
    if (count === undefined) return undefined
    if (detail.ttl === '1h') total += count ?? 0
  }
  return total
}
