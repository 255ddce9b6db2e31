import { AppError } from '@atpar/core/errors'
import { exactNumber, type JsonObject, type JsonValue } from '@atpar/core/json'
import {
  TRANSCRIPT_FORMATS,
  type TranscriptFormat,
  type TranscriptionAnswer,
  type TranscriptionRequest,
} from '@atpar/core/transcription'
import { countInputTokens, countOutputTokens } from '@atpar/core/usage'
import { GATEWAY_FIELDS } from '../contract.ts'
import { asList, invalidField, listUnmapped, readFlag, readNumber, readText, requireText } from '../fields.ts'
import type { MediaAnswer, MediaCaller, MediaInput, MediaReplyFacts } from '../media-contract.ts'
import { PLAIN_FACTS, requireFile, requireMedia, typeFields } from '../media-input.ts'
import { countBytes, REQUEST_OVERHEAD_BYTES } from '../text-bytes.ts'
import { writeSrt, writeVtt } from './subtitles.ts'

/** The thinnest sound anybody sends (Opus at 6 kbit/s) has 750 bytes a second: what a file's own words do not bound, its size does. */
const LEAST_BYTES_PER_SECOND = 500
/** Ten tokens a second, and as many words at the fastest talker's pace. */
const SOUND_TOKENS_PER_SECOND = 20
const TEXT_TOKENS_PER_SECOND = 10
const TEXT_TOKENS_AT_LEAST = 200

const FORM_TYPES = { temperature: 'number', stream: 'flag' } as const
const KNOWN = new Set([
  'model',
  'file',
  'language',
  'prompt',
  'temperature',
  'response_format',
  'timestamp_granularities',
  'timestamp_granularities[]',
  'stream',
  ...GATEWAY_FIELDS,
])

/** The longest a sound can be. */
const boundSeconds = ({ bytes, seconds }: { readonly bytes: number; readonly seconds: number | null }): number =>
  seconds ?? Math.ceil(bytes / LEAST_BYTES_PER_SECOND)

const readFormat = (body: JsonObject): TranscriptFormat => {
  const named = readText(body, 'response_format') ?? 'json'
  const format = TRANSCRIPT_FORMATS.find((each) => each === named)
  if (format === undefined) throw invalidField('response_format', `must be one of ${TRANSCRIPT_FORMATS.join(', ')}.`)
  return format
}

const readGranularities = (body: JsonObject): readonly JsonValue[] => {
  const value = body['timestamp_granularities[]'] ?? body.timestamp_granularities
  return typeof value === 'string' ? [value] : asList(value)
}

const read = (input: MediaInput, purpose: TranscriptionRequest['purpose']): TranscriptionRequest => {
  const body = typeFields(input, FORM_TYPES)
  return {
    task: 'transcription',
    purpose,
    model: requireText(body, 'model'),
    file: requireFile(input.files, 'file'),
    language: readText(body, 'language'),
    prompt: readText(body, 'prompt'),
    temperature: readNumber(body, 'temperature', { min: 0, max: 1 }),
    format: readFormat(body),
    wordTimes: readGranularities(body).includes('word'),
    stream: readFlag(body, 'stream') ?? false,
    unmapped: listUnmapped(body, KNOWN),
  }
}

const createCaller = (purpose: TranscriptionRequest['purpose']): MediaCaller => ({
  id: 'openai-transcriptions',
  task: 'transcription',
  readFacts: (input) => {
    const request = read(input, purpose)
    const file = input.files[request.file]
    const seconds = file === undefined ? 0 : boundSeconds(file)
    return {
      ...PLAIN_FACTS,
      model: request.model,
      stream: request.stream,
      textBytes: REQUEST_OVERHEAD_BYTES + countBytes(request.prompt ?? ''),
      mediaTokens: seconds * SOUND_TOKENS_PER_SECOND,
      maxOutputTokens: seconds * TEXT_TOKENS_PER_SECOND + TEXT_TOKENS_AT_LEAST,
      units: { seconds },
    }
  },
  decodeRequest: (input) => read(input, purpose),
  encodeAnswer: (answer, request, facts) =>
    encode(requireTranscript(answer), requireMedia('transcription', request), facts),
  encodeEvents: (answer) => {
    const { text, usage } = requireTranscript(answer)
    const event = (body: object): string => `data: ${JSON.stringify(body)}\n\n`
    return (
      event({ type: 'transcript.text.delta', delta: text }) +
      event({ type: 'transcript.text.done', text, ...(usage === null ? {} : { usage: writeUsage(usage.units) }) })
    )
  },
})

/** https://platform.openai.com/docs/api-reference/audio/createTranscription */
export const openaiTranscriptionsCaller = createCaller('transcribe')
/** https://platform.openai.com/docs/api-reference/audio/createTranslation */
export const openaiTranslationsCaller = createCaller('translate')

const encode = (
  answer: TranscriptionAnswer,
  { format, purpose, wordTimes }: TranscriptionRequest,
  { costUsd }: MediaReplyFacts,
) => {
  const { text, usage } = answer
  switch (format) {
    case 'text':
      return { contentType: 'text/plain; charset=utf-8', body: `${text}\n` }
    case 'srt':
      return { contentType: 'text/plain; charset=utf-8', body: writeSrt(answer.segments) }
    case 'vtt':
      return { contentType: 'text/vtt; charset=utf-8', body: writeVtt(answer.segments) }
    case 'diarized_json':
      throw new AppError('unsupported_parameter', {
        param: 'response_format',
        message: 'The provider that answered tells speakers apart in another way. Ask for verbose_json.',
      })
    case 'json':
    case 'verbose_json': {
      const counts = usage === null ? null : writeUsage(usage.units)
      const cost = costUsd === null ? {} : { cost: exactNumber(costUsd) }
      const tail = counts === null && costUsd === null ? {} : { usage: { ...counts, ...cost } }
      const body =
        format === 'json'
          ? { text, ...tail }
          : {
              task: purpose,
              language: answer.language ?? '',
              duration: answer.durationSeconds ?? 0,
              text,
              segments: answer.segments.map((segment, id) => ({
                id,
                start: segment.startSeconds,
                end: segment.endSeconds,
                text: segment.text,
              })),
              ...(wordTimes
                ? {
                    words: answer.words.map((word) => ({
                      word: word.text,
                      start: word.startSeconds,
                      end: word.endSeconds,
                    })),
                  }
                : {}),
              ...tail,
            }
      return { contentType: 'application/json', body: JSON.stringify(body) }
    }
  }
}

const writeUsage = (units: Parameters<typeof countInputTokens>[0]) => {
  if (units.seconds !== undefined) return { type: 'duration', seconds: units.seconds }
  const [input, output] = [countInputTokens(units), countOutputTokens(units)]
  const audio = units.audio_in ?? 0
  return {
    type: 'tokens',
    input_tokens: input,
    input_token_details: { text_tokens: input - audio, audio_tokens: audio },
    output_tokens: output,
    total_tokens: input + output,
  }
}

const requireTranscript = (answer: MediaAnswer): TranscriptionAnswer => {
  if (answer.task === 'transcription') return answer
  throw new TypeError(`an answer of ${answer.task} in a format of transcripts`)
}
