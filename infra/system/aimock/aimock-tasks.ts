import assert from 'node:assert/strict'
import { connect } from 'node:net'
import type { LLMock } from '@copilotkit/aimock'
import OpenAI, { toFile } from 'openai'
import { OpenAIRealtimeWS } from 'openai/realtime/ws'
import { createWav } from '../clients/wav.ts'
import type { Door } from '../matrix/exchange.ts'
import { ASK_WORDS, SAID } from './aimock-upstreams.ts'

const TEXT = 'Oslo in the rain'
const VECTOR = [0.25, -0.5, 0.125]
const PICTURE = Buffer.from('a picture of a hare').toString('base64')
const SOUND = Buffer.from('a sound of rain')

/** What aimock is told to answer where no words are asked for. */
export const teachTasks = (mock: LLMock): void => {
  mock.onEmbedding(TEXT, { embedding: VECTOR })
  mock.onImage(TEXT, { image: { b64Json: PICTURE } })
  mock.onSpeech(TEXT, { audio: SOUND.toString('base64') })
  mock.onTranscription({ transcription: { text: SAID, duration: 2 } })
  mock.onTranslation({ transcription: { text: SAID, duration: 2 } })
  mock.onModerate(TEXT, { flagged: true, categories: { violence: true } })
  mock.onRerank(TEXT, [
    { index: 1, relevance_score: 0.9 },
    { index: 0, relevance_score: 0.1 },
  ])
}

/** One thing that is no chat, asked of aimock through us. Throws when it does not arrive as aimock was told. */
export interface AimockTask {
  readonly what: string
  readonly model: string
  play(door: Door, model: string): Promise<void>
}

const clientOf = ({ proxyUrl, key }: Door): OpenAI =>
  new OpenAI({ baseURL: `${proxyUrl}/v1`, apiKey: key, maxRetries: 0 })

/** Others offer these models too, and they are simulated here. */
const pin = (model: string): object => ({ provider: { only: [model.slice(0, model.indexOf('/'))] } })

const embed = async (door: Door, model: string): Promise<void> => {
  const { data } = await clientOf(door).embeddings.create({ model, input: TEXT, ...pin(model) })
  assert.deepEqual(data[0]?.embedding, VECTOR)
}

const draw = async (door: Door, model: string): Promise<void> => {
  const drawn = await clientOf(door).images.generate({ model, prompt: TEXT })
  assert.equal(drawn.data?.[0]?.b64_json, PICTURE)
}

const speak = async (door: Door, model: string): Promise<void> => {
  const said = await clientOf(door).audio.speech.create({ model, voice: 'alloy', input: TEXT, ...pin(model) })
  assert.ok(SOUND.equals(Buffer.from(await said.arrayBuffer())))
}

const file = () => toFile(createWav(2), 'talk.wav', { type: 'audio/wav' })

export const AIMOCK_TASKS: readonly AimockTask[] = [
  { what: 'embeddings', model: 'openai/text-embedding-3-small', play: embed },
  { what: 'embeddings', model: 'cohere/embed-v4.0', play: embed },
  { what: 'pictures', model: 'openai/gpt-image-1', play: draw },
  { what: 'pictures', model: 'gemini/imagen-4.0-generate-001', play: draw },
  { what: 'speech', model: 'openai/tts-1', play: speak },
  {
    what: 'transcriptions',
    model: 'openai/whisper-1',
    play: async (door, model) => {
      const heard = await clientOf(door).audio.transcriptions.create({ model, file: await file() })
      assert.equal(heard.text, SAID)
    },
  },
  {
    what: 'translations',
    model: 'openai/whisper-1',
    play: async (door, model) => {
      const heard = await clientOf(door).audio.translations.create({ model, file: await file() })
      assert.equal(heard.text, SAID)
    },
  },
  {
    what: 'moderations',
    model: 'openai/omni-moderation-latest',
    play: async (door, model) => {
      const { results } = await clientOf(door).moderations.create({ model, input: TEXT })
      assert.deepEqual([results[0]?.flagged, results[0]?.categories.violence], [true, true])
    },
  },
  {
    what: 'rerank',
    model: 'cohere/rerank-v3.5',
    play: async (door, model) => {
      const answer = await clientOf(door).post('/rerank', { body: { model, query: TEXT, documents: ['dry', 'rain'] } })
      const { results } = answer as { readonly results: readonly { readonly index: number }[] }
      assert.deepEqual(
        results.map(({ index }) => index),
        [1, 0],
      )
    },
  },
  {
    what: 'realtime',
    model: 'openai/gpt-realtime',
    play: async (door, model) => {
      const createConnection = () => connect(Number(new URL(door.proxyUrl).port), '127.0.0.1')
      const socket = new OpenAIRealtimeWS({ model, options: { createConnection } }, clientOf(door))
      let text = ''
      const done = new Promise<void>((resolve, reject) => {
        socket.on('error', reject)
        socket.on('response.output_text.delta', ({ delta }) => {
          text += delta
        })
        socket.on('response.done', () => resolve())
      })
      socket.on('session.created', () => {
        socket.send({
          type: 'conversation.item.create',
          item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: ASK_WORDS }] },
        })
        socket.send({ type: 'response.create', response: { output_modalities: ['text'] } })
      })
      try {
        await done
        assert.equal(text, SAID)
      } finally {
        socket.close()
      }
    },
  },
]
