import { toFile } from 'openai'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { startSimulators, type Simulators } from '../start.ts'
import { speak } from './sounds.ts'

let simulators: Simulators
let openai: OpenAI
const PICTURE = () => toFile(Buffer.from('picture'), 'a.png', { type: 'image/png' })
const SOUND = () => toFile(speak('x'.repeat(150)), 'a.wav', { type: 'audio/wav' })
beforeAll(async () => {
  simulators = await startSimulators()
  openai = new OpenAI({ baseURL: `${simulators.url}/openai/v1`, apiKey: 'sk-x', maxRetries: 0 })
})
afterAll(() => simulators.close())
const lastUsage = () => simulators.books.entries().at(-1)?.usage

it('sells pictures by the token and by the piece', async () => {
  const drawn = await openai.images.generate({ model: 'gpt-image-1', prompt: 'a hare', quality: 'low', n: 2 })
  expect(drawn.data).toHaveLength(2)
  expect(drawn.usage?.output_tokens).toBe(544)
  expect(lastUsage()).toMatchObject({ image_out: 544, input_uncached: drawn.usage?.input_tokens })
  const painted = await openai.images.generate({ model: 'dall-e-3', prompt: 'a hare', response_format: 'b64_json' })
  expect(painted.data?.[0]?.b64_json).toMatch(/^iVBORw0KGgo/)
  expect(lastUsage()).toMatchObject({ images: 1 })
})

it('streams pictures, and takes pictures to change', async () => {
  const stream = await openai.images.edit({
    model: 'gpt-image-1',
    image: [await PICTURE(), await PICTURE()],
    prompt: 'greener',
    stream: true,
    partial_images: 1,
  })
  const types: string[] = []
  for await (const event of stream) types.push(event.type)
  expect(types).toEqual(['image_edit.partial_image', 'image_edit.completed'])
  expect(lastUsage()).toMatchObject({ image_in: 646, image_out: 1_156 })
})

it('speaks, by the character and by the token', async () => {
  const said = await openai.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Grüße' })
  expect((await said.arrayBuffer()).byteLength).toBeGreaterThan(1_000)
  expect(lastUsage()).toMatchObject({ characters: 5 })
  const events = await openai.audio.speech.create({
    model: 'gpt-4o-mini-tts',
    voice: 'alloy',
    input: 'Hello',
    stream_format: 'sse',
  })
  expect(await events.text()).toContain('"type":"speech.audio.done"')
  expect(lastUsage()?.audio_out).toBeGreaterThan(0)
})

it('listens, by the second and by the token', async () => {
  const heard = await openai.audio.transcriptions.create({
    model: 'whisper-1',
    file: await SOUND(),
    response_format: 'verbose_json',
  })
  expect(heard).toMatchObject({ duration: 10, usage: { seconds: 10 } })
  expect(lastUsage()).toMatchObject({ seconds: 10 })
  const subtitles = await openai.audio.transcriptions.create({
    model: 'whisper-1',
    file: await SOUND(),
    response_format: 'srt',
  })
  expect(subtitles).toMatch(/^1\n00:00:00,000 --> 00:00:10,000\n/)
  const stream = await openai.audio.transcriptions.create({
    model: 'gpt-4o-transcribe',
    file: await SOUND(),
    stream: true,
  })
  let last = ''
  for await (const event of stream) last = event.type
  expect(last).toBe('transcript.text.done')
  expect(lastUsage()).toMatchObject({ audio_in: 100, output_text: 20 })
})

it.each([
  ['an unknown field', () => openai.post('/images/generations', { body: { prompt: 'x', provider: {} } }), 400],
  ['subtitles of a model that has none', subtitlesOfNone, 400],
  [
    'an error on command',
    () => openai.audio.speech.create({ model: 'tts-1-sim-status-503', voice: 'x', input: 'x' }),
    503,
  ],
])('refuses %s', async (_what, call, status) => {
  await expect(call()).rejects.toMatchObject({ status })
  expect(simulators.books.entries().at(-1)).toMatchObject({ billable: false, ending: 'error' })
})

async function subtitlesOfNone(): Promise<unknown> {
  return openai.audio.transcriptions.create({ model: 'gpt-4o-transcribe', file: await SOUND(), response_format: 'srt' })
}

it('is ElevenLabs and Deepgram', async () => {
  const said = await fetch(`${simulators.url}/elevenlabs/v1/text-to-speech/21m00?output_format=mp3_44100_128`, {
    method: 'POST',
    headers: { 'xi-api-key': 'x', 'content-type': 'application/json' },
    body: JSON.stringify({ text: 'Grüße', model_id: 'eleven_flash_v2_5' }),
  })
  expect(said.headers.get('content-type')).toBe('audio/mpeg')
  expect((await said.arrayBuffer()).byteLength).toBeGreaterThan(1_000)
  expect(lastUsage()).toMatchObject({ characters: 5 })
  const heard = await fetch(`${simulators.url}/deepgram/v1/listen?model=nova-3&smart_format=true`, {
    method: 'POST',
    headers: { authorization: 'Token x', 'content-type': 'audio/wav' },
    body: new Uint8Array(speak('x'.repeat(150))),
  })
  expect(await heard.json()).toMatchObject({ metadata: { duration: 10 } })
  expect(lastUsage()).toMatchObject({ seconds: 10 })
})

it('is the part of Gemini that draws', async () => {
  const call = (path: string, body: object) =>
    fetch(`${simulators.url}/gemini/v1beta/models/${path}`, {
      method: 'POST',
      headers: { 'x-goog-api-key': 'x', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }).then((response) => response.json())
  const drawn = await call('gemini-2.5-flash-image:generateContent', {
    contents: [{ role: 'user', parts: [{ text: 'a hare' }] }],
    generationConfig: { responseModalities: ['IMAGE'] },
  })
  expect(drawn).toMatchObject({ usageMetadata: { candidatesTokenCount: 1_290 } })
  const painted = await call('imagen-4.0-generate-001:predict', {
    instances: [{ prompt: 'a hare' }],
    parameters: { sampleCount: 2 },
  })
  expect(painted).toHaveProperty('predictions.1.bytesBase64Encoded')
  expect(lastUsage()).toMatchObject({ images: 2 })
})
