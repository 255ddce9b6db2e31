import { writeProse } from '../generate/prose.ts'
import { createRandom, hashText } from '../generate/random.ts'
import { countTextTokens } from '../generate/tokens.ts'
import { fieldOf, readForm, refuseStrangers } from '../media/read-form.ts'
import { measureSeconds } from '../media/sounds.ts'
import { Refusal } from '../refusal.ts'
import type { Exchange } from '../service/context.ts'
import type { MediaAnswer, MediaRequest } from '../service/serve-media.ts'

const FIELDS = new Set(
  'file model language prompt response_format temperature timestamp_granularities stream include chunking_strategy'.split(
    ' ',
  ),
)
const WORDS_PER_SECOND = 2
const TOKENS_PER_SECOND = 10
const LARGEST_FILE = 25 * 1024 * 1024

/** POST /audio/transcriptions and /audio/translations */
export const readTranscription =
  (task: 'transcribe' | 'translate') =>
  async (exchange: Exchange): Promise<MediaRequest> => {
    const form = await readForm(exchange)
    refuseStrangers([...form.fields.keys(), ...form.files.map(({ name }) => name)], FIELDS)
    const file = form.files.find(({ name }) => name === 'file')
    const model = fieldOf(form, 'model')
    if (file === undefined || model === undefined)
      throw new Refusal(400, `Missing required parameter: '${file === undefined ? 'file' : 'model'}'.`)
    if (file.bytes.length > LARGEST_FILE) throw new Refusal(413, 'Maximum content size limit (26214400) exceeded.')
    const isWhisper = model.includes('whisper')
    const format = fieldOf(form, 'response_format') ?? 'json'
    if (!(isWhisper ? WHISPER_FORMATS : ['json', 'text']).includes(format))
      throw new Refusal(400, `response_format '${format}' is not compatible with model '${model}'.`, {
        param: 'response_format',
        code: 'unsupported_value',
      })
    // Groq bills these too, and says so in no other way than the duration.
    const tellsSeconds = exchange.provider.id === 'openai'
    const streamed = fieldOf(form, 'stream') === 'true' && !isWhisper
    const seconds = measureSeconds(file.bytes)
    const prompt = fieldOf(form, 'prompt') ?? ''
    return {
      model,
      words: prompt,
      streamed,
      makeAnswer: (directive) => {
        const heard = hear({ task, seconds, tokens: directive.tokens, seed: file.bytes.length })
        return isWhisper
          ? answerBySecond(heard, { format, tellsSeconds })
          : answerByToken(heard, { prompt, streamed, format, tellsUsage: directive.no_usage !== true })
      },
    }
  }

const WHISPER_FORMATS: readonly string[] = ['json', 'text', 'srt', 'verbose_json', 'vtt']

interface Heard {
  task: 'transcribe' | 'translate'
  seconds: number
  pieces: readonly string[]
}

const hear = (sound: { task: Heard['task']; seconds: number; tokens: number | undefined; seed: number }): Heard => ({
  task: sound.task,
  seconds: sound.seconds,
  pieces: writeProse(
    createRandom(hashText(`${sound.seed} ${sound.task}`, 0x811c9dc5)),
    sound.tokens ?? Math.max(1, Math.ceil(sound.seconds * WORDS_PER_SECOND)),
  ),
})

const answerBySecond = (heard: Heard, how: { format: string; tellsSeconds: boolean }): MediaAnswer => {
  const text = heard.pieces.join('')
  const billed = Math.ceil(heard.seconds)
  const usage = how.tellsSeconds ? { usage: { type: 'duration', seconds: billed } } : {}
  const end = heard.seconds
  const bodies: Readonly<Record<string, () => string>> = {
    json: () => JSON.stringify({ text, ...usage }),
    verbose_json: () =>
      JSON.stringify({
        task: heard.task,
        language: 'english',
        duration: heard.seconds,
        text,
        segments: [
          {
            id: 0,
            seek: 0,
            start: 0,
            end,
            text,
            tokens: [50_364],
            temperature: 0,
            avg_logprob: -0.28,
            compression_ratio: 1.1,
            no_speech_prob: 0.01,
          },
        ],
        ...usage,
      }),
    text: () => `${text}\n`,
    srt: () => `1\n${timeOf(0, ',')} --> ${timeOf(end, ',')}\n${text}\n\n\n`,
    vtt: () => `WEBVTT\n\n${timeOf(0, '.')} --> ${timeOf(end, '.')}\n${text}\n\n`,
  }
  const isJson = how.format === 'json' || how.format === 'verbose_json'
  return {
    contentType: isJson ? 'application/json' : 'text/plain; charset=utf-8',
    pieces: [bodies[how.format]?.() ?? text],
    usage: { seconds: billed },
    tellsUsage: isJson,
  }
}

const timeOf = (seconds: number, separator: string): string => {
  const milliseconds = Math.round(seconds * 1_000)
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  return `${two(milliseconds / 3_600_000)}:${two((milliseconds / 60_000) % 60)}:${two((milliseconds / 1_000) % 60)}${separator}${String(milliseconds % 1_000).padStart(3, '0')}`
}

const answerByToken = (
  heard: Heard,
  how: { prompt: string; streamed: boolean; format: string; tellsUsage: boolean },
): MediaAnswer => {
  const text = heard.pieces.join('')
  const audio = Math.max(1, Math.ceil(heard.seconds * TOKENS_PER_SECOND))
  const words = countTextTokens(how.prompt)
  const output = heard.pieces.length
  const usage = {
    type: 'tokens',
    input_tokens: audio + words,
    input_token_details: { text_tokens: words, audio_tokens: audio },
    output_tokens: output,
    total_tokens: audio + words + output,
  }
  const told = how.tellsUsage ? { usage } : {}
  const billed = { input_uncached: words, audio_in: audio, output_text: output }
  const event = (data: object): string => `data: ${JSON.stringify(data)}\n\n`
  if (how.streamed)
    return {
      contentType: 'text/event-stream; charset=utf-8',
      pieces: [
        ...heard.pieces.map((delta) => event({ type: 'transcript.text.delta', delta })),
        event({ type: 'transcript.text.done', text, ...told }),
      ],
      usage: billed,
      tellsUsage: how.tellsUsage,
    }
  const isText = how.format === 'text'
  return {
    contentType: isText ? 'text/plain; charset=utf-8' : 'application/json',
    pieces: [isText ? `${text}\n` : JSON.stringify({ text, ...told })],
    usage: billed,
    tellsUsage: !isText && how.tellsUsage,
  }
}
