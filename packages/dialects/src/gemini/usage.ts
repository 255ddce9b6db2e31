import type { JsonObject, JsonValue } from '@atpar/core/json'
import { countInputTokens, countOutputTokens, type ReportedUsage, type UsageUnits } from '@atpar/core/usage'

import { asObject, asObjects } from '../fields.ts'
import { readCount, readCounts, toUnits } from '../token-counts.ts'

/**
 * `promptTokenCount` includes what came from the cache; thoughts and the prompts of tool runs stand beside it, and the total is the sum of all four
 * (https://ai.google.dev/api/generate-content#UsageMetadata, https://ai.google.dev/gemini-api/docs/thinking#pricing).
 * @returns null when nothing was reported or the figures contradict each other.
 */
export const readUsage = (value: unknown): ReportedUsage | null => {
  const usage = asObject(value)
  if (usage === null) return null
  const counts = readCounts(usage, [
    'promptTokenCount',
    'cachedContentTokenCount',
    'candidatesTokenCount',
    'thoughtsTokenCount',
    'toolUsePromptTokenCount',
    'totalTokenCount',
  ])
  if (counts === undefined || counts.promptTokenCount === null) return null
  const output = countOutput(counts)
  const cached = counts.cachedContentTokenCount
  const uncached = counts.promptTokenCount - (cached ?? 0)
  if (output === null || uncached < 0) return null

  const soundIn = countModality(usage.promptTokensDetails, 'AUDIO')
  const soundCached = countModality(usage.cacheTokensDetails, 'AUDIO')
  const soundOut = countModality(usage.candidatesTokensDetails, 'AUDIO')
  const imageOut = countModality(usage.candidatesTokensDetails, 'IMAGE')
  if (soundIn === undefined || soundCached === undefined || soundOut === undefined || imageOut === undefined)
    return null
  // Pictures and video are priced as text on the way in; sound is not. What of it was cached is already in the cached bucket.
  const audioIn = Math.min(Math.max(soundIn - soundCached, 0), uncached)
  const visible = output.visible
  const units = toUnits({
    input_uncached: uncached - audioIn + (counts.toolUsePromptTokenCount ?? 0),
    cache_read: cached,
    audio_in: audioIn === 0 ? null : audioIn,
    output_text: visible === null ? null : visible - soundOut - imageOut,
    output_reasoning: output.thoughts,
    audio_out: soundOut === 0 ? null : soundOut,
    image_out: imageOut === 0 ? null : imageOut,
  })
  return units === null ? null : { units, raw: usage }
}

/** Early models left their thoughts out of the details but not out of the total. */
const countOutput = (counts: {
  readonly promptTokenCount: number | null
  readonly candidatesTokenCount: number | null
  readonly thoughtsTokenCount: number | null
  readonly toolUsePromptTokenCount: number | null
  readonly totalTokenCount: number | null
}): { readonly visible: number | null; readonly thoughts: number | null } | null => {
  const { candidatesTokenCount: visible, thoughtsTokenCount: thoughts, totalTokenCount: total } = counts
  if (total === null) return { visible, thoughts }
  const excess =
    total - (counts.promptTokenCount ?? 0) - (counts.toolUsePromptTokenCount ?? 0) - (visible ?? 0) - (thoughts ?? 0)
  if (excess === 0) return { visible, thoughts }
  if (excess < 0) return null
  if (visible === null) return { visible: excess, thoughts }
  return thoughts === null ? { visible, thoughts: excess } : null
}

const countModality = (details: JsonValue | undefined, modality: string): number | undefined => {
  let sum = 0
  for (const detail of asObjects(details)) {
    if (detail.modality !== modality) continue
    const count = readCount(detail, 'tokenCount')
    if (count === undefined) return undefined
    sum += count ?? 0
  }
  return sum
}

export const writeUsage = (units: UsageUnits): JsonObject => {
  const prompt = countInputTokens(units)
  const output = countOutputTokens(units)
  return {
    promptTokenCount: prompt,
    candidatesTokenCount: output - (units.output_reasoning ?? 0),
    ...(units.output_reasoning === undefined ? {} : { thoughtsTokenCount: units.output_reasoning }),
    ...(units.cache_read === undefined ? {} : { cachedContentTokenCount: units.cache_read }),
    totalTokenCount: prompt + output,
  }
}
