import { AppError } from '@atpar/core/errors'
import { isJsonObject, type JsonObject } from '@atpar/core/json'
import type { TranscriptionAnswer, TranscriptionRequest, TranscriptSegment } from '@atpar/core/transcription'
import type { ReportedUsage } from '@atpar/core/usage'
import { asObject, asObjects, asText } from '../fields.ts'
import type { MediaProvider, MediaTarget } from '../media-contract.ts'
import { parseEvent, SILENT_EVENT } from '../media-events.ts'
import { passFields, requireMedia, toFormTexts, usageOf } from '../media-input.ts'
import { decodeError } from '../openai-errors.ts'
import { readCount, readCounts, toUnits } from '../token-counts.ts'

/** `{"type":"tokens",…}` or `{"type":"duration","seconds":…}`: https://platform.openai.com/docs/api-reference/audio/json-object */
export const readTranscriptionUsage = (usage: JsonObject | null): ReportedUsage | null => {
  if (usage?.type === 'duration') {
    const { seconds } = usage
    return typeof seconds === 'number' && seconds >= 0 ? { units: { seconds: Math.ceil(seconds) }, raw: usage } : null
  }
  const counts = readCounts(usage, ['input_tokens', 'output_tokens'])
  const audio = readCount(asObject(usage?.input_token_details), 'audio_tokens')
  if (counts === undefined || audio === undefined) return null
  if (counts.input_tokens === null || counts.output_tokens === null) return null
  // A sound is what it was given; words come along only where the details say so.
  const sound = audio ?? counts.input_tokens
  const units = toUnits({
    input_uncached: counts.input_tokens - sound,
    audio_in: sound,
    output_text: counts.output_tokens,
  })
  return units === null ? null : { units, raw: usage }
}

/** Groq and others tell the duration only; OpenAI rounds it up to the second, and says so in `usage` itself. */
const readDuration = (body: JsonObject): ReportedUsage | null =>
  typeof body.duration === 'number' && body.duration >= 0
    ? { units: { seconds: Math.ceil(body.duration) }, raw: { duration: body.duration } }
    : null

/**
 * What is sold by the second is always asked for with its duration: of the other formats only one tells it. What is sold by the token tells its usage
 * in JSON alone.
 */
const formatOf = ({ format }: TranscriptionRequest, { sold }: MediaTarget): string =>
  sold.has('seconds') ? 'verbose_json' : format === 'diarized_json' ? format : 'json'

/** https://platform.openai.com/docs/api-reference/audio/createTranscription and createTranslation */
export const openaiTranscriptionsProvider: MediaProvider = {
  id: 'openai-transcriptions',
  task: 'transcription',
  encodeRequest: (media, target, input) => {
    const request = requireMedia('transcription', media)
    if (!target.sold.has('seconds') && (request.format === 'srt' || request.format === 'vtt'))
      throw new AppError('unsupported_parameter', {
        param: 'response_format',
        message: `This model tells no times, so it makes no ${request.format}. Ask for json or text, or choose another model.`,
      })
    const changes = { model: target.upstreamModel, response_format: formatOf(request, target) }
    const fields: JsonObject =
      input === null
        ? {
            ...changes,
            ...(request.language === null ? {} : { language: request.language }),
            ...(request.prompt === null ? {} : { prompt: request.prompt }),
            ...(request.temperature === null ? {} : { temperature: request.temperature }),
            ...(request.wordTimes ? { timestamp_granularities: ['word', 'segment'] } : {}),
            ...(request.stream ? { stream: true } : {}),
          }
        : passFields(input, changes)
    const streams = request.stream && !target.sold.has('seconds')
    return {
      path: request.purpose === 'translate' ? '/audio/translations' : '/audio/transcriptions',
      body: {
        kind: 'form',
        fields: toFormTexts(streams ? fields : withoutStream(fields)),
        files: [{ name: 'file', file: request.file }],
      },
      answer: streams ? 'events' : 'json',
      passes: streams || (input !== null && changes.response_format === request.format),
      dropped: input === null ? request.unmapped : [],
    }
  },
  decodeAnswer: (body): TranscriptionAnswer => {
    const text = asText(body.text)
    if (text === null) throw new AppError('upstream_malformed')
    const duration = typeof body.duration === 'number' ? body.duration : null
    const segments = asObjects(body.segments).map((segment) => readSegment(segment, 'text'))
    return {
      task: 'transcription',
      text,
      language: asText(body.language),
      durationSeconds: duration,
      segments: segments.length > 0 ? segments : [{ startSeconds: 0, endSeconds: duration ?? 0, text }],
      words: asObjects(body.words).map((word) => readSegment(word, 'word')),
      usage: readTranscriptionUsage(usageOf(body)) ?? readDuration(body),
    }
  },
  readEvent: (event) => {
    const body = parseEvent(event)
    if (body === null) return SILENT_EVENT
    if (isJsonObject(body.error)) return { ...SILENT_EVENT, problem: decodeError(500, body) }
    const isLast = body.type === 'transcript.text.done'
    return {
      ...SILENT_EVENT,
      text: body.type === 'transcript.text.delta' ? (asText(body.delta) ?? '') : '',
      usage: isLast ? readTranscriptionUsage(usageOf(body)) : null,
      isLast,
    }
  },
  countUnits: () => null,
  variant: () => null,
  estimate: (media) => ({ text: requireMedia('transcription', media).prompt ?? '', units: {} }),
  decodeError,
}

const withoutStream = ({ stream: _stream, ...fields }: JsonObject): JsonObject => fields

const readSegment = (segment: JsonObject, textKey: 'text' | 'word'): TranscriptSegment => ({
  startSeconds: typeof segment.start === 'number' ? segment.start : 0,
  endSeconds: typeof segment.end === 'number' ? segment.end : 0,
  text: asText(segment[textKey]) ?? '',
})
