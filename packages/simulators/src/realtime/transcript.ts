import { randomUUID } from 'node:crypto'

import { NO_USAGE, type BookUsage } from '../books.ts'
import { writeProse } from '../generate/prose.ts'
import { createRandom } from '../generate/random.ts'
import type { SimulatorContext } from '../service/context.ts'

/** Sound of 24 kHz and 16 bit. */
const BYTES_PER_SECOND = 48_000
const TOKENS_PER_SECOND = 10
const WORDS_PER_SECOND = 2

interface Speech {
  model: string
  bytes: number
}

/** What was said, written down by a model of its own, which is billed apart: Whisper by the second, the others by the token. */
export function transcribeSpeech(
  { context, endpoint, keySha256 }: { context: SimulatorContext; endpoint: string; keySha256: string | null },
  { model, bytes }: Speech,
): { transcript: string; usage: object } {
  const seconds = Math.ceil(bytes / BYTES_PER_SECOND)
  const words = writeProse(createRandom(bytes), Math.max(1, seconds * WORDS_PER_SECOND))
  const entry = context.books.begin({
    provider: 'openai',
    providerRequestId: `transcript_${randomUUID()}`,
    endpoint,
    callerRequestId: null,
    keySha256,
  })
  Object.assign(entry, { model, streamed: true })
  const sound = seconds * TOKENS_PER_SECOND
  const isTimed = model.includes('whisper')
  const usage: BookUsage = isTimed
    ? { ...NO_USAGE, seconds }
    : { ...NO_USAGE, audio_in: sound, output_text: words.length }
  context.books.finish(entry, { status: 200, usage, ending: 'complete', billable: true, finalUsageSent: true })
  return {
    transcript: words.join(''),
    usage: isTimed
      ? { type: 'duration', seconds }
      : {
          type: 'tokens',
          total_tokens: sound + words.length,
          input_tokens: sound,
          output_tokens: words.length,
          input_token_details: { text_tokens: 0, audio_tokens: sound },
        },
  }
}
