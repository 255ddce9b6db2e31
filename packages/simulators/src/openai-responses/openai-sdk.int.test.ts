import OpenAI, { APIError } from 'openai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { startSimulators, type Simulators } from '../start.ts'

let simulators: Simulators
let client: OpenAI
beforeAll(async () => {
  simulators = await startSimulators()
  client = new OpenAI({ baseURL: `${simulators.url}/openai/v1`, apiKey: 'key', maxRetries: 0 })
})
afterAll(() => simulators.close())
beforeEach(() => simulators.books.clear())

const weather = {
  type: 'function' as const,
  name: 'get_weather',
  strict: false,
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}
const refusal = async (call: Promise<unknown>): Promise<unknown> => {
  const error: unknown = await call.then(() => undefined).catch((thrown: unknown) => thrown)
  return error instanceof APIError ? [error.status, error.code] : error
}

test('an answer has the tokens it was told to have, and the books agree with its usage', async () => {
  const answer = await client.responses.create({
    model: 'gpt-5',
    input: 'Hello [[sim:{"tokens":40,"cached":1200,"reasoning":64}]]',
    reasoning: { summary: 'auto' },
    include: ['reasoning.encrypted_content'],
  })
  expect(answer.output.map(({ type }) => type)).toEqual(['reasoning', 'message'])
  expect(answer.output[0]).toMatchObject({ summary: [{ type: 'summary_text' }], encrypted_content: expect.any(String) })
  expect(answer).toMatchObject({
    status: 'completed',
    usage: {
      output_tokens: 104,
      input_tokens_details: { cached_tokens: 1200 },
      output_tokens_details: { reasoning_tokens: 64 },
    },
  })
  const [entry] = simulators.books.entries()
  expect(entry).toMatchObject({ billable: true, usage: { cache_read: 1200, output_text: 40, output_reasoning: 64 } })
})

test('the stream helper puts the same answer together from its events, calls included', async () => {
  const stream = client.responses.stream({
    model: 'gpt-5',
    input: 'Weather? [[sim:{"tool":"get_weather","reasoning":8}]]',
    tools: [weather],
    reasoning: { summary: 'auto' },
  })
  const types = new Set<string>()
  stream.on('event', ({ type }) => types.add(type))
  const answer = await stream.finalResponse()
  expect(answer.output.map(({ type }) => type)).toEqual(['reasoning', 'function_call'])
  expect(types).toContain('response.reasoning_summary_text.delta')
  expect(types).toContain('response.function_call_arguments.delta')
  expect(simulators.books.entries()[0]).toMatchObject({ finalUsageSent: true, ending: 'complete' })
})

test('an answer goes on from one that is kept, and reads again what was said there', async () => {
  const first = await client.responses.create({ model: 'gpt-5', input: `Remember: ${'plum '.repeat(200)}` })
  const next = await client.responses.create({ model: 'gpt-5', input: 'What?', previous_response_id: first.id })
  expect(next.usage?.input_tokens).toBeGreaterThan(first.usage?.input_tokens ?? Infinity)
  const [message] = first.output
  const referred = await client.responses.create({
    model: 'gpt-5',
    input: [
      { type: 'item_reference', id: message?.id ?? '' },
      { role: 'user', content: 'What?' },
    ],
  })
  expect(referred.status).toBe('completed')
  expect(
    await refusal(client.responses.create({ model: 'gpt-5', input: 'hi', previous_response_id: 'resp_none' })),
  ).toEqual([400, 'previous_response_not_found'])
})

test('what is kept can be read and deleted; what was not to be kept cannot', async () => {
  const kept = await client.responses.create({ model: 'gpt-5', input: 'hi' })
  expect((await client.responses.retrieve(kept.id)).output_text).toBe(kept.output_text)
  expect((await client.responses.inputItems.list(kept.id)).data).toMatchObject([{ role: 'user', content: 'hi' }])
  await client.responses.delete(kept.id)
  expect(await refusal(client.responses.retrieve(kept.id))).toEqual([404, 'not_found'])
  const forgotten = await client.responses.create({ model: 'gpt-5', input: 'hi', store: false })
  expect(await refusal(client.responses.retrieve(forgotten.id))).toEqual([404, 'not_found'])
})

test('what OpenAI refuses is refused by name', async () => {
  const ask = (extra: object) => refusal(client.responses.create({ model: 'gpt-5', input: 'hi', ...extra }))
  expect(await ask({ provider: {} })).toEqual([400, 'unknown_parameter'])
  expect(await ask({ max_output_tokens: 3 })).toEqual([400, 'invalid_value'])
  expect(await ask({ input: [{ type: 'function_call_output', call_id: 'call_1', output: 'x' }] })).toEqual([400, null])
})

test('input is counted without making an answer', async () => {
  const { input_tokens } = await client.responses.inputTokens.count({ model: 'gpt-5', input: 'three little words' })
  const answer = await client.responses.create({ model: 'gpt-5', input: 'three little words' })
  expect(answer.usage?.input_tokens).toBe(input_tokens)
  expect(simulators.books.entries()).toHaveLength(1)
})
