import { z } from 'zod'

import { firstIssue } from '../generate/read-body.ts'
import { cutIntoPieces, speak } from '../media/sounds.ts'
import { Refusal } from '../refusal.ts'
import type { Exchange } from '../service/context.ts'
import { parseJson } from '../service/parse-json.ts'
import type { FindRoute } from '../service/route.ts'
import type { MediaTarget } from '../service/serve-media.ts'

/** ElevenLabs' errors: `{"detail":{status, message}}`. */
export const elevenlabsErrors: MediaTarget['errors'] = {
  writeError: (refusal) =>
    JSON.stringify({
      detail: {
        status: refusal.detail.code ?? (refusal.status === 401 ? 'invalid_api_key' : 'invalid_request'),
        message: refusal.message,
      },
    }),
  responseHeaders: ({ requestId }) => ({ 'request-id': requestId }),
}

function checkKey({ request }: Exchange): void {
  const key = request.headers['xi-api-key']
  if (typeof key !== 'string' || key === '' || key.startsWith('invalid'))
    throw new Refusal(401, 'Invalid API key', { code: 'invalid_api_key' })
}

const schema = z.strictObject({
  text: z.string().min(1).max(40_000),
  model_id: z.string().default('eleven_multilingual_v2'),
  language_code: z.string().optional(),
  voice_settings: z
    .strictObject({
      stability: z.number().min(0).max(1).optional(),
      similarity_boost: z.number().min(0).max(1).optional(),
      style: z.number().optional(),
      speed: z.number().min(0.7).max(1.2).optional(),
      use_speaker_boost: z.boolean().optional(),
    })
    .optional(),
  seed: z.int().optional(),
})

const PIECE_BYTES = 16_384
const FORMATS = /^(mp3_\d+_\d+|pcm_\d+|ulaw_8000|alaw_8000|opus_48000_\d+|wav_\d+)$/

/** POST /v1/text-to-speech/{voice}: characters are what it bills. */
export const findElevenlabsRoute: FindRoute = ({ method, path, query, provider }) => {
  if (method === 'GET' && path === '/models')
    return { kind: 'document', checkKey, write: () => provider.models.map((id) => ({ model_id: id, name: id })) }
  const voice = /^\/text-to-speech\/([\w-]+)(?:\/stream)?$/.exec(path)?.[1]
  if (method !== 'POST' || voice === undefined) return undefined
  return {
    kind: 'media',
    errors: elevenlabsErrors,
    checkKey,
    read: ({ body }) => {
      const parsed = schema.safeParse(parseJson(body.toString()))
      if (!parsed.success)
        throw new Refusal(422, `${firstIssue(parsed.error).path}: ${firstIssue(parsed.error).message}`)
      const format = query.get('output_format') ?? 'mp3_44100_128'
      if (!FORMATS.test(format)) throw new Refusal(400, `Unknown output format ${format}`)
      const { text, model_id: model } = parsed.data
      return {
        model,
        words: text,
        streamed: false,
        makeAnswer: () => ({
          contentType: format.startsWith('mp3') ? 'audio/mpeg' : format.startsWith('pcm') ? 'audio/pcm' : 'audio/wav',
          headers: { 'x-character-count': String(Array.from(text).length) },
          pieces: cutIntoPieces(speak(text), PIECE_BYTES),
          usage: { characters: Array.from(text).length },
          tellsUsage: true,
        }),
      }
    },
  }
}
