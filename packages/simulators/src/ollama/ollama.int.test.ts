import { Ollama } from 'ollama'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { startSimulators, type Simulators } from '../start.ts'

let simulators: Simulators
beforeAll(async () => {
  simulators = await startSimulators()
})
afterAll(() => simulators.close())
beforeEach(() => simulators.books.clear())

const post = (path: string, body: unknown, signal?: AbortSignal) =>
  fetch(`${simulators.url}/ollama${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  })
const ask = (content: string) => ({ model: 'llama3.2', messages: [{ role: 'user', content }] })

test('a chat streams unless told not to, one JSON object a line, the counts in the last', async () => {
  const response = await post('/api/chat', ask('Hi [[sim:{"tokens":5}]]'))
  const lines = (await response.text())
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
  expect(response.headers.get('content-type')).toBe('application/x-ndjson')
  expect(lines).toHaveLength(6)
  expect(lines[0]).toMatchObject({
    model: 'llama3.2',
    message: { role: 'assistant', content: expect.any(String) },
    done: false,
  })
  const [entry] = simulators.books.entries()
  expect(lines.at(-1)).toMatchObject({
    done: true,
    done_reason: 'stop',
    eval_count: 5,
    prompt_eval_count: entry?.usage.input_uncached,
  })
  expect(entry).toMatchObject({ provider: 'ollama', finalUsageSent: true, usage: { output_text: 5 } })
})

test('a whole answer has the tools it calls with their arguments as objects', async () => {
  const tools = [
    {
      type: 'function',
      function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
    },
  ]
  const response = await post('/api/chat', { ...ask('[[sim:{"tool":"get_weather"}]]'), tools, stream: false })
  expect(await response.json()).toMatchObject({
    done: true,
    message: { tool_calls: [{ function: { name: 'get_weather', arguments: { city: expect.any(String) } } }] },
  })
})

test('generate answers a bare prompt, within its limit', async () => {
  const response = await post('/api/generate', {
    model: 'llama3.2',
    prompt: '[[sim:{"tokens":30}]]',
    stream: false,
    options: { num_predict: 8 },
  })
  expect(await response.json()).toMatchObject({ response: expect.any(String), done_reason: 'length', eval_count: 8 })
})

test('thinking is shown apart and counted with the rest', async () => {
  const response = await post('/api/chat', { ...ask('[[sim:{"tokens":3}]]'), think: true, stream: false })
  expect(await response.json()).toMatchObject({ message: { thinking: expect.any(String) }, eval_count: 35 })
  expect(simulators.books.entries()).toMatchObject([{ usage: { output_text: 35, output_reasoning: 0 } }])
})

test('an error is one sentence, before a stream and inside one', async () => {
  const missing = await post('/api/chat', { ...ask('Hi'), model: 'missing-one' })
  expect([missing.status, await missing.json()]).toEqual([404, { error: expect.stringContaining('missing-one') }])
  const broken = await (await post('/api/chat', ask('[[sim:{"tokens":9,"error_after":2}]]'))).text()
  expect(JSON.parse(broken.trimEnd().split('\n').at(-1) ?? '')).toEqual({ error: expect.any(String) })
})

test('a caller who hangs up stops it', async () => {
  const controller = new AbortController()
  const response = await post('/api/chat', ask('[[sim:{"tokens":1000,"delay_ms":2}]]'), controller.signal)
  await response.body?.getReader().read()
  controller.abort()
  await expect.poll(() => simulators.books.entries()[0]?.ending).toBe('client_aborted')
  expect(simulators.books.entries()[0]?.usage.output_text).toBeLessThan(200)
})

test('models and version are told to anyone', async () => {
  const get = async (path: string): Promise<unknown> => (await fetch(`${simulators.url}/ollama${path}`)).json()
  expect(await get('/api/tags')).toMatchObject({
    models: [{ name: expect.any(String), size: expect.any(Number) }, {}, {}],
  })
  expect(await get('/api/version')).toEqual({ version: expect.any(String) })
})

test('Ollama’s own client reads an answer and a stream', async () => {
  const client = new Ollama({ host: `${simulators.url}/ollama` })
  const question = ask('Hi [[sim:{"tokens":5}]]')
  expect((await client.chat(question)).eval_count).toBe(5)
  let text = ''
  for await (const part of await client.chat({ ...question, stream: true })) text += part.message.content
  expect(text.length).toBeGreaterThan(5)
})
