import { AppError } from '@atpar/core/errors'
import type { JsonObject } from '@atpar/core/json'
import type { TranscriptionAnswer, TranscriptSegment } from '@atpar/core/transcription'
import type { ReportedUsage } from '@atpar/core/usage'
import { asObject, asObjects, asText } from '../fields.ts'
import type { MediaProvider } from '../media-contract.ts'
import { SILENT_EVENT } from '../media-events.ts'
import { requireMedia } from '../media-input.ts'
import { describeProblem } from '../upstream-problem.ts'

/** Billed by the second without rounding up (https://deepgram.com/pricing); begun seconds are the customer's gain. */
const readUsage = (body: JsonObject): ReportedUsage | null => {
  const metadata = asObject(body.metadata)
  const duration = metadata?.duration
  return typeof duration === 'number' && duration >= 0
    ? { units: { seconds: Math.floor(duration) }, raw: { duration, channels: metadata?.channels ?? null } }
    : null
}

/** https://developers.deepgram.com/reference/speech-to-text/listen-pre-recorded */
export const deepgramListenProvider: MediaProvider = {
  id: 'deepgram-listen',
  task: 'transcription',
  encodeRequest: (media, { upstreamModel }) => {
    const request = requireMedia('transcription', media)
    if (request.purpose === 'translate')
      throw new AppError('unsupported_parameter', {
        param: 'model',
        message: 'Deepgram writes down; it does not translate.',
      })
    if (request.format === 'diarized_json')
      throw new AppError('unsupported_parameter', {
        param: 'response_format',
        message: 'Deepgram tells speakers apart in another way. Ask for verbose_json.',
      })
    const language =
      request.language === null ? 'detect_language=true' : `language=${encodeURIComponent(request.language)}`
    return {
      path: `/listen?model=${encodeURIComponent(upstreamModel)}&smart_format=true&utterances=true&${language}`,
      body: { kind: 'file', file: request.file },
      answer: 'json',
      passes: false,
      dropped: [
        ...request.unmapped,
        ...(request.prompt === null ? [] : ['prompt']),
        ...(request.temperature === null ? [] : ['temperature']),
      ],
    }
  },
  decodeAnswer: (body): TranscriptionAnswer => {
    const results = asObject(body.results)
    const [channel] = asObjects(results?.channels)
    const [best] = asObjects(channel?.alternatives)
    const text = asText(best?.transcript)
    if (text === null) throw new AppError('upstream_malformed')
    const duration = asObject(body.metadata)?.duration
    const utterances = asObjects(results?.utterances).map((each) => readSegment(each, asText(each.transcript)))
    const seconds = typeof duration === 'number' ? duration : null
    return {
      task: 'transcription',
      text,
      language: asText(channel?.detected_language),
      durationSeconds: seconds,
      segments: utterances.length > 0 ? utterances : [{ startSeconds: 0, endSeconds: seconds ?? 0, text }],
      words: asObjects(best?.words).map((word) => readSegment(word, asText(word.punctuated_word) ?? asText(word.word))),
      usage: readUsage(body),
    }
  },
  readEvent: () => SILENT_EVENT,
  countUnits: () => null,
  variant: () => null,
  estimate: () => ({ text: '', units: {} }),
  decodeError: (status, body) => {
    const error = asObject(body)
    return describeProblem(status, {
      message: asText(error?.err_msg) ?? asText(error?.message),
      code: asText(error?.err_code) ?? asText(error?.category),
    })
  },
}

const readSegment = (segment: JsonObject, text: string | null): TranscriptSegment => ({
  startSeconds: typeof segment.start === 'number' ? segment.start : 0,
  endSeconds: typeof segment.end === 'number' ? segment.end : 0,
  text: text ?? '',
})
