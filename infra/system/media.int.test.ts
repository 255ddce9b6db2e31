import OpenAI, { toFile } from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWav } from './clients/wav.ts'
import { waitUntilSettled } from './settled.ts'
import { startSystem, type RunningSystem } from './start-system.ts'
import { createTenant, type SeededTenant } from './tenant.ts'

const sound = () => toFile(createWav(10), 'talk.wav', { type: 'audio/wav' })
const picture = (name: string) => toFile(Buffer.from(`picture ${name}`), name, { type: 'image/png' })

describe('pictures and sounds, by the official client', () => {
  let system: RunningSystem
  let tenant: SeededTenant
  let openai: OpenAI
  beforeAll(async () => {
    system = await startSystem()
    tenant = await createTenant(system.owner, { name: 'media' })
    openai = new OpenAI({ baseURL: `${system.proxyUrls[0]}/v1`, apiKey: tenant.key, maxRetries: 0 })
  }, 90_000)
  afterAll(() => system.stop())

  it.each(['gpt-image-1', 'dall-e-3', 'imagen-4', 'gemini-2.5-flash-image'])('%s draws', async (model) => {
    const drawn = await openai.images.generate({
      model,
      prompt: 'a hare',
      ...(model === 'dall-e-3' ? { response_format: 'b64_json', quality: 'hd', size: '1024x1792' } : {}),
    })
    expect(drawn.data?.[0]?.b64_json).toMatch(/^iVBORw0KGgo/)
  })

  it('names what a provider of another format was not told', async () => {
    const { response } = await openai.images
      .generate({ model: 'imagen-4', prompt: 'a hare', quality: 'high', user: 'ada', response_format: 'url' })
      .withResponse()
    expect(response.headers.get('x-atpar-dropped')).toBe('user, quality, response_format')
  })

  it('streams a picture on its way', async () => {
    const stream = await openai.images.generate({
      model: 'gpt-image-1',
      prompt: 'a hare',
      quality: 'low',
      stream: true,
      partial_images: 2,
    })
    const types: string[] = []
    for await (const event of stream) types.push(event.type)
    expect(types).toEqual([
      'image_generation.partial_image',
      'image_generation.partial_image',
      'image_generation.completed',
    ])
  })

  it('changes pictures that come with the request', async () => {
    const changed = await openai.images.edit({
      model: 'gpt-image-1',
      image: [await picture('a.png'), await picture('b.png')],
      mask: await picture('mask.png'),
      prompt: 'greener',
      quality: 'low',
    })
    expect(changed.usage?.input_tokens_details.image_tokens).toBe(3 * 323)
  })

  it.each(['tts-1', 'gpt-4o-mini-tts', 'eleven_flash_v2_5'])('%s speaks', async (model) => {
    const said = await openai.audio.speech.create({
      model,
      voice: 'alloy',
      input: 'Grüße aus Oslo',
      response_format: 'wav',
    })
    const bytes = Buffer.from(await said.arrayBuffer())
    expect(bytes.subarray(0, 4).toString('latin1')).toBe('RIFF')
    expect(bytes.length).toBe(44 + bytes.readUInt32LE(40))
    expect(said.headers.get('content-type')).toMatch(/^audio\//)
  })

  it('speaks in events where they are asked for', async () => {
    const said = await openai.audio.speech.create({
      model: 'gpt-4o-mini-tts',
      voice: 'alloy',
      input: 'Hello',
      stream_format: 'sse',
    })
    expect(await said.text()).toContain('"type":"speech.audio.done"')
  })

  it.each(['whisper-1', 'gpt-4o-transcribe', 'nova-3', 'whisper-large-v3-turbo'])('%s listens', async (model) => {
    const heard = await openai.audio.transcriptions.create({ model, file: await sound() })
    expect(heard.text.length).toBeGreaterThan(10)
  })

  it.each(['whisper-1', 'nova-3'])('%s writes subtitles', async (model) => {
    const heard = await openai.audio.transcriptions.create({ model, file: await sound(), response_format: 'srt' })
    expect(heard).toMatch(/^1\n00:00:00,000 --> 00:00:10,000\n/)
  })

  it('streams what it hears', async () => {
    const stream = await openai.audio.transcriptions.create({
      model: 'gpt-4o-mini-transcribe',
      file: await sound(),
      stream: true,
    })
    let text = ''
    let last = ''
    for await (const event of stream) {
      if (event.type === 'transcript.text.delta') text += event.delta
      last = event.type
    }
    expect(last).toBe('transcript.text.done')
    expect(text.length).toBeGreaterThan(10)
  })

  it('translates', async () => {
    const heard = await openai.audio.translations.create({ model: 'whisper-1', file: await sound() })
    expect(heard.text.length).toBeGreaterThan(10)
  })

  it.each([
    [
      'a model of another task',
      () => openai.images.generate({ model: 'gpt-4o-mini', prompt: 'x' }),
      400,
      'wrong_endpoint',
    ],
    [
      'a conversation with what only draws',
      () => openai.chat.completions.create({ model: 'dall-e-3', messages: [{ role: 'user', content: 'x' }] }),
      400,
      'wrong_endpoint',
    ],
    ['an edit without a picture', () => openai.post('/images/edits', { body: formWithout() }), 400, 'invalid_request'],
    [
      'what the provider refuses',
      () =>
        openai.audio.speech.create({
          model: 'tts-1',
          voice: 'alloy',
          input: 'x',
          speed: 4,
          stream_format: 'nothing' as 'sse',
        }),
      400,
      'invalid_request',
    ],
  ])('refuses %s in a way the client understands', async (_what, call, status, code) => {
    await expect(call()).rejects.toMatchObject({ status, code })
  })

  const formWithout = (): FormData => {
    const form = new FormData()
    form.append('model', 'gpt-image-1')
    form.append('prompt', 'x')
    return form
  }

  it("billed each of them once, for what the providers' books say", async () => {
    await waitUntilSettled(system)
    const { rows } = await system.owner.query<{
      model_id: string
      units: Record<string, number>
      usage_source: string
      billed: string
      service_tier: string | null
    }>(
      `SELECT model_id, units, usage_source, billed_pusd::text AS billed, service_tier FROM usage_event
       WHERE org_id = $1 AND outcome = 'ok' ORDER BY request_id`,
      [tenant.orgId],
    )
    const books = system.simulators?.books.entries().filter(({ billable }) => billable) ?? []
    const told = (units: object) =>
      JSON.stringify(
        Object.entries(units)
          .filter(([, count]) => count > 0)
          .toSorted(([a], [b]) => a.localeCompare(b)),
      )
    expect(rows.map(({ units }) => told(units)).toSorted()).toEqual(books.map(({ usage }) => told(usage)).toSorted())
    expect(new Set(rows.map(({ usage_source: source }) => source))).toEqual(new Set(['provider_final']))
    const billed = (model: string) => rows.find(({ model_id: id }) => id === model)?.billed
    expect(billed('dall-e-3')).toBe('120000000000')
    expect(billed('imagen-4')).toBe('40000000000')
    expect(billed('whisper-1')).toBe('1000000000')
    expect(billed('eleven_flash_v2_5')).toBe(String(14n * 50_000_000n))
    expect(billed('whisper-large-v3-turbo')).toBe(String((10n * 40_000_000_000n) / 3_600n))
    expect(rows.filter(({ billed: amount }) => amount === '0')).toEqual([])
  }, 30_000)
})
