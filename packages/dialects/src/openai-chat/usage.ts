import { exactNumber, type JsonObject } from '@atpar/core/json'
import { countInputTokens, countOutputTokens, type ReportedUsage, type UsageUnits } from '@atpar/core/usage'

import { asObject } from '../fields.ts'
import { areCounts, asCount, toDecimalText } from '../token-counts.ts'

/**
 * `prompt_tokens` includes cached and written tokens, `completion_tokens` includes reasoning
 * (https://platform.openai.com/docs/api-reference/chat/object#chat/object-usage). Compatible servers differ in details only:
 * DeepSeek names the cached part `prompt_cache_hit_tokens` (https://api-docs.deepseek.com/guides/kv_cache), Moonshot `cached_tokens`;
 * xAI counts reasoning beside the completion and Google's compatible endpoint hides it in the total. `total_tokens` tells them apart.
 * @returns null when nothing was reported or the figures contradict each other: then they are no basis for a bill.
 */
export const readUsage = (value: unknown): ReportedUsage | null => {
  const usage = asObject(value)
  if (usage === null) return null
  const input = asObject(usage.prompt_tokens_details)
  const output = asObject(usage.completion_tokens_details)
  const counts = {
    prompt: asCount(usage.prompt_tokens),
    completion: asCount(usage.completion_tokens),
    total: asCount(usage.total_tokens),
    cached: asCount(input?.cached_tokens),
    cacheHits: asCount(usage.prompt_cache_hit_tokens),
    cachedBeside: asCount(usage.cached_tokens),
    written: asCount(input?.cache_write_tokens),
    audioIn: asCount(input?.audio_tokens),
    audioOut: asCount(output?.audio_tokens),
    reasoning: asCount(output?.reasoning_tokens),
  }
  if (!areCounts(counts)) return null
  const { prompt, total, reasoning, written } = counts
  if (prompt === null) return null
  const completion = countCompletion(counts.completion, { prompt, total, reasoning })
  if (completion === null) return null

  const cached = counts.cached ?? counts.cacheHits ?? counts.cachedBeside
  const uncached = prompt - (cached ?? 0) - (written ?? 0)
  // A cached sound is counted in both details: it stays cached, so that the parts still add up to the prompt.
  const audioIn = Math.min(counts.audioIn ?? 0, uncached)
  const audioOut = counts.audioOut ?? 0
  const text = completion.all - (completion.reasoning ?? 0) - audioOut
  if (uncached < 0 || text < 0) return null
  const units: { -readonly [Bucket in keyof UsageUnits]: UsageUnits[Bucket] } = { input_uncached: uncached - audioIn }
  if (cached !== null) units.cache_read = cached
  if (written !== null) units.cache_write_5m = written
  if (audioIn > 0) units.audio_in = audioIn
  units.output_text = text
  if (completion.reasoning !== null) units.output_reasoning = completion.reasoning
  if (audioOut > 0) units.audio_out = audioOut
  const stated = toDecimalText(usage.cost)
  return stated === null ? { units, raw: usage } : { units, raw: usage, statedCostUsd: stated }
}

/** All output tokens and the reasoning among them, wherever this server counts reasoning. */
const countCompletion = (
  completion: number | null,
  reported: { readonly prompt: number; readonly total: number | null; readonly reasoning: number | null },
): { readonly all: number; readonly reasoning: number | null } | null => {
  const { prompt, total, reasoning } = reported
  const visible = completion ?? 0
  const excess = total === null ? 0 : total - prompt - visible
  if (excess < 0) return null
  if (excess > 0) {
    if (reasoning === null || reasoning === 0) return { all: visible + excess, reasoning: excess }
    return excess === reasoning ? { all: visible + excess, reasoning } : null
  }
  return reasoning !== null && reasoning > visible ? null : { all: visible, reasoning }
}

/** Groq repeats usage below `x_groq`, Moonshot puts it into the last choice of a stream. */
export const findUsage = (body: JsonObject): ReportedUsage | null => {
  if (asObject(body.usage) !== null) return readUsage(body.usage)
  const groq = asObject(asObject(body.x_groq)?.usage)
  if (groq !== null) return readUsage(groq)
  const choices = body.choices
  const last = Array.isArray(choices) ? asObject(choices.at(-1)) : null
  return last === null ? null : readUsage(last.usage)
}

/** The caller's usage object. Details that nobody reported stay out: a 0 there would be a claim. */
export const writeUsage = (units: UsageUnits, costUsd: string | null): JsonObject => {
  const prompt = countInputTokens(units)
  const completion = countOutputTokens(units)
  const promptDetails: JsonObject = {}
  if (units.cache_read !== undefined) promptDetails.cached_tokens = units.cache_read
  const written =
    units.cache_write_5m === undefined && units.cache_write_1h === undefined
      ? null
      : (units.cache_write_5m ?? 0) + (units.cache_write_1h ?? 0)
  if (written !== null) promptDetails.cache_write_tokens = written
  if (units.audio_in !== undefined) promptDetails.audio_tokens = units.audio_in
  const completionDetails: JsonObject = {}
  if (units.output_reasoning !== undefined) completionDetails.reasoning_tokens = units.output_reasoning
  if (units.audio_out !== undefined) completionDetails.audio_tokens = units.audio_out
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    ...(Object.keys(promptDetails).length === 0 ? {} : { prompt_tokens_details: promptDetails }),
    ...(Object.keys(completionDetails).length === 0 ? {} : { completion_tokens_details: completionDetails }),
    ...(costUsd === null ? {} : { cost: exactNumber(costUsd) }),
  }
}
