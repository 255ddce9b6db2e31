import { isJsonObject, type JsonObject } from '@atpar/core/json'
import { countCharacters, SOUND_FORMATS, type SoundFormat, type SpeechRequest } from '@atpar/core/speech'
import { GATEWAY_FIELDS } from '../contract.ts'
import { invalidField, listUnmapped, readNumber, readText, requireText } from '../fields.ts'
import type { MediaCaller, MediaInput } from '../media-contract.ts'
import { PLAIN_FACTS } from '../media-input.ts'
import { countBytes, REQUEST_OVERHEAD_BYTES } from '../text-bytes.ts'

/** https://platform.openai.com/docs/api-reference/audio/createSpeech takes 4,096; other providers' models more. */
const MAX_CHARACTERS = 40_000
/** A slow voice says three characters of Chinese a second, and a second comes to some twenty tokens: with room to spare. */
const SOUND_TOKENS_PER_CHARACTER = 8
const SOUND_TOKENS_AT_LEAST = 200

const KNOWN = new Set([
  'model',
  'input',
  'voice',
  'instructions',
  'response_format',
  'speed',
  'stream_format',
  ...GATEWAY_FIELDS,
])

const read = ({ json }: MediaInput): SpeechRequest => ({
  task: 'speech',
  model: requireText(json, 'model'),
  text: readWords(json),
  voice: readVoice(json),
  instructions: readText(json, 'instructions'),
  format: readFormat(json),
  speed: readNumber(json, 'speed', { min: 0.25, max: 4 }),
  asEvents: readEvents(json),
  unmapped: listUnmapped(json, KNOWN),
})

const readWords = (json: JsonObject): string => {
  const text = requireText(json, 'input')
  if (text.length > MAX_CHARACTERS)
    throw invalidField('input', `has ${text.length} characters; at most ${MAX_CHARACTERS} fit one request.`)
  return text
}

/** A name, or a voice of the caller's own by its id. */
const readVoice = (json: JsonObject): string =>
  isJsonObject(json.voice) ? requireText(json.voice, 'id', 'voice.') : requireText(json, 'voice')

const readFormat = (json: JsonObject): SoundFormat => {
  const named = readText(json, 'response_format') ?? 'mp3'
  const format = SOUND_FORMATS.find((each) => each === named)
  if (format === undefined) throw invalidField('response_format', `must be one of ${SOUND_FORMATS.join(', ')}.`)
  return format
}

const readEvents = (json: JsonObject): boolean => {
  const format = readText(json, 'stream_format') ?? 'audio'
  if (format !== 'audio' && format !== 'sse') throw invalidField('stream_format', 'must be "audio" or "sse".')
  return format === 'sse'
}

const noAnswer = (): never => {
  throw new TypeError('a sound is passed on as bytes')
}

/** OpenAI's speech: https://platform.openai.com/docs/api-reference/audio/createSpeech */
export const openaiSpeechCaller: MediaCaller = {
  id: 'openai-speech',
  task: 'speech',
  readFacts: (input) => {
    const { model, text, instructions } = read(input)
    const characters = countCharacters(text)
    return {
      ...PLAIN_FACTS,
      model,
      stream: true,
      textBytes: REQUEST_OVERHEAD_BYTES + countBytes(text) + countBytes(instructions ?? ''),
      maxOutputTokens: characters * SOUND_TOKENS_PER_CHARACTER + SOUND_TOKENS_AT_LEAST,
      units: { characters },
    }
  },
  decodeRequest: read,
  encodeAnswer: noAnswer,
  encodeEvents: noAnswer,
}
