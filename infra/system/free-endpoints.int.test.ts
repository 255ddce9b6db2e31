import Anthropic from '@anthropic-ai/sdk'
import OpenAI, { APIError } from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSystem, type RunningSystem } from './start-system.ts'
import { createTenant, type SeededTenant } from './tenant.ts'

const PROMPT = 'How long is this question, told in tokens? [[sim:{"tokens":9}]]'
const AT_EACH = ['claude-sonnet-5', 'gemini-2.5-flash', 'gpt-4o-mini', 'deepseek-chat'] as const

describe('what is asked without being answered', () => {
  let system: RunningSystem
  let tenant: SeededTenant
  let stranger: SeededTenant
  let anthropic: Anthropic
  let url: string
  beforeAll(async () => {
    system = await startSystem()
    tenant = await createTenant(system.owner, { name: 'counting' })
    stranger = await createTenant(system.owner, { name: 'strangers' })
    url = system.proxyUrls[0] ?? ''
    anthropic = new Anthropic({ baseURL: url, apiKey: tenant.key, maxRetries: 0 })
  }, 90_000)
  afterAll(() => system.stop())

  const post = (path: string, body: object, key = tenant.key) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })

  it.each(AT_EACH)('Anthropic’s client has the input of a request to %s counted', async (model) => {
    const question = { model, messages: [{ role: 'user' as const, content: PROMPT }] }
    const counted = await anthropic.messages.countTokens(question).withResponse()
    const by = counted.response.headers.get('x-atpar-token-count')
    if (model === 'deepseek-chat') {
      expect(by).toBe('estimate')
      expect(counted.data).toMatchObject({ input_tokens: expect.any(Number), estimated: true })
      expect(counted.data.input_tokens).toBeGreaterThan(5)
      return
    }
    expect(by).toMatch(/^(anthropic|gemini|openai)$/)
    expect(counted.data).not.toHaveProperty('estimated')
    const answered = await anthropic.messages.create({ ...question, max_tokens: 100 })
    expect(counted.data.input_tokens).toBeGreaterThanOrEqual(answered.usage.input_tokens - 5)
  })

  it('counts what a request with thinking and tools would send', async () => {
    const tools = [{ name: 'get_weather', input_schema: { type: 'object' as const, properties: {} } }]
    const question = { model: 'claude-sonnet-5', messages: [{ role: 'user' as const, content: PROMPT }] }
    const plain = await anthropic.messages.countTokens(question)
    const more = await anthropic.messages.countTokens({
      ...question,
      tools,
      thinking: { type: 'enabled', budget_tokens: 2_000 },
    })
    expect(more.input_tokens).toBeGreaterThan(plain.input_tokens)
  })

  it('counts for Google’s and OpenAI’s callers in their words', async () => {
    const contents = [{ role: 'user', parts: [{ text: PROMPT }] }]
    const google = await post('/v1beta/models/gemini-2.5-flash:countTokens', { contents })
    expect(await google.json()).toMatchObject({ totalTokens: expect.any(Number) })
    const wrapped = await post('/v1beta/models/gemini-2.5-flash:countTokens', {
      generateContentRequest: { model: 'models/gemini-2.5-flash', contents },
    })
    expect(wrapped.status).toBe(200)
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: tenant.key, maxRetries: 0 })
    const { input_tokens: tokens } = await client.responses.inputTokens.count({ model: 'gpt-4o-mini', input: PROMPT })
    expect(tokens).toBe((await client.responses.create({ model: 'gpt-4o-mini', input: PROMPT })).usage?.input_tokens)
  })

  it('is refused like the request itself: no key, an unknown model, a body that is none', async () => {
    const path = '/v1/messages/count_tokens'
    const messages = [{ role: 'user', content: 'hi' }]
    expect((await fetch(`${url}${path}`, { method: 'POST', body: '{}' })).status).toBe(401)
    expect((await post(path, { model: 'no-such-model', messages })).status).toBe(404)
    expect((await post(path, { model: 'claude-sonnet-5', messages: [] })).status).toBe(400)
  })
})
