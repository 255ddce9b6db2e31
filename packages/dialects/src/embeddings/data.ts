import { isJsonObject, type JsonObject } from '@atpar/core/json'
import type { ReportedUsage } from '@atpar/core/usage'
import { asObjects } from '../fields.ts'
import { readCounts } from '../token-counts.ts'

/** `total_tokens` alone is what Voyage and some compatible servers tell. Embeddings have no output, so both figures mean the input. */
export const readTokenUsage = (body: JsonObject): ReportedUsage | null => {
  const usage = isJsonObject(body.usage) ? body.usage : null
  const counts = readCounts(usage, ['prompt_tokens', 'total_tokens'])
  const tokens = counts?.total_tokens ?? counts?.prompt_tokens ?? null
  return tokens === null ? null : { units: { input_uncached: tokens }, raw: usage }
}

/** `data` in the order of the inputs, whatever the order of the answer. */
export const readData = (body: JsonObject): readonly JsonObject[] =>
  asObjects(body.data).toSorted((a, b) => Number(a.index ?? 0) - Number(b.index ?? 0))
