import { AppError } from '@atpar/core/errors'
import { isJsonObject, type JsonObject } from '@atpar/core/json'
import { countCharacters } from '@atpar/core/speech'
import type { ReportedUsage } from '@atpar/core/usage'
import { asText } from '../fields.ts'
import type { MediaProvider } from '../media-contract.ts'
import { parseEvent, SILENT_EVENT } from '../media-events.ts'
import { passFields, requireMedia, usageOf } from '../media-input.ts'
import { decodeError } from '../openai-errors.ts'
import { readCounts } from '../token-counts.ts'

const readUsage = (usage: JsonObject | null): ReportedUsage | null => {
  const counts = readCounts(usage, ['input_tokens', 'output_tokens'])
  if (counts === undefined || counts.input_tokens === null || counts.output_tokens === null) return null
  return { units: { input_uncached: counts.input_tokens, audio_out: counts.output_tokens }, raw: usage }
}

/** https://platform.openai.com/docs/api-reference/audio/createSpeech */
export const openaiSpeechProvider: MediaProvider = {
  id: 'openai-speech',
  task: 'speech',
  encodeRequest: (media, { upstreamModel, sold }, input) => {
    const request = requireMedia('speech', media)
    // A sound alone tells no usage. What is sold by the token is asked for as events, whose last one does, whatever the caller wants to hear.
    const asEvents = sold.has('audio_out')
    const changes = { model: upstreamModel, stream_format: asEvents ? 'sse' : null }
    const fields: JsonObject =
      input === null
        ? {
            model: upstreamModel,
            input: request.text,
            voice: request.voice,
            response_format: request.format,
            ...(request.instructions === null ? {} : { instructions: request.instructions }),
            ...(request.speed === null ? {} : { speed: request.speed }),
            ...(asEvents ? { stream_format: 'sse' } : {}),
          }
        : passFields(input, changes)
    return {
      path: '/audio/speech',
      body: { kind: 'json', json: fields },
      answer: asEvents ? 'events' : 'sound',
      passes: asEvents === request.asEvents,
      dropped: input === null ? request.unmapped : [],
    }
  },
  decodeAnswer: () => {
    throw new AppError('upstream_malformed')
  },
  readEvent: (event) => {
    const body = parseEvent(event)
    if (body === null) return SILENT_EVENT
    if (isJsonObject(body.error)) return { ...SILENT_EVENT, problem: decodeError(500, body) }
    const isLast = body.type === 'speech.audio.done'
    return {
      ...SILENT_EVENT,
      sound: body.type === 'speech.audio.delta' ? asText(body.audio) : null,
      usage: isLast ? readUsage(usageOf(body)) : null,
      isLast,
    }
  },
  countUnits: (media, { sold }) =>
    sold.has('characters') ? { characters: countCharacters(requireMedia('speech', media).text) } : null,
  variant: () => null,
  estimate: (media) => {
    const { text, instructions } = requireMedia('speech', media)
    return { text: text + (instructions ?? ''), units: {} }
  },
  decodeError,
}
