import { z } from 'zod'

import { firstIssue } from '../generate/read-body.ts'
import { countTextTokens } from '../generate/tokens.ts'
import { refuseStrangers } from '../media/read-form.ts'
import { cutIntoPieces, speak } from '../media/sounds.ts'
import { Refusal } from '../refusal.ts'
import type { Exchange } from '../service/context.ts'
import { parseJson } from '../service/parse-json.ts'
import type { MediaAnswer, MediaRequest } from '../service/serve-media.ts'

const FIELDS = new Set('input model voice instructions response_format speed stream_format'.split(' '))
const TYPES = {
  mp3: 'audio/mpeg',
  opus: 'audio/opus',
  aac: 'audio/aac',
  flac: 'audio/flac',
  wav: 'audio/wav',
  pcm: 'audio/pcm',
} as const

const schema = z.looseObject({
  input: z.string().min(1).max(4_096),
  model: z.string(),
  voice: z.union([z.string().min(1), z.looseObject({ id: z.string() })]),
  instructions: z.string().default(''),
  response_format: z.enum(['mp3', 'opus', 'aac', 'flac', 'wav', 'pcm']).default('mp3'),
  speed: z.number().min(0.25).max(4).default(1),
  stream_format: z.enum(['audio', 'sse']).default('audio'),
})

/** Audio tokens a second of speech comes to. */
const TOKENS_PER_SECOND = 20
const PIECE_BYTES = 16_384

/** POST /audio/speech */
export function readSpeech({ body }: Exchange): MediaRequest {
  const json = parseJson(body.toString())
  if (typeof json === 'object' && json !== null) refuseStrangers(Object.keys(json), FIELDS)
  const parsed = schema.safeParse(json)
  if (!parsed.success) {
    const issue = firstIssue(parsed.error)
    throw new Refusal(400, `Invalid value for '${issue.path}': ${issue.message}`, { param: issue.path })
  }
  const asked = parsed.data
  const isSse = asked.stream_format === 'sse'
  if (isSse && asked.model.startsWith('tts-1'))
    throw new Refusal(400, "Streaming events are not supported by this model: use stream_format 'audio'.", {
      param: 'stream_format',
    })
  return {
    model: asked.model,
    words: asked.input,
    streamed: isSse,
    makeAnswer: () => (asked.model.startsWith('tts-1') ? sayByCharacter(asked) : sayByToken(asked, isSse)),
  }
}

type SpeechBody = z.infer<typeof schema>

const sayByCharacter = ({ input, response_format: format }: SpeechBody): MediaAnswer => ({
  contentType: TYPES[format],
  pieces: cutIntoPieces(speak(input), PIECE_BYTES),
  usage: { characters: Array.from(input).length },
  tellsUsage: false,
})

const sayByToken = ({ input, instructions, response_format: format }: SpeechBody, isSse: boolean): MediaAnswer => {
  const pieces = cutIntoPieces(speak(input), PIECE_BYTES)
  const text = countTextTokens(input) + countTextTokens(instructions)
  const audio = Math.max(1, Math.ceil((input.length / 15) * TOKENS_PER_SECOND))
  const usage = { input_tokens: text, output_tokens: audio, total_tokens: text + audio }
  const event = (data: object): string => `data: ${JSON.stringify(data)}\n\n`
  return {
    contentType: isSse ? 'text/event-stream; charset=utf-8' : TYPES[format],
    pieces: isSse
      ? [
          ...pieces.map((piece) => event({ type: 'speech.audio.delta', audio: piece.toString('base64') })),
          event({ type: 'speech.audio.done', usage }),
        ]
      : pieces,
    usage: { input_uncached: text, audio_out: audio },
    tellsUsage: isSse,
  }
}
