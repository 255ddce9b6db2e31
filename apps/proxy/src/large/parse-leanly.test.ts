import { isJsonObject, type JsonObject, type JsonValue } from '@atpar/core/json'
import { everyCallerDialect } from '@atpar/dialects/registry'
import { taskCallers } from '@atpar/dialects/task-registry'
import { expect, it } from 'vitest'
import { holdsMadeUp, parseBriefly, parseLeanly } from './parse-leanly.ts'

const LONG = 'abcd'.repeat(20_000)
const READERS = { ...everyCallerDialect, ...taskCallers }
const asObject = (json: JsonValue): JsonObject => (isJsonObject(json) ? json : {})

it.each([
  ['one long string', { a: LONG, b: [1, { c: LONG }], d: 'short' }],
  ['escapes in a long string', { a: `${LONG}"\\\n${LONG}`, b: LONG }],
  ['letters of more than one byte', { a: `${LONG}ä`, ä: LONG, b: '€' }],
  ['a long name', { [LONG]: LONG }],
  ['nothing long', { a: ['x', null, true, 1.5] }],
  ['a value alone', LONG],
])('%s: the same value as JSON.parse makes', (_what, value) => {
  for (const text of [JSON.stringify(value), JSON.stringify(value, null, 2)])
    expect(parseLeanly(Buffer.from(text))).toEqual(value)
})

it.each([
  ['a string without an end', `{"a":"${LONG}`],
  ['a line break in a string', `{"a":"${LONG}\n"}`],
  ['two values', `{"a":"${LONG}"} {}`],
  ['a value and no comma', `{"a":"${LONG}" "${LONG}"}`],
])('%s is no JSON', (_what, text) => {
  for (const parse of [parseLeanly, parseBriefly]) expect(() => parse(Buffer.from(text))).toThrow(SyntaxError)
})

it('read briefly, long strings begin as they do and are as long, and all else is as it is', () => {
  const escaped = `${LONG}"\n`
  const words = `data:image/png;base64,${LONG}`
  const value = { url: words, text: `${LONG}ä`, escaped, n: [1, 'short', null] }
  const brief = parseBriefly(Buffer.from(JSON.stringify(value)))
  expect(brief).toMatchObject({ text: `${LONG}ä`, escaped, n: [1, 'short', null] })
  const { url } = asObject(brief)
  if (typeof url !== 'string') throw new TypeError('a string became something else')
  expect([url.length, url.slice(0, 1_024), url === words]).toEqual([words.length, words.slice(0, 1_024), false])
  expect([holdsMadeUp(JSON.stringify(url)), holdsMadeUp('short')]).toEqual([true, false])
})

const LONG_TEXTS = ['', 'data:image/png;base64,', 'data:text/plain;base64,', 'https://'].flatMap((start) =>
  [0, 1, 2, 3, 1_001].map((more) => `${start}${'QUJD'.repeat(16_400)}${'x'.repeat(more)}`),
)
const MIME_TYPES = ['image/png', 'audio/wav', 'text/plain', 'application/pdf']
const said = (content: readonly JsonObject[]): JsonObject => ({ messages: [{ role: 'user', content: [...content] }] })

/** Wherever a format lets somebody put a long string. */
const REQUESTS: readonly [keyof typeof READERS, (text: string) => JsonObject][] = [
  ['openai-chat', (text) => said([{ type: 'text', text }])],
  ['openai-chat', (url) => said([{ type: 'image_url', image_url: { url } }])],
  ['openai-chat', (data) => said([{ type: 'input_audio', input_audio: { data, format: 'wav' } }])],
  ['openai-chat', (data) => said([{ type: 'file', file: { filename: 'a', file_data: data } }])],
  ['openai-chat', (data) => said([{ type: 'unheard of', data }])],
  ['openai-chat', (text) => ({ ...said([{ type: 'text', text: 'hi' }]), prediction: { type: 'content', text } })],
  ['anthropic-messages', (text) => ({ ...said([{ type: 'text', text }]), max_tokens: 9 })],
  ['anthropic-messages', (text) => ({ ...said([{ type: 'text', text: 'hi' }]), max_tokens: 9, system: text })],
  ['anthropic-messages', (content) => ({ ...said([{ type: 'tool_result', content }]), max_tokens: 9 })],
  ...MIME_TYPES.map((type): [keyof typeof READERS, (text: string) => JsonObject] => [
    'anthropic-messages',
    (data) => ({ ...said([{ type: 'document', source: { type: 'base64', media_type: type, data } }]), max_tokens: 9 }),
  ]),
  ['gemini', (text) => ({ contents: [{ parts: [{ text }] }] })],
  ...MIME_TYPES.map((mimeType): [keyof typeof READERS, (text: string) => JsonObject] => [
    'gemini',
    (data) => ({ contents: [{ parts: [{ inlineData: { data, mimeType } }] }] }),
  ]),
  ['openai-responses', (input) => ({ input })],
  ['openai-responses', (url) => ({ input: [{ role: 'user', content: [{ type: 'input_image', image_url: url }] }] })],
  ['openai-responses', (data) => ({ input: [{ role: 'user', content: [{ type: 'input_file', file_data: data }] }] })],
  ['openai-completions', (prompt) => ({ prompt })],
  ['openai-embeddings', (text) => ({ input: ['short', text] })],
  ['openai-moderations', (text) => ({ input: [{ type: 'image_url', image_url: { url: text } }] })],
  ['rerank', (text) => ({ query: 'q', documents: [text, 'short'] })],
]

it.each(REQUESTS.map(([dialect, make], index) => ({ dialect, make, index })))(
  'what limits and prices ask of a request is the same, read briefly: $dialect, place $index',
  ({ dialect, make }) => {
    for (const text of LONG_TEXTS) {
      const body = Buffer.from(JSON.stringify({ model: 'm', ...make(text) }))
      const facts = [parseLeanly(body), parseBriefly(body)].map((json) => READERS[dialect].readFacts(asObject(json)))
      expect(facts[1]).toEqual(facts[0])
      expect(facts[0]?.model).toBe('m')
    }
  },
)
