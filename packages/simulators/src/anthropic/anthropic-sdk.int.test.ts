import Anthropic, { APIError } from '@anthropic-ai/sdk'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { startSimulators, type Simulators } from '../start.ts'

let simulators: Simulators
beforeAll(async () => {
  simulators = await startSimulators()
})
afterAll(() => simulators.close())
beforeEach(() => simulators.books.clear())

const connect = (apiKey = 'key') => new Anthropic({ baseURL: `${simulators.url}/anthropic`, apiKey, maxRetries: 0 })
const ask = (content: string) => ({
  model: 'claude-sonnet-5',
  max_tokens: 2_000,
  messages: [{ role: 'user' as const, content }],
})
const tools = [
  { name: 'get_weather', input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } } },
]
const post = (body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${simulators.url}/anthropic/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': 'key', 'anthropic-version': '2023-06-01', ...headers },
    body: JSON.stringify(body),
  })

test('input tokens leave out what the cache read and wrote, and the books agree', async () => {
  const message = await connect().messages.create(
    ask('Hello [[sim:{"tokens":9,"cached":500,"cache_write_5m":30,"cache_write_1h":4}]]'),
  )
  const [entry] = simulators.books.entries()
  expect(message.usage).toMatchObject({
    input_tokens: entry?.usage.input_uncached,
    cache_read_input_tokens: 500,
    cache_creation_input_tokens: 34,
    cache_creation: { ephemeral_5m_input_tokens: 30, ephemeral_1h_input_tokens: 4 },
    output_tokens: 9,
  })
  expect(entry).toMatchObject({
    provider: 'anthropic',
    finalUsageSent: true,
    usage: { cache_read: 500, cache_write_5m: 30, cache_write_1h: 4, output_text: 9 },
  })
})

test('a stream begins with the input counts and ends with the output counts', async () => {
  const events = await Array.fromAsync(
    await connect().messages.create({ ...ask('Hi [[sim:{"tokens":5,"cached":50}]]'), stream: true }),
  )
  expect(events.map((event) => event.type)).toEqual([
    'message_start',
    'content_block_start',
    ...Array<string>(5).fill('content_block_delta'),
    'content_block_stop',
    'message_delta',
    'message_stop',
  ])
  expect(events[0]).toMatchObject({ message: { usage: { cache_read_input_tokens: 50, output_tokens: 1 } } })
  expect(events.at(-2)).toMatchObject({ usage: { output_tokens: 5 }, delta: { stop_reason: 'end_turn' } })
})

test('pings are on the wire', async () => {
  const response = await post({ ...ask('Hi'), stream: true })
  expect(await response.text()).toContain('event: ping\ndata: {"type":"ping"}\n\n')
})

test('thinking comes as a signed block before the text and is told apart in the usage', async () => {
  const body = {
    ...ask('Think. [[sim:{"tokens":6,"reasoning":10}]]'),
    thinking: { type: 'enabled' as const, budget_tokens: 1024 },
  }
  const message = await connect().messages.stream(body).finalMessage()
  expect(message.content).toMatchObject([
    { type: 'thinking', thinking: expect.any(String), signature: expect.any(String) },
    { type: 'text' },
  ])
  expect(message.usage).toMatchObject({ output_tokens: 16, output_tokens_details: { thinking_tokens: 10 } })
  expect(simulators.books.entries()).toMatchObject([{ usage: { output_text: 6, output_reasoning: 10 } }])
})

test('its own thinking may come back, that of others may not', async () => {
  const first = await connect().messages.create(ask('[[sim:{"reasoning":3}]]'))
  const again = (content: Anthropic.ContentBlockParam[]) =>
    connect().messages.create({
      ...ask('Hi'),
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content },
        { role: 'user', content: 'And?' },
      ],
    })
  await expect(again(first.content as Anthropic.ContentBlockParam[])).resolves.toBeDefined()
  await expect(again([{ type: 'thinking', thinking: 'x', signature: 'Cu8BAdHtim9' }])).rejects.toMatchObject({
    status: 400,
  })
})

test('a tool is called with an input that follows its schema, streamed or not', async () => {
  const body = { ...ask('Weather? [[sim:{"tool":"get_weather"}]]'), tools }
  const whole = await connect().messages.create(body)
  const streamed = await connect().messages.stream(body).finalMessage()
  expect(whole).toMatchObject({
    stop_reason: 'tool_use',
    content: [{ type: 'tool_use', name: 'get_weather', input: { city: expect.any(String) } }],
  })
  expect(streamed.content).toEqual(whole.content)
})

test('a forced tool is called without a directive', async () => {
  const message = await connect().messages.create({ ...ask('Weather?'), tools, tool_choice: { type: 'any' } })
  expect(message.content).toMatchObject([{ type: 'tool_use', name: 'get_weather' }])
})

test.each([
  ['no max_tokens', { model: 'c', messages: [{ role: 'user', content: 'x' }] }, /max_tokens: Field required/],
  ['a stranger', { ...ask('x'), provider: {} }, /provider: Extra inputs/],
  [
    'an empty text block',
    { ...ask('x'), messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] },
    /messages\.0\.content/,
  ],
  [
    'an open tool call',
    {
      ...ask('x'),
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'f', input: {} }] },
        { role: 'user', content: 'y' },
      ],
    },
    /toolu_1/,
  ],
  [
    'a result of nothing',
    {
      ...ask('x'),
      messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'y' }] }],
    },
    /toolu_1/,
  ],
  ['a small thinking budget', { ...ask('x'), thinking: { type: 'enabled', budget_tokens: 10 } }, /budget_tokens/],
])('a body with %s is refused in its own words', async (_name, body, sentence) => {
  const response = await post(body)
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({
    type: 'error',
    error: { type: 'invalid_request_error', message: expect.stringMatching(sentence) },
    request_id: response.headers.get('request-id'),
  })
})

test('a call needs a key and a version', async () => {
  expect((await post(ask('Hi'), { 'x-api-key': '' })).status).toBe(401)
  expect((await post(ask('Hi'), { 'x-api-key': 'key' })).status).toBe(200)
  const unversioned = await fetch(`${simulators.url}/anthropic/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': 'key' },
    body: '{}',
  })
  expect(unversioned.status).toBe(400)
  await expect(connect('invalid-key').messages.create(ask('Hi'))).rejects.toMatchObject({ status: 401 })
})

test('being overloaded is 529, before a stream and inside one', async () => {
  await expect(connect().messages.create(ask('[[sim:{"status":529}]]'))).rejects.toMatchObject({ status: 529 })
  const stream = await connect().messages.create({
    ...ask('[[sim:{"tokens":9,"error_after":2,"status":529}]]'),
    stream: true,
  })
  const failure = await Array.fromAsync(stream).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(APIError)
  expect(String(failure)).toContain('overloaded_error')
})

test('a caller who hangs up is billed what was made by then', async () => {
  const stream = connect().messages.stream(ask('[[sim:{"tokens":1000,"delay_ms":2}]]'))
  stream.on('text', () => stream.abort())
  await expect(stream.finalMessage()).rejects.toThrow()
  await expect.poll(() => simulators.books.entries()[0]?.ending).toBe('client_aborted')
  expect(simulators.books.entries()[0]?.usage.output_text).toBeLessThan(200)
})

test('tokens can be counted without generating, and are those of the bill', async () => {
  const { messages, model } = ask('How long is this?')
  const counted = await connect().messages.countTokens({ model, messages })
  expect(simulators.books.entries()).toEqual([])
  const message = await connect().messages.create(ask('How long is this?'))
  expect(message.usage.input_tokens).toBe(counted.input_tokens)
})

test('models are listed', async () => {
  const ids = (await Array.fromAsync(connect().models.list())).map((model) => model.id)
  expect(ids).toContain('claude-sonnet-5')
})
