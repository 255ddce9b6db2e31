import type { JsonObject } from '@atpar/core/json'
import type { ReportedUsage } from '@atpar/core/usage'

import { readCounts, toUnits } from '../token-counts.ts'

/**
 * Counts stand in the last object beside the times they took (https://docs.ollama.com/api/usage). A prompt that was in memory already may be left
 * out by older versions: nobody is billed for it. Thinking is inside `eval_count`.
 * @returns null when nothing was reported or a figure is no count.
 */
export const readUsage = (body: JsonObject): ReportedUsage | null => {
  const counts = readCounts(body, ['prompt_eval_count', 'eval_count'])
  if (counts === undefined || counts.eval_count === null) return null
  const units = toUnits({ input_uncached: counts.prompt_eval_count, output_text: counts.eval_count })
  return units === null
    ? null
    : { units, raw: { prompt_eval_count: counts.prompt_eval_count, eval_count: counts.eval_count } }
}
