import { ApiError, FunctionCallingConfigMode, GoogleGenAI, Type, type GenerateContentConfig } from '@google/genai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { startSimulators, type Simulators } from '../start.ts'

let simulators: Simulators
beforeAll(async () => {
  simulators = await startSimulators()
})
afterAll(() => simulators.close())
beforeEach(() => simulators.books.clear())

const connect = () => new GoogleGenAI({ apiKey: 'key', httpOptions: { baseUrl: `${simulators.url}/gemini` } })
const ask = (contents: string, config: GenerateContentConfig = {}) => ({ model: 'gemini-2.5-flash', contents, config })
const declarations = [
  {
    functionDeclarations: [
      { name: 'get_weather', parameters: { type: Type.OBJECT, properties: { city: { type: Type.STRING } } } },
    ],
  },
]
const post = (
  body: unknown,
  headers: Record<string, string> = { 'x-goog-api-key': 'key' },
  action = 'generateContent',
) =>
  fetch(`${simulators.url}/gemini/v1beta/models/gemini-2.5-flash:${action}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  })
const user = (text: string) => ({ role: 'user', parts: [{ text }] })

test('cached tokens are inside the prompt and thoughts outside the candidates, and the books agree', async () => {
  const answer = await connect().models.generateContent(ask('Hi [[sim:{"tokens":8,"cached":300,"reasoning":5}]]'))
  const [entry] = simulators.books.entries()
  const prompt = (entry?.usage.input_uncached ?? 0) + 300
  expect(answer.usageMetadata).toMatchObject({
    promptTokenCount: prompt,
    cachedContentTokenCount: 300,
    candidatesTokenCount: 8,
    thoughtsTokenCount: 5,
    totalTokenCount: prompt + 13,
  })
  expect(entry).toMatchObject({
    provider: 'gemini',
    providerRequestId: answer.responseId,
    usage: { cache_read: 300, output_text: 8, output_reasoning: 5 },
  })
})

test('every chunk of a stream carries the counts so far', async () => {
  const stream = await connect().models.generateContentStream(ask('Hi [[sim:{"tokens":4}]]'))
  const chunks = await Array.fromAsync(stream)
  expect(chunks.map((chunk) => chunk.usageMetadata?.candidatesTokenCount)).toEqual([1, 2, 3, 4, 4])
  expect(chunks.at(-1)?.candidates?.[0]?.finishReason).toBe('STOP')
  expect(simulators.books.entries()).toMatchObject([{ streamed: true, finalUsageSent: true }])
})

test('without alt=sse a stream is one JSON array', async () => {
  const response = await post({ contents: [user('Hi [[sim:{"tokens":3}]]')] }, undefined, 'streamGenerateContent')
  expect(await response.json()).toHaveLength(4)
})

test('thoughts are shown only when asked for, and counted either way', async () => {
  const hidden = await connect().models.generateContent(ask('[[sim:{"reasoning":4}]]'))
  const shown = await connect().models.generateContent(
    ask('[[sim:{"reasoning":4}]]', { thinkingConfig: { includeThoughts: true } }),
  )
  const thoughts = (answer: typeof shown) =>
    answer.candidates?.[0]?.content?.parts?.filter((part) => part.thought === true) ?? []
  expect([thoughts(hidden).length, thoughts(shown).length]).toEqual([0, 1])
  expect([hidden, shown].map((answer) => answer.usageMetadata?.thoughtsTokenCount)).toEqual([4, 4])
})

test('a function is called with signed arguments, streamed or not', async () => {
  const body = ask('Weather? [[sim:{"tool":"get_weather"}]]', { tools: declarations })
  const whole = await connect().models.generateContent(body)
  const chunks = await Array.fromAsync(await connect().models.generateContentStream(body))
  expect(whole.functionCalls).toMatchObject([{ name: 'get_weather', args: { city: expect.any(String) } }])
  expect(whole.candidates?.[0]?.content?.parts?.[0]?.thoughtSignature).toEqual(expect.any(String))
  expect(chunks.flatMap((chunk) => chunk.functionCalls ?? [])).toEqual(whole.functionCalls)
  const [first, second] = simulators.books.entries()
  expect(second?.usage).toEqual(first?.usage)
})

test('a forced function is called without a directive', async () => {
  const toolConfig = { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY } }
  const answer = await connect().models.generateContent(ask('Weather?', { tools: declarations, toolConfig }))
  expect(answer.functionCalls).toHaveLength(1)
})

test('an output limit that leaves no room gives a candidate without parts', async () => {
  const response = await post({
    contents: [user('[[sim:{"reasoning":20}]]')],
    generationConfig: { maxOutputTokens: 10 },
  })
  expect(await response.json()).toMatchObject({
    candidates: [{ content: { role: 'model' }, finishReason: 'MAX_TOKENS' }],
    usageMetadata: { thoughtsTokenCount: 10 },
  })
})

test('names may be written in snake case', async () => {
  const response = await post({
    contents: [user('[[sim:{"tokens":50}]]')],
    generation_config: { max_output_tokens: 7 },
    system_instruction: { parts: [{ text: 'x' }] },
  })
  expect(await response.json()).toMatchObject({ usageMetadata: { candidatesTokenCount: 7 } })
})

test.each([
  ['an unknown name', { contents: [user('x')], provider: {} }, /Unknown name "provider"/],
  ['an unknown setting', { contents: [user('x')], generationConfig: { max_tokens: 1 } }, /generation_config/],
  [
    'JSON Schema in parameters',
    {
      contents: [user('x')],
      tools: [{ functionDeclarations: [{ name: 'f', parameters: { type: 'object', additionalProperties: false } }] }],
    },
    /additionalProperties/,
  ],
  ['a wrong role', { contents: [{ role: 'assistant', parts: [{ text: 'x' }] }] }, /valid role/],
  ['no parts', { contents: [{ role: 'user', parts: [] }] }, /must not be empty/],
  [
    'an unanswered call',
    { contents: [user('x'), { role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] }, user('y')] },
    /function response parts/,
  ],
  [
    'a foreign signature',
    { contents: [{ role: 'model', parts: [{ text: 'x', thoughtSignature: 'EqQB' }] }, user('y')] },
    /signature/,
  ],
])('a body with %s is refused in its own words', async (_name, body, sentence) => {
  const response = await post(body)
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({
    error: { code: 400, status: 'INVALID_ARGUMENT', message: expect.stringMatching(sentence) },
  })
})

test('no key is 403 and a wrong key 400, as at Google', async () => {
  const unsigned = await post({ contents: [user('x')] }, {})
  const wrong = await post({ contents: [user('x')] }, { 'x-goog-api-key': 'invalid-key' })
  expect([unsigned.status, wrong.status]).toEqual([403, 400])
  expect(await wrong.json()).toMatchObject({ error: { details: [{ reason: 'API_KEY_INVALID' }] } })
})

test('too many requests say when to come back', async () => {
  const failure = await connect()
    .models.generateContent(ask('[[sim:{"status":429,"retry_after":3}]]'))
    .catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(ApiError)
  expect(String(failure)).toContain('"retryDelay":"3s"')
})

test('a caller who hangs up is billed the whole answer', async () => {
  const controller = new AbortController()
  const stream = await connect().models.generateContentStream(
    ask('[[sim:{"tokens":500,"delay_ms":2}]]', { abortSignal: controller.signal }),
  )
  const reading = (async () => {
    for await (const chunk of stream) if (chunk.text !== '') controller.abort()
  })()
  await expect(reading).rejects.toThrow()
  await expect.poll(() => simulators.books.entries()[0]?.ending).toBe('client_aborted')
  expect(simulators.books.entries()).toMatchObject([
    { billable: true, finalUsageSent: false, usage: { output_text: 500 } },
  ])
})

test('tokens are counted as they are billed', async () => {
  const { totalTokens } = await connect().models.countTokens({
    model: 'gemini-2.5-flash',
    contents: 'How long is this?',
  })
  const answer = await connect().models.generateContent(ask('How long is this?'))
  expect(answer.usageMetadata?.promptTokenCount).toBe(totalTokens)
})
