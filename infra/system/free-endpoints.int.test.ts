import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
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

  const read = async (path: string, key = tenant.key): Promise<{ readonly status: number; readonly body: unknown }> => {
    const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${key}` } })
    return { status: answer.status, body: await answer.json() }
  }

  it('a finished request is told with its cost, tokens, attempts and route, to its own organization only', async () => {
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: tenant.key, maxRetries: 0 })
    const { data, response } = await client.chat.completions
      .create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: PROMPT }] })
      .withResponse()
    const id = response.headers.get('x-generation-id') ?? ''
    await expect.poll(() => read(`/v1/generation?id=${id}`), { timeout: 20_000 }).toMatchObject({ status: 200 })
    const { body } = await read(`/v1/generation?id=${id}`)
    const { cost } = data.usage as unknown as { readonly cost: number }
    expect(body).toMatchObject({
      data: {
        id,
        status: 'finished',
        endpoint: 'chat.completions',
        format: 'openai-chat',
        model: 'gpt-4o-mini',
        provider: 'openai',
        outcome: 'ok',
        cost,
        cost_details: { list_price: cost, billed: cost, absorbed: 0, absorbed_reason: null },
        usage: {
          units: { input_uncached: data.usage?.prompt_tokens, output_text: 9 },
          source: 'provider_final',
        },
        latency_ms: expect.any(Number),
        attempts: [{ attempt: 1, provider: 'openai', outcome: 'ok' }],
        route: expect.arrayContaining([expect.objectContaining({ result: 'served', provider: 'openai' })]),
      },
    })
    expect(JSON.stringify(body)).not.toContain('How long')
    // Recent and not the stranger's: it may yet be on its way, as for an id that nobody has.
    const foreign = await read(`/v1/generation?id=${id}`, stranger.key)
    const random = await read(`/v1/generation?id=${id.slice(0, -4)}0000`, stranger.key)
    expect([foreign.status, random.status]).toEqual([202, 202])
    expect(Object.keys(foreign.body as object)).toEqual(Object.keys(random.body as object))
  }, 60_000)

  it('a generation that can be none is not found, one without an id not asked for', async () => {
    expect((await read('/v1/generation?id=017f22e2-79b0-7cc3-98c4-dc0c0c07398f')).status).toBe(404)
    expect((await read('/v1/generation?id=anything')).status).toBe(404)
    expect((await read('/v1/generation')).status).toBe(400)
    expect((await fetch(`${url}/v1/generation?id=x`)).status).toBe(401)
  })

  it('a route is planned without being taken: who, for what price, and who not', async () => {
    const simulated = await post('/v1/route/simulate', {
      model: 'llama-3.3-70b',
      messages: [{ role: 'user', content: 'hi' }],
      provider: { ignore: ['groq'] },
      top_k: 5,
    })
    expect(simulated.status).toBe(200)
    expect(await simulated.json()).toMatchObject({
      object: 'route.simulation',
      format: 'openai-chat',
      refused: null,
      candidates: expect.arrayContaining([
        expect.objectContaining({
          position: 1,
          health: 'closed',
          account: 'platform',
          converted: false,
          cannot: null,
          price: expect.objectContaining({ input_uncached: expect.anything() }),
          expected_cost: expect.stringMatching(/^0\.0/),
        }),
      ]),
      skipped: expect.arrayContaining([expect.objectContaining({ provider: 'groq' })]),
    })
  })

  it('a planned route says what a candidate cannot carry out, in every format', async () => {
    const plan = async (body: object): Promise<unknown> => (await post('/v1/route/simulate', body)).json()
    expect(await plan({ model: 'claude-sonnet-5', input: 'x', tools: [{ type: 'web_search' }] })).toMatchObject({
      format: 'openai-responses',
      candidates: expect.arrayContaining([
        expect.objectContaining({ cannot: expect.objectContaining({ code: 'unsupported_parameter' }) }),
      ]),
    })
    expect(await plan({ model: 'gpt-4o-mini', contents: [{ parts: [{ text: 'x' }] }] })).toMatchObject({
      format: 'gemini',
      candidates: expect.arrayContaining([
        expect.objectContaining({ upstream_format: 'openai-chat', converted: true }),
      ]),
    })
    expect(await plan({ model: 'gpt-4o-mini', input: 'x', previous_response_id: 'resp_none' })).toMatchObject({
      candidates: [],
      refused: { code: 'response_not_kept' },
    })
    expect((await post('/v1/route/simulate', { model: 'gpt-4o-mini' })).status).toBe(400)
  })

  it('and none of all that left a usage row but the answers that were given', async () => {
    const { rows } = await system.owner.query<{ endpoint: string; outcome: string }>(
      'SELECT DISTINCT endpoint, outcome FROM usage_event WHERE org_id = $1 ORDER BY endpoint',
      [tenant.orgId],
    )
    expect(rows).toEqual(['chat.completions', 'messages', 'responses'].map((endpoint) => ({ endpoint, outcome: 'ok' })))
  })
})
