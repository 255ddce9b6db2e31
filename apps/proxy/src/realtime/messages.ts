import { AppError } from '@atpar/core/errors'
import { isJsonObject, type JsonObject } from '@atpar/core/json'
import type { RawData } from 'ws'

/** What may cost the provider's work, and so has to be in the journal first. */
export const COSTS: ReadonlySet<string> = new Set([
  'response.create',
  'input_audio_buffer.append',
  'input_audio_buffer.commit',
  'conversation.item.create',
])

/** Of these, what ends as a transcript where those are asked for. */
export const HEARD: ReadonlySet<string> = new Set(['input_audio_buffer.append', 'input_audio_buffer.commit'])

/** What the caller says is to become of its words in writing. */
export interface TranscriptWish {
  /** Null = no transcripts. */
  readonly model: string | null
  /** Where the model is named in the message. */
  readonly path: readonly string[]
}

/** Null when a message says nothing of transcripts. @throws AppError `unsupported_parameter` for sessions that are nothing but transcripts. */
export const readTranscriptWish = ({ type, session }: JsonObject): TranscriptWish | null => {
  if (type !== 'session.update' || !isJsonObject(session)) return null
  if (session.type === 'transcription')
    throw new AppError('unsupported_parameter', {
      param: 'session.type',
      message:
        'Sessions that only transcribe are not offered here. Call POST /v1/audio/transcriptions, or ask for transcripts in an ordinary session.',
    })
  if (session.input_audio_transcription !== undefined)
    return describeWish(session.input_audio_transcription, ['session', 'input_audio_transcription'])
  const input = isJsonObject(session.audio) && isJsonObject(session.audio.input) ? session.audio.input : null
  return input?.transcription === undefined
    ? null
    : describeWish(input.transcription, ['session', 'audio', 'input', 'transcription'])
}

const describeWish = (value: unknown, path: readonly string[]): TranscriptWish => {
  if (value === null) return { model: null, path }
  if (isJsonObject(value) && typeof value.model === 'string') return { model: value.model, path: [...path, 'model'] }
  throw new AppError('invalid_request', {
    param: [...path, 'model'].join('.'),
    message: 'Name the model that is to write down what is said, such as gpt-4o-mini-transcribe.',
  })
}

/** As OpenAI tells errors inside a conversation: https://platform.openai.com/docs/api-reference/realtime-server-events/error */
export const errorEvent = (error: AppError, eventId: unknown = null): string =>
  JSON.stringify({
    type: 'error',
    error: {
      type: typeOf(error),
      code: error.code,
      message: error.message,
      param: error.param,
      event_id: typeof eventId === 'string' ? eventId : null,
    },
  })

const typeOf = ({ code, status }: AppError): string => {
  if (code === 'budget_exceeded') return 'insufficient_quota'
  return status >= 500 ? 'server_error' : 'invalid_request_error'
}

const CLOSE_CODES: Partial<Record<AppError['code'], number>> = {
  billing_suspended: 1008,
  budget_exceeded: 1008,
  endpoint_not_allowed: 1008,
  guardrail_blocked: 1008,
  key_disabled: 1008,
  model_not_allowed: 1008,
  network_not_allowed: 1008,
  rate_limited: 1008,
  unknown_key: 1008,
  invalid_request: 1003,
  request_timeout: 1000,
  shutting_down: 1012,
  overloaded: 1013,
}

export const closeCodeOf = ({ code }: AppError): number => CLOSE_CODES[code] ?? 1011

export const textOf = (data: RawData): string => bytesOf(data).toString('utf8')

const bytesOf = (data: RawData): Buffer => {
  if (Array.isArray(data)) return Buffer.concat(data)
  return Buffer.isBuffer(data) ? data : Buffer.from(data)
}
