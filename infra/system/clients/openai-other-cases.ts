import assert from 'node:assert/strict'
import { connect as connectTcp } from 'node:net'
import OpenAI, { toFile } from 'openai'
import { OpenAIRealtimeWS } from 'openai/realtime/ws'
import { MODELS, PROMPT, TOKENS, type ClientCase, type ClientStage } from './client-case.ts'
import { createWav } from './wav.ts'

const connect = ({ proxyUrl, key }: ClientStage): OpenAI =>
  new OpenAI({ baseURL: `${proxyUrl}/v1`, apiKey: key, maxRetries: 0 })

const picture = (name: string) => toFile(Buffer.from(`picture ${name}`), name, { type: 'image/png' })

/** The `openai` package beyond chat: its newer form, what is not talk, pictures, sounds, and conversations in sound. */
export const OPENAI_OTHER_CASES: readonly ClientCase[] = [
  {
    client: 'openai',
    what: 'responses',
    models: MODELS,
    play: async (stage, model) => {
      const answer = await connect(stage).responses.create({ model, input: PROMPT })
      assert.equal(answer.usage?.output_tokens, TOKENS)
      assert.ok(answer.output_text.length > 10)
    },
  },
  {
    client: 'openai',
    what: 'responses stream helper',
    models: MODELS,
    play: async (stage, model) => {
      const answer = await connect(stage).responses.stream({ model, input: PROMPT }).finalResponse()
      assert.equal(answer.usage?.output_tokens, TOKENS)
      assert.ok(answer.output_text.length > 10)
    },
  },
  {
    client: 'openai',
    what: 'embeddings',
    models: ['text-embedding-3-small', 'gemini-embedding-2', 'embed-v4', 'voyage-3.5'],
    play: async (stage, model) => {
      // The client asks for base64 by itself and unpacks it.
      const { data } = await connect(stage).embeddings.create({ model, input: ['a', 'b'] })
      assert.equal(data.length, 2)
      assert.ok(data.every(({ embedding }) => embedding.length > 500))
    },
  },
  {
    client: 'openai',
    what: 'moderations',
    models: ['omni-moderation-latest'],
    play: async (stage, model) => {
      const { results } = await connect(stage).moderations.create({ model, input: 'violence in the street' })
      assert.equal(typeof results[0]?.flagged, 'boolean')
    },
  },
  {
    client: 'openai',
    what: 'images',
    models: ['gpt-image-1', 'imagen-4'],
    play: async (stage, model) => {
      const drawn = await connect(stage).images.generate({ model, prompt: 'a hare' })
      assert.match(drawn.data?.[0]?.b64_json ?? '', /^iVBORw0KGgo/)
    },
  },
  {
    client: 'openai',
    what: 'image edits with a mask',
    models: ['gpt-image-1'],
    play: async (stage, model) => {
      const [image, mask] = [await picture('hare.png'), await picture('mask.png')]
      const changed = await connect(stage).images.edit({ model, image, mask, prompt: 'greener' })
      assert.match(changed.data?.[0]?.b64_json ?? '', /^iVBORw0KGgo/)
    },
  },
  {
    client: 'openai',
    what: 'speech',
    models: ['gpt-4o-mini-tts', 'eleven_flash_v2_5'],
    play: async (stage, model) => {
      const said = await connect(stage).audio.speech.create({
        model,
        voice: 'alloy',
        input: 'Hello',
        response_format: 'wav',
      })
      assert.equal(Buffer.from(await said.arrayBuffer()).toString('latin1', 0, 4), 'RIFF')
    },
  },
  {
    client: 'openai',
    what: 'transcriptions',
    models: ['whisper-1', 'gpt-4o-transcribe', 'nova-3'],
    play: async (stage, model) => {
      const file = await toFile(createWav(2), 'talk.wav', { type: 'audio/wav' })
      const heard = await connect(stage).audio.transcriptions.create({ model, file })
      assert.ok(heard.text.length > 10)
    },
  },
  {
    client: 'openai',
    what: 'translations',
    models: ['whisper-1'],
    play: async (stage, model) => {
      const file = await toFile(createWav(2), 'talk.wav', { type: 'audio/wav' })
      const heard = await connect(stage).audio.translations.create({ model, file })
      assert.ok(heard.text.length > 10)
    },
  },
  {
    client: 'openai',
    what: 'realtime',
    models: ['gpt-realtime'],
    play: async (stage, model) => {
      const socket = new OpenAIRealtimeWS(
        // The client knows secure connections only, and this proxy stands behind nobody who would end one.
        {
          model,
          options: { createConnection: () => connectTcp(Number(new URL(stage.proxyUrl).port), '127.0.0.1') },
        },
        connect(stage),
      )
      const done = new Promise<number | undefined>((resolve, reject) => {
        socket.on('error', reject)
        socket.on('response.done', ({ response }) => resolve(response.usage?.output_token_details?.text_tokens))
      })
      socket.on('session.created', () => {
        socket.send({
          type: 'conversation.item.create',
          item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: PROMPT }] },
        })
        socket.send({ type: 'response.create', response: { output_modalities: ['text'] } })
      })
      try {
        assert.equal(await done, TOKENS)
      } finally {
        socket.close()
      }
    },
  },
]
