import type { JsonObject } from '@atpar/core/json'
import type { ReportedUsage } from '@atpar/core/usage'
import { asObject } from './fields.ts'
import { readCounts, toUnits } from './token-counts.ts'
import { readTranscriptionUsage } from './transcriptions/openai.ts'

/**
 * Usage of one answer of a conversation in sound, from its `response.done`: text, sound and pictures apart on both sides, cached ones inside the input
 * (https://platform.openai.com/docs/guides/realtime-costs). Null when nothing was reported or the figures contradict each other.
 */
export const readRealtimeUsage = (value: unknown): ReportedUsage | null => {
  const usage = asObject(value)
  const totals = readCounts(usage, ['input_tokens', 'output_tokens'])
  const input = asObject(usage?.input_token_details)
  const inputs = readCounts(input, ['text_tokens', 'audio_tokens', 'image_tokens', 'cached_tokens'])
  const cached = readCounts(asObject(input?.cached_tokens_details), ['text_tokens', 'audio_tokens', 'image_tokens'])
  const outputs = readCounts(asObject(usage?.output_token_details), ['text_tokens', 'audio_tokens'])
  if (totals === undefined || inputs === undefined || cached === undefined || outputs === undefined) return null
  if (totals.input_tokens === null || totals.output_tokens === null) return null
  const cachedSound = cached.audio_tokens ?? 0
  const cachedPictures = cached.image_tokens ?? 0
  const cachedRest = (inputs.cached_tokens ?? 0) - cachedSound
  const audio = (inputs.audio_tokens ?? 0) - cachedSound
  const image = (inputs.image_tokens ?? 0) - cachedPictures
  const audioOut = outputs.audio_tokens ?? 0
  const units = toUnits({
    input_uncached: totals.input_tokens - (inputs.cached_tokens ?? 0) - audio - image,
    cache_read: cachedRest === 0 ? null : cachedRest,
    cache_read_audio: cachedSound === 0 ? null : cachedSound,
    audio_in: audio === 0 ? null : audio,
    image_in: image === 0 ? null : image,
    output_text: totals.output_tokens - audioOut,
    audio_out: audioOut === 0 ? null : audioOut,
  })
  return units === null ? null : { units, raw: usage satisfies JsonObject | null }
}

/**
 * Usage of one transcript of what was said, from its `…input_audio_transcription.completed`: tokens or a duration, as outside conversations
 * (https://platform.openai.com/docs/api-reference/realtime-server-events/conversation/item/input_audio_transcription/completed).
 */
export const readTranscriptUsage = (value: unknown): ReportedUsage | null => readTranscriptionUsage(asObject(value))
