import type { ReportedUsage } from '@atpar/core/usage'

import { asObject } from '../fields.ts'
import { readCounts, toUnits } from '../token-counts.ts'

/**
 * `billed_units` is what is paid for; `tokens` also counts what the API wraps around the words (https://docs.cohere.com/docs/how-does-cohere-pricing-work).
 * Tokens found in its cache cost what others do, and so stay where they are. Reasoning is inside the output and never told apart.
 * @returns null when nothing was reported or a figure is no count.
 */
export const readUsage = (value: unknown): ReportedUsage | null => {
  const usage = asObject(value)
  if (usage === null) return null
  const billed = asObject(usage.billed_units)
  const counts = readCounts(billed ?? asObject(usage.tokens), ['input_tokens', 'output_tokens'])
  const searches = readCounts(billed, ['search_units'])
  if (counts === undefined || searches === undefined) return null
  if (counts.input_tokens === null && counts.output_tokens === null) return null
  const units = toUnits({
    input_uncached: counts.input_tokens,
    output_text: counts.output_tokens,
    searches: searches.search_units === 0 ? null : searches.search_units,
  })
  return units === null ? null : { units, raw: usage }
}
