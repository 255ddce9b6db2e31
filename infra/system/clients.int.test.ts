import Anthropic from '@anthropic-ai/sdk'
import OpenAI, { APIError } from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FAMILIES } from './families.ts'
import { waitUntilSettled } from './settled.ts'
import { startSystem, type RunningSystem } from './start-system.ts'
import { createTenant, type SeededTenant } from './tenant.ts'

const MODELS = FAMILIES
const TOKENS = 9
const PROMPT = `Say something nice. [[sim:{"tokens":${TOKENS}}]]`

describe('official clients, by changing only the base URL and the model', () => {
  let system: RunningSystem
  let tenant: SeededTenant
  let openai: OpenAI
  let anthropic: Anthropic
  beforeAll(async () => {
    system = await startSystem()
    tenant = await createTenant(system.owner, { name: 'clients' })
    const [proxyUrl] = system.proxyUrls
    openai = new OpenAI({ baseURL: `${proxyUrl}/v1`, apiKey: tenant.key })
    anthropic = new Anthropic({ baseURL: proxyUrl ?? '', apiKey: tenant.key })
  }, 90_000)
  afterAll(() => system.stop())

  it.each(MODELS)('openai gets a whole answer from %s with the right usage and cost', async (model) => {
    const answer = await openai.chat.completions.create({ model, messages: [{ role: 'user', content: PROMPT }] })
    expect(answer.choices[0]?.message.content?.length).toBeGreaterThan(10)
    expect(answer.choices[0]?.finish_reason).toBe('stop')
    expect(answer.usage?.completion_tokens).toBe(TOKENS)
    expect(answer.usage?.total_tokens).toBe((answer.usage?.prompt_tokens ?? 0) + TOKENS)
    expect(answer.usage).toHaveProperty('cost', expect.any(Number))
  })

  it.each(MODELS)('openai gets a streamed answer from %s, with usage because it asked', async (model) => {
    const stream = await openai.chat.completions.create({
      model,
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: 'user', content: PROMPT }],
    })
    let text = ''
    let finish: string | null = null
    let completionTokens: number | undefined
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      finish = chunk.choices[0]?.finish_reason ?? finish
      completionTokens = chunk.usage?.completion_tokens ?? completionTokens
    }
    expect(text.length).toBeGreaterThan(10)
    expect(finish).toBe('stop')
    expect(completionTokens).toBe(TOKENS)
  })

  it('sends no usage chunk to a client that did not ask for one', async () => {
    const stream = await openai.chat.completions.create({
      model: 'gpt-4o-mini',
      stream: true,
      messages: [{ role: 'user', content: PROMPT }],
    })
    for await (const chunk of stream) expect(chunk.choices.length).toBe(1)
  })

  it.each(MODELS)('anthropic gets a whole answer from %s through /v1/messages', async (model) => {
    const answer = await anthropic.messages.create({
      model,
      max_tokens: 100,
      messages: [{ role: 'user', content: PROMPT }],
    })
    expect(answer.content[0]).toMatchObject({ type: 'text', text: expect.stringMatching(/\w{3}/) })
    expect(answer.usage.output_tokens).toBe(TOKENS)
    expect(answer.stop_reason).toBe('end_turn')
  })

  it.each(MODELS)('anthropic gets a streamed answer from %s', async (model) => {
    const final = await anthropic.messages
      .stream({ model, max_tokens: 100, messages: [{ role: 'user', content: PROMPT }] })
      .finalMessage()
    expect(final.content[0]).toMatchObject({ type: 'text', text: expect.stringMatching(/\w{3}/) })
    expect(final.usage.output_tokens).toBe(TOKENS)
  })

  it.each(MODELS)('openai gets a tool call from %s with arguments that parse', async (model) => {
    const answer = await openai.chat.completions.create({
      model,
      messages: [{ role: 'user', content: 'Weather in Oslo? [[sim:{"tool":"get_weather"}]]' }],
      tools: [
        {
          type: 'function',
          function: {
            name: 'get_weather',
            parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
          },
        },
      ],
    })
    const call = answer.choices[0]?.message.tool_calls?.[0]
    expect(answer.choices[0]?.finish_reason).toBe('tool_calls')
    if (call?.type !== 'function') throw new Error('no function call came')
    expect(call.function.name).toBe('get_weather')
    expect(call.id).not.toBe('')
    expect(JSON.parse(call.function.arguments)).toHaveProperty('city')
  })

  it("lists the models this installation reaches, in both clients' shapes", async () => {
    const openaiModels = await openai.models.list()
    expect(openaiModels.data.length).toBeGreaterThan(100)
    expect(openaiModels.data.map((model) => model.id)).toEqual(expect.arrayContaining([...MODELS]))
    const anthropicModels: string[] = []
    for await (const model of anthropic.models.list()) anthropicModels.push(model.id)
    expect(anthropicModels.toSorted()).toEqual(openaiModels.data.map((model) => model.id).toSorted())
  })

  it.each([
    { what: 'an unknown model', model: 'no-such-model', key: '', status: 404, code: 'unknown_model' },
    { what: 'an unknown key', model: 'gpt-4o-mini', key: 'atpar_test_nobodyknows_x', status: 401, code: 'unknown_key' },
  ])('says $what in a way the client understands', async ({ model, key, status, code }) => {
    const client = key === '' ? openai : new OpenAI({ baseURL: `${system.proxyUrls[0]}/v1`, apiKey: key })
    const error = await client.chat.completions
      .create({ model, messages: [{ role: 'user', content: 'x' }] })
      .catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(APIError)
    expect(error).toMatchObject({ status, code })
  })

  it("billed every one of those calls once, from the providers' final counts", async () => {
    await waitUntilSettled(system)
    const { rows } = await system.owner.query<{ outcome: string; usage_source: string; count: string }>(
      `SELECT outcome, usage_source, count(*)::text AS count FROM usage_event WHERE org_id = $1 GROUP BY 1, 2`,
      [tenant.orgId],
    )
    expect(rows).toEqual([{ outcome: 'ok', usage_source: 'provider_final', count: String(MODELS.length * 5 + 1) }])
  }, 30_000)
})
