import OpenAI, { APIConnectionError, APIError } from 'openai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { startSimulators, type Simulators } from '../start.ts'

let simulators: Simulators
beforeAll(async () => {
  simulators = await startSimulators()
})
afterAll(() => simulators.close())
beforeEach(() => {
  simulators.books.clear()
  simulators.faults.clear()
})

const connect = (path = '/openai/v1', apiKey = 'key') =>
  new OpenAI({ baseURL: simulators.url + path, apiKey, maxRetries: 0 })
const ask = (content: string) => ({ model: 'gpt-4o', messages: [{ role: 'user' as const, content }] })
const weather = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
}

test('an answer has the tokens it was told to have, and the books agree with its usage', async () => {
  const answer = await connect().chat.completions.create(
    ask('Hello [[sim:{"tokens":40,"cached":1200,"reasoning":64}]]'),
  )
  expect(answer.choices[0]?.finish_reason).toBe('stop')
  expect(answer.usage).toMatchObject({
    completion_tokens: 104,
    prompt_tokens_details: { cached_tokens: 1200 },
    completion_tokens_details: { reasoning_tokens: 64 },
  })
  const [entry] = simulators.books.entries()
  expect(entry).toMatchObject({
    provider: 'openai',
    model: 'gpt-4o',
    ending: 'complete',
    billable: true,
    finalUsageSent: true,
    streamed: false,
  })
  expect(entry?.usage).toMatchObject({ cache_read: 1200, output_text: 40, output_reasoning: 64 })
  expect(answer.usage?.prompt_tokens).toBe((entry?.usage.input_uncached ?? 0) + 1200)
})

test('a stream has one chunk a token and a closing usage chunk when asked for it', async () => {
  const stream = await connect().chat.completions.create({
    ...ask('Hi [[sim:{"tokens":12}]]'),
    stream: true,
    stream_options: { include_usage: true },
  })
  const chunks = await Array.fromAsync(stream)
  const texts = chunks.flatMap((chunk) => chunk.choices[0]?.delta.content ?? []).filter((text) => text !== '')
  expect(texts).toHaveLength(12)
  expect(chunks.at(0)?.choices[0]?.delta).toMatchObject({ role: 'assistant', content: '' })
  expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop')
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 12 } })
  expect(simulators.books.entries()).toMatchObject([{ streamed: true, ending: 'complete', finalUsageSent: true }])
})

test('a stream that was not asked for usage has none, and the books say that no final count went out', async () => {
  const stream = await connect().chat.completions.create({ ...ask('Hi'), stream: true })
  const chunks = await Array.fromAsync(stream)
  expect(chunks.every((chunk) => chunk.choices.length === 1 && chunk.usage === undefined)).toBe(true)
  expect(simulators.books.entries()).toMatchObject([{ ending: 'complete', billable: true, finalUsageSent: false }])
})

test('streamed and whole answers to the same request are the same text', async () => {
  const whole = await connect().chat.completions.create(ask('Tell me something.'))
  const stream = await connect().chat.completions.create({ ...ask('Tell me something.'), stream: true })
  const pieces = (await Array.fromAsync(stream)).map((chunk) => chunk.choices[0]?.delta.content ?? '')
  expect(pieces.join('')).toBe(whole.choices[0]?.message.content)
})

test('a called tool comes with arguments that follow its schema, streamed or not', async () => {
  const body = { ...ask('Weather? [[sim:{"tool":"get_weather"}]]'), tools: [weather] }
  const whole = await connect().chat.completions.create(body)
  const call = whole.choices[0]?.message.tool_calls?.[0]
  const text = call?.type === 'function' ? call.function.arguments : ''
  expect(whole.choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } })
  expect(JSON.parse(text)).toEqual({ city: expect.any(String) })

  const final = await connect().chat.completions.stream(body).finalChatCompletion()
  expect(final.choices[0]?.message.tool_calls).toMatchObject([
    { id: call?.id, function: { name: 'get_weather', arguments: text } },
  ])
})

test('several tools are called at once, and a tool without parameters gets an empty object', async () => {
  const body = {
    ...ask('[[sim:{"tool":["get_weather","now"]}]]'),
    tools: [
      weather,
      { type: 'function' as const, function: { name: 'now', parameters: { type: 'object', properties: {} } } },
    ],
  }
  const final = await connect().chat.completions.stream(body).finalChatCompletion()
  const calls = final.choices[0]?.message.tool_calls ?? []
  expect(calls.map((call) => call.type === 'function' && call.function.name)).toEqual(['get_weather', 'now'])
  expect(calls[1]).toMatchObject({ function: { arguments: '{}' } })
})

test('the output limit cuts the answer and is never passed', async () => {
  const answer = await connect().chat.completions.create({
    ...ask('[[sim:{"tokens":50,"reasoning":5}]]'),
    max_completion_tokens: 20,
  })
  expect(answer.choices[0]?.finish_reason).toBe('length')
  expect(answer.usage?.completion_tokens).toBe(20)
})

test('several choices are billed together and streamed in turns', async () => {
  const body = { ...ask('[[sim:{"tokens":6}]]'), n: 3 }
  const whole = await connect().chat.completions.create(body)
  expect(whole.choices.map((choice) => choice.index)).toEqual([0, 1, 2])
  expect(whole.usage?.completion_tokens).toBe(18)
  const stream = await connect().chat.completions.create({ ...body, stream: true })
  const chunks = await Array.fromAsync(stream)
  expect(new Set(chunks.map((chunk) => chunk.choices[0]?.index))).toEqual(new Set([0, 1, 2]))
})

test('structured output follows its schema', async () => {
  const schema = { type: 'object', properties: { total: { type: 'integer' } } }
  const answer = await connect().chat.completions.create({
    ...ask('Sum it up.'),
    response_format: { type: 'json_schema', json_schema: { name: 'sum', schema } },
  })
  expect(JSON.parse(answer.choices[0]?.message.content ?? '')).toEqual({ total: expect.any(Number) })
})

test("a gateway's own vocabulary does not slip through", async () => {
  const body = { ...ask('Hi'), provider: { order: ['x'] } }
  await expect(connect().chat.completions.create(body)).rejects.toMatchObject({
    status: 400,
    message: expect.stringContaining('provider'),
  })
  await expect(connect('/groq/openai/v1').chat.completions.create(body)).rejects.toMatchObject({ status: 400 })
  simulators.books.clear()
  await connect('/deepseek/v1').chat.completions.create(body)
  expect(simulators.books.entries()).toMatchObject([{ unknownFields: ['provider'] }])
})

test.each([
  [
    'an unanswered tool call',
    [
      { role: 'assistant', tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }] },
      { role: 'user', content: 'x' },
    ],
  ],
  ['an answer to nothing', [{ role: 'tool', tool_call_id: 'c', content: 'x' }]],
  ['a wrong role', [{ role: 'model', content: 'x' }]],
  ['no message', []],
])('a history with %s is refused', async (_name, messages) => {
  const response = await fetch(`${simulators.url}/openai/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer key', 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4o', messages }),
  })
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error', message: expect.any(String) } })
})

test('an error has the status that was asked for, its Retry-After, and bills nothing', async () => {
  const failure = await connect()
    .chat.completions.create(ask('[[sim:{"status":429,"retry_after":7}]]'))
    .catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(APIError)
  expect(failure).toMatchObject({ status: 429, code: 'rate_limit_exceeded' })
  expect(failure instanceof APIError && failure.headers?.get('retry-after')).toBe('7')
  expect(simulators.books.entries()).toMatchObject([
    { status: 429, ending: 'error', billable: false, usage: { input_uncached: 0, output_text: 0 } },
  ])
})

test('a call without a key, with a refused key, or for a missing model fails in the format of the provider', async () => {
  const unsigned = await fetch(`${simulators.url}/openai/v1/chat/completions`, { method: 'POST', body: '{}' })
  expect(unsigned.status).toBe(401)
  await expect(connect('/openai/v1', 'invalid-key').chat.completions.create(ask('Hi'))).rejects.toMatchObject({
    status: 401,
    code: 'invalid_api_key',
  })
  await expect(connect().chat.completions.create({ ...ask('Hi'), model: 'missing-one' })).rejects.toMatchObject({
    status: 404,
    code: 'model_not_found',
  })
})

test('the books carry the ids of both sides', async () => {
  const { response } = await connect()
    .chat.completions.create(ask('Hi'), { headers: { 'x-client-request-id': 'mine-1' } })
    .withResponse()
  expect(simulators.books.entries()).toMatchObject([
    { callerRequestId: 'mine-1', providerRequestId: response.headers.get('x-request-id') },
  ])
})

test('a caller who hangs up is billed what was made by then, where the provider stops', async () => {
  const stream = await connect().chat.completions.create({
    ...ask('[[sim:{"tokens":1000,"delay_ms":2}]]'),
    stream: true,
  })
  let seen = 0
  for await (const chunk of stream) {
    if ((chunk.choices[0]?.delta.content ?? '') !== '') seen += 1
    if (seen === 10) break
  }
  await expect.poll(() => simulators.books.entries()[0]?.ending).toBe('client_aborted')
  const [entry] = simulators.books.entries()
  expect(entry).toMatchObject({ billable: true, finalUsageSent: false })
  expect(entry?.usage.input_uncached).toBeGreaterThan(0)
  expect(entry?.usage.output_text).toBeGreaterThanOrEqual(10)
  expect(entry?.usage.output_text).toBeLessThan(200)
})

test('a caller who hangs up is billed the whole answer, where the provider runs on', async () => {
  const stream = await connect('/deepseek/v1').chat.completions.create({
    ...ask('[[sim:{"tokens":1000,"delay_ms":2}]]'),
    stream: true,
  })
  for await (const chunk of stream) if ((chunk.choices[0]?.delta.content ?? '') !== '') break
  await expect.poll(() => simulators.books.entries()[0]?.ending).toBe('client_aborted')
  expect(simulators.books.entries()).toMatchObject([{ billable: true, usage: { output_text: 1000 } }])
})

test('a caller who gives up on a whole answer is billed what was made by then', async () => {
  const controller = new AbortController()
  setTimeout(() => controller.abort(), 60)
  const call = connect().chat.completions.create(ask('[[sim:{"tokens":1000,"delay_ms":2}]]'), {
    signal: controller.signal,
  })
  await expect(call).rejects.toThrow()
  await expect.poll(() => simulators.books.entries()[0]?.ending).toBe('client_aborted')
  expect(simulators.books.entries()[0]?.usage.output_text).toBeLessThan(1000)
})

test('a hang before the first byte bills nothing', async () => {
  const call = connect().chat.completions.create(ask('[[sim:{"hang":"before"}]]'), { timeout: 80 })
  await expect(call).rejects.toBeInstanceOf(APIConnectionError)
  await expect.poll(() => simulators.books.entries()[0]?.ending).toBe('client_aborted')
  expect(simulators.books.entries()).toMatchObject([{ billable: false, status: null }])
})

test('a hang in the middle stops after half of the tokens', async () => {
  const controller = new AbortController()
  const stream = await connect().chat.completions.create(
    { ...ask('[[sim:{"tokens":20,"hang":"mid"}]]'), stream: true },
    { signal: controller.signal },
  )
  let seen = 0
  for await (const chunk of stream) {
    if ((chunk.choices[0]?.delta.content ?? '') !== '') seen += 1
    if (seen === 10) setTimeout(() => controller.abort(), 30)
  }
  expect(seen).toBe(10)
  await expect
    .poll(() => simulators.books.entries()[0])
    .toMatchObject({ ending: 'client_aborted', usage: { output_text: 10 } })
})

test('a truncated stream ends without its closing events and bills what was sent', async () => {
  const stream = await connect().chat.completions.create({
    ...ask('[[sim:{"tokens":30,"truncate_after":10}]]'),
    stream: true,
  })
  const chunks = await Array.fromAsync(stream)
  expect(chunks.some((chunk) => chunk.choices[0]?.finish_reason !== null)).toBe(false)
  expect(simulators.books.entries()).toMatchObject([
    { ending: 'truncated', billable: true, usage: { output_text: 10 } },
  ])
})

test('a reset connection breaks the call: unbilled before the first byte, billed so far after it', async () => {
  await expect(connect().chat.completions.create(ask('[[sim:{"reset_after":0}]]'))).rejects.toBeInstanceOf(
    APIConnectionError,
  )
  expect(simulators.books.entries()).toMatchObject([{ ending: 'error', billable: false }])
  simulators.books.clear()
  const stream = await connect().chat.completions.create({
    ...ask('[[sim:{"tokens":30,"delay_ms":1,"reset_after":10}]]'),
    stream: true,
  })
  await expect(Array.fromAsync(stream)).rejects.toThrow()
  expect(simulators.books.entries()).toMatchObject([{ ending: 'truncated', usage: { output_text: 10 } }])
})

test('an error in the middle of a stream comes in-band', async () => {
  const stream = await connect().chat.completions.create({
    ...ask('[[sim:{"tokens":30,"error_after":3,"status":503}]]'),
    stream: true,
  })
  await expect(Array.fromAsync(stream)).rejects.toBeInstanceOf(APIError)
  expect(simulators.books.entries()).toMatchObject([{ ending: 'error', billable: true, usage: { output_text: 3 } }])
})

test('a malformed body is not JSON, and neither is the first event of a malformed stream', async () => {
  const post = (stream: boolean) =>
    fetch(`${simulators.url}/openai/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer key' },
      body: JSON.stringify({ ...ask('[[sim:{"malformed":true}]]'), stream }),
    }).then((response) => response.text())
  const whole = await post(false)
  const [event] = (await post(true)).split('\n\n')
  expect(() => JSON.parse(whole)).toThrow(SyntaxError)
  expect(() => JSON.parse(event?.replace('data: ', '') ?? '{}')).toThrow(SyntaxError)
})

test('the SDK reads a stream cut inside its characters and at every byte', async () => {
  const read = async (extra: string) => {
    const stream = await connect().chat.completions.create({
      ...ask(`[[sim:{"tokens":18,"cut":"mid-utf8"${extra}}]]`),
      seed: 4,
      stream: true,
    })
    return (await Array.fromAsync(stream)).map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')
  }
  expect(await read('')).toMatch(/café|résumé/)
  expect(await read(',"chunk_bytes":1')).toMatch(/café|résumé/)
})

test('usage can be missing, and can come twice', async () => {
  const none = await connect().chat.completions.create(ask('[[sim:{"no_usage":true}]]'))
  expect(none.usage).toBeUndefined()
  const stream = await connect().chat.completions.create({
    ...ask('[[sim:{"usage_twice":true}]]'),
    stream: true,
    stream_options: { include_usage: true },
  })
  const chunks = await Array.fromAsync(stream)
  expect(chunks.filter((chunk) => chunk.choices.length === 0)).toHaveLength(2)
  expect(simulators.books.entries().map((entry) => entry.finalUsageSent)).toEqual([false, true])
})

test('a fault hits the next requests whatever they ask for', async () => {
  simulators.faults.add({ provider: 'openai', match: { model: 'gpt-4o' }, kind: 'status_500', times: 1 })
  await expect(connect().chat.completions.create(ask('Hi'))).rejects.toMatchObject({ status: 500 })
  await expect(connect().chat.completions.create(ask('Hi'))).resolves.toBeDefined()
})

test('each provider writes usage its own way', async () => {
  const body = {
    ...ask('[[sim:{"tokens":4,"cached":100,"reasoning":2}]]'),
    stream: true as const,
    stream_options: { include_usage: true },
  }
  const lastUsage = async (path: string) => {
    const chunks = await Array.fromAsync(await connect(path).chat.completions.create(body))
    return chunks.findLast((chunk) => chunk.usage !== undefined && chunk.usage !== null)
  }
  expect(await lastUsage('/deepseek/v1')).toMatchObject({
    choices: [{ finish_reason: 'stop' }],
    usage: { prompt_cache_hit_tokens: 100, prompt_cache_miss_tokens: expect.any(Number) },
  })
  expect(await lastUsage('/dashscope/compatible-mode/v1')).toMatchObject({
    choices: [],
    usage: { prompt_tokens_details: { cached_tokens: 100 } },
  })
  expect(await lastUsage('/groq/openai/v1')).toMatchObject({ choices: [], usage: { queue_time: expect.any(Number) } })
  const local = await lastUsage('/ollama/v1')
  expect(local?.usage).toEqual({
    prompt_tokens: expect.any(Number),
    completion_tokens: 6,
    total_tokens: expect.any(Number),
  })
  expect(simulators.books.entries().at(-1)).toMatchObject({
    provider: 'ollama',
    usage: { cache_read: 0, output_text: 6, output_reasoning: 0 },
  })
})

test('visible reasoning stands in the field of its provider, and stays hidden at OpenAI', async () => {
  const message = async (path: string) =>
    (await connect(path).chat.completions.create(ask('[[sim:{"reasoning":3}]]'))).choices[0]?.message
  expect(await message('/deepseek/v1')).toHaveProperty('reasoning_content')
  expect(await message('/groq/openai/v1')).toHaveProperty('reasoning')
  expect(Object.keys((await message('/openai/v1')) ?? {}).join()).not.toContain('reasoning')
})

test('models are listed', async () => {
  const list = await connect().models.list()
  expect(list.data.map((model) => model.id)).toContain('gpt-4o')
})
