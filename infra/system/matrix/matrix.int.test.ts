import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FEATURE_IDS } from './features.ts'
import { startMatrixSystem, type MatrixSystem } from './matrix-system.ts'
import { playCell } from './play-cell.ts'
import { findRefusal } from './refusals.ts'
import { playSameFormat } from './same-format.ts'
import { SPEAKERS } from './speakers.ts'
import { UPSTREAMS } from './upstreams.ts'

const PAIRS = SPEAKERS.flatMap((speaker) => UPSTREAMS.map((upstream) => ({ speaker, upstream })))

let stage: MatrixSystem
beforeAll(async () => {
  stage = await startMatrixSystem()
}, 90_000)
afterAll(() => stage.stop())

describe.each(PAIRS)('from $speaker.title to $upstream.title', ({ speaker, upstream }) => {
  it.each(FEATURE_IDS)(
    '%s works, or is refused as documented',
    async (feature) => {
      const cell = { speaker, upstream, feature }
      expect(await playCell(stage, cell)).toEqual(
        findRefusal(cell) === null ? { kind: 'passes' } : { kind: 'refused', code: 'unsupported_parameter' },
      )
    },
    30_000,
  )
})

describe.each(PAIRS.filter(({ speaker, upstream }) => speaker.id === upstream.dialect))(
  '$speaker.title on both sides',
  ({ speaker, upstream }) => {
    it('has the same bytes on both sides but for the model’s name and the cost, unknown fields included', async () => {
      expect(await playSameFormat(stage, speaker, upstream)).toEqual([])
    })
  },
)

const post = async (path: string, body: object, headers: Readonly<Record<string, string>> = {}) => {
  const response = await fetch(stage.proxyUrl + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${stage.key}`, ...headers },
    body: JSON.stringify(body),
  })
  const [sent] = stage.wire.recordsOf(response.headers.get('x-request-id') ?? '')
  return { response, sent, text: await response.text() }
}

const CHAT = '/v1/chat/completions'
const GEMINI = '/v1beta/models/gemini%2Fgemini-2.5-flash:generateContent'
const claude = (body: object) => ({ model: 'anthropic/claude-sonnet-5', max_tokens: 50, ...body })
const hi = [{ role: 'user', content: 'Hi.' }]

it.each([
  [
    CHAT,
    {
      model: 'openai/gpt-4o-mini',
      messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'file-1' } }] }],
    },
  ],
  [CHAT, { model: 'xai/grok-4.3', messages: hi, search_parameters: { mode: 'on' } }],
  ['/v1/messages', claude({ messages: hi, tools: [{ type: 'code_execution_20250825', name: 'code_execution' }] })],
  ['/v1/messages', claude({ messages: hi, container: 'container_1' })],
  [GEMINI, { contents: [{ parts: [{ text: 'Hi.' }] }], cachedContent: 'cachedContents/1' }],
  [GEMINI, { contents: [{ parts: [{ text: 'Hi.' }] }], tools: [{ googleSearch: {} }] }],
])(
  'an account that organizations share is not asked for what is stored in it or cannot be billed: %s %j',
  async (path, body) => {
    const { response, sent, text } = await post(path, body)
    expect(response.status).toBe(400)
    expect(text).toMatch(/credential of your own/)
    expect(sent).toBeUndefined()
  },
)

it('passes on what of anthropic-beta the answer counts, and names the rest', async () => {
  const beta = 'interleaved-thinking-2025-05-14,files-api-2025-04-14'
  const { response, sent } = await post('/v1/messages?beta=true', claude({ messages: hi }), { 'anthropic-beta': beta })
  expect(response.status).toBe(200)
  expect(sent?.headers['anthropic-beta']).toBe('interleaved-thinking-2025-05-14')
  expect(response.headers.get('x-atpar-dropped')).toBe('anthropic-beta.files-api-2025-04-14')
  const elsewhere = await post('/v1/messages', claude({ model: 'openai/gpt-4o-mini', messages: hi }), {
    'anthropic-beta': beta,
  })
  expect(elsewhere.sent?.headers).not.toHaveProperty('anthropic-beta')
  expect(elsewhere.response.headers.get('x-atpar-dropped')).toBe('anthropic-beta')
})

it('names the fields of OpenRouter’s that nobody grants here, also where the bytes pass', async () => {
  const { response, sent } = await post(CHAT, {
    model: 'openai/gpt-4o-mini',
    messages: hi,
    plugins: [{ id: 'web' }],
    transforms: [],
  })
  expect(response.headers.get('x-atpar-dropped')).toBe('plugins')
  expect(sent?.body.toString()).not.toMatch(/plugins|transforms/)
})
