import { AppError } from '@atpar/core/errors'
import { countCharacters, type SoundFormat } from '@atpar/core/speech'
import { asObject, asText } from '../fields.ts'
import type { MediaProvider } from '../media-contract.ts'
import { SILENT_EVENT } from '../media-events.ts'
import { requireMedia } from '../media-input.ts'
import { describeProblem } from '../upstream-problem.ts'

/** https://elevenlabs.io/docs/api-reference/text-to-speech/convert#request.query.output_format; the rates OpenAI's formats have. */
const FORMATS: Partial<Readonly<Record<SoundFormat, string>>> = {
  mp3: 'mp3_44100_128',
  opus: 'opus_48000_64',
  pcm: 'pcm_24000',
  wav: 'wav_44100',
}

/** OpenAI's voices have names, theirs have ids: https://elevenlabs.io/docs/api-reference/voices/search, the premade ones. */
const VOICES: Readonly<Record<string, string>> = {
  alloy: '21m00Tcm4TlvDq8ikWAM',
  ash: 'pNInz6obpgDQGcFmaJgB',
  coral: 'EXAVITQu4vr4xnSDxMaL',
  echo: 'ErXwobaYiN019PkySvjV',
  fable: 'MF3mGyEYCl7XYWbV9V6O',
  nova: 'AZnzlk1XvdvUeBnXmlld',
  onyx: 'VR6AewLTigWG4xSOukaG',
  shimmer: 'EXAVITQu4vr4xnSDxMaL',
}
const VOICE_ID = /^[A-Za-z0-9]{16,40}$/
const [SLOWEST, FASTEST] = [0.7, 1.2]

const voiceOf = (voice: string): string => {
  const id = VOICES[voice.toLowerCase()] ?? voice
  if (VOICE_ID.test(id)) return id
  throw new AppError('unsupported_parameter', {
    param: 'voice',
    message: `voice "${voice.slice(0, 60)}" is not known at ElevenLabs. Send the id of one of its voices, or one of ${Object.keys(VOICES).join(', ')}.`,
  })
}

const formatOf = (format: SoundFormat): string => {
  const own = FORMATS[format]
  if (own !== undefined) return own
  throw new AppError('unsupported_parameter', {
    param: 'response_format',
    message: `ElevenLabs makes no ${format}. It makes: ${Object.keys(FORMATS).join(', ')}.`,
  })
}

const readSpeed = (speed: number): number => {
  if (speed >= SLOWEST && speed <= FASTEST) return speed
  throw new AppError('unsupported_parameter', {
    param: 'speed',
    message: `ElevenLabs speaks at speeds from ${SLOWEST} to ${FASTEST}.`,
  })
}

/** https://elevenlabs.io/docs/api-reference/text-to-speech/stream */
export const elevenlabsSpeechProvider: MediaProvider = {
  id: 'elevenlabs-speech',
  task: 'speech',
  encodeRequest: (media, { upstreamModel }) => {
    const request = requireMedia('speech', media)
    return {
      path: `/text-to-speech/${voiceOf(request.voice)}/stream?output_format=${formatOf(request.format)}`,
      body: {
        kind: 'json',
        json: {
          text: request.text,
          model_id: upstreamModel,
          ...(request.speed === null ? {} : { voice_settings: { speed: readSpeed(request.speed) } }),
        },
      },
      answer: 'sound',
      passes: !request.asEvents,
      dropped: [...request.unmapped, ...(request.instructions === null ? [] : ['instructions'])],
    }
  },
  decodeAnswer: () => {
    throw new AppError('upstream_malformed')
  },
  readEvent: () => SILENT_EVENT,
  countUnits: (media) => ({ characters: countCharacters(requireMedia('speech', media).text) }),
  variant: () => null,
  estimate: (media) => ({ text: '', units: { characters: countCharacters(requireMedia('speech', media).text) } }),
  decodeError: (status, body) => {
    const detail = asObject(asObject(body)?.detail)
    const code = asText(detail?.status)
    return describeProblem(status, {
      message: asText(detail?.message),
      code,
      // It answers 401 to an empty purse and to a broken key alike; either is our affair.
      ...(code === 'quota_exceeded' ? { means: 'upstream_unauthorized' as const } : {}),
    })
  },
}
