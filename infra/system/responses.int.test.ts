import OpenAI, { APIError } from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitUntilSettled } from './settled.ts'
import { startSystem, type RunningSystem } from './start-system.ts'
import { createTenant, type SeededTenant } from './tenant.ts'

/** OpenAI's own format kept at OpenAI, and converted for who speaks another. */
const MODELS = ['gpt-4o-mini', 'claude-sonnet-5', 'gemini-2.5-flash'] as const
const TOKENS = 9
const PROMPT = `Say something nice. [[sim:{"tokens":${TOKENS}}]]`

const weather = {
  type: 'function' as const,
  name: 'get_weather',
  strict: false,
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}

const refusal = async (call: Promise<unknown>): Promise<unknown> => {
  const error: unknown = await call.then(() => 'answered').catch((thrown: unknown) => thrown)
  return error instanceof APIError ? [error.status, error.code] : error
}

describe('the official client of OpenAI’s responses', () => {
  let system: RunningSystem
  let tenant: SeededTenant
  let client: OpenAI
  let stranger: OpenAI
  beforeAll(async () => {
    system = await startSystem()
    tenant = await createTenant(system.owner, { name: 'responses' })
    const other = await createTenant(system.owner, { name: 'strangers' })
    const baseURL = `${system.proxyUrls[0]}/v1`
    client = new OpenAI({ baseURL, apiKey: tenant.key, maxRetries: 0 })
    stranger = new OpenAI({ baseURL, apiKey: other.key, maxRetries: 0 })
  }, 90_000)
  afterAll(() => system.stop())

  it.each(MODELS)('gets a whole answer from %s with the right usage and cost', async (model) => {
    const answer = await client.responses.create({ model, input: PROMPT, instructions: 'Be brief.' })
    expect(answer).toMatchObject({ object: 'response', status: 'completed', usage: { output_tokens: TOKENS } })
    expect(answer.output_text.length).toBeGreaterThan(10)
    expect(answer.usage).toHaveProperty('cost', expect.any(Number))
  })

  it.each(MODELS)('puts a stream from %s together by its helper, in order and with its bill', async (model) => {
    const stream = client.responses.stream({ model, input: PROMPT })
    const numbers: number[] = []
    stream.on('event', (event) => numbers.push(event.sequence_number))
    const answer = await stream.finalResponse()
    expect(numbers).toEqual(numbers.map((_number, index) => index))
    expect(answer.output_text.length).toBeGreaterThan(10)
    expect(answer.usage).toMatchObject({ output_tokens: TOKENS, cost: expect.any(Number) })
  })

  it.each(MODELS)('has tools run and %s go on from their results', async (model) => {
    const question = 'Weather in Oslo? [[sim:{"tool":"get_weather"}]]'
    const asked = await client.responses.create({ model, input: question, tools: [weather] })
    const call = asked.output.find((item) => item.type === 'function_call')
    if (call === undefined) throw new Error('no function call came')
    expect(JSON.parse(call.arguments)).toHaveProperty('city')
    const answer = await client.responses.create({
      model,
      tools: [weather],
      store: false,
      input: [
        { role: 'user', content: question },
        ...asked.output.filter((item) => item.type === 'function_call'),
        { type: 'function_call_output', call_id: call.call_id, output: '{"celsius":3}' },
      ],
    })
    expect(answer.output_text.length).toBeGreaterThan(10)
  })

  it.each(MODELS)('parses a structured answer of %s', async (model) => {
    const answer = await client.responses.parse({
      model,
      input: 'A person.',
      text: {
        format: {
          type: 'json_schema',
          name: 'person',
          strict: true,
          schema: {
            type: 'object',
            properties: { name: { type: 'string' }, age: { type: 'integer' } },
            required: ['name', 'age'],
            additionalProperties: false,
          },
        },
      },
    })
    expect(JSON.parse(answer.output_text)).toMatchObject({ name: expect.any(String), age: expect.any(Number) })
  })

  it('goes on from a response that its provider keeps, reads it, lists its input and has it deleted', async () => {
    const first = await client.responses.create({ model: 'gpt-4o-mini', input: `Remember: ${'plum '.repeat(200)}` })
    const next = await client.responses.create({
      model: 'gpt-4o-mini',
      input: 'What was it?',
      previous_response_id: first.id,
    })
    expect(next.usage?.input_tokens).toBeGreaterThan(first.usage?.input_tokens ?? Infinity)
    const streamed = await client.responses
      .stream({ model: 'gpt-4o-mini', input: 'Again?', previous_response_id: next.id })
      .finalResponse()
    expect((await client.responses.retrieve(streamed.id)).output_text).toBe(streamed.output_text)
    const items = await client.responses.inputItems.list(next.id)
    expect(items.data).toMatchObject([{ role: 'user', content: 'What was it?' }])
    await client.responses.delete(next.id)
    expect(await refusal(client.responses.retrieve(next.id))).toEqual([404, 'not_found'])
    expect(
      await refusal(client.responses.create({ model: 'gpt-4o-mini', input: 'x', previous_response_id: next.id })),
    ).toEqual([400, 'response_not_kept'])
  })

  it('is told the same of another organization’s response as of one that never was', async () => {
    const kept = await client.responses.create({ model: 'gpt-4o-mini', input: 'A secret.' })
    const [message] = kept.output
    for (const id of [kept.id, 'resp_neverwas']) {
      expect(await refusal(stranger.responses.retrieve(id))).toEqual([404, 'not_found'])
      expect(await refusal(stranger.responses.delete(id))).toEqual([404, 'not_found'])
      expect(await refusal(stranger.responses.cancel(id))).toEqual([404, 'not_found'])
      expect(await refusal(stranger.responses.inputItems.list(id).then((page) => page))).toEqual([404, 'not_found'])
      expect(
        await refusal(stranger.responses.create({ model: 'gpt-4o-mini', input: 'x', previous_response_id: id })),
      ).toEqual([400, 'response_not_kept'])
    }
    const reference = { type: 'item_reference' as const, id: message?.id ?? '' }
    expect(
      await refusal(
        stranger.responses.create({ model: 'gpt-4o-mini', input: [reference, { role: 'user', content: 'x' }] }),
      ),
    ).toEqual([400, 'response_not_kept'])
    expect((await client.responses.retrieve(kept.id)).id).toBe(kept.id)
  })

  it.each(['claude-sonnet-5', 'gemini-2.5-flash'])(
    'says what %s cannot carry out instead of leaving it out',
    async (model) => {
      const kept = await client.responses.create({ model: 'gpt-4o-mini', input: 'hi' })
      expect(await refusal(client.responses.create({ model, input: 'x', previous_response_id: kept.id }))).toEqual([
        400,
        'response_not_kept',
      ])
      expect(await refusal(client.responses.create({ model, input: 'x', tools: [{ type: 'web_search' }] }))).toEqual([
        400,
        'unsupported_parameter',
      ])
      const answer = await client.responses.create({ model, input: PROMPT })
      expect(answer).toMatchObject({ store: false })
      expect(await refusal(client.responses.retrieve(answer.id))).toEqual([404, 'not_found'])
    },
  )

  it.each([
    { background: true },
    { conversation: 'conv_1' },
    { tools: [{ type: 'file_search', vector_store_ids: ['vs_1'] }] },
  ])('is refused what would escape the meter or reach into a shared account: %j', async (extra) => {
    const call = client.post('/responses', { body: { model: 'gpt-4o-mini', input: 'x', ...extra } })
    expect(await refusal(call)).toEqual([400, 'unsupported_parameter'])
  })

  it('hears of a stream that breaks as an exception, after the words that came', async () => {
    for (const model of MODELS) {
      let words = ''
      const broken = async (): Promise<void> => {
        const stream = await client.responses.create({
          model,
          input: 'Go. [[sim:{"tokens":20,"truncate_after":6}]]',
          stream: true,
        })
        for await (const event of stream) if (event.type === 'response.output_text.delta') words += event.delta
      }
      await expect(broken()).rejects.toBeInstanceOf(APIError)
      expect(words).not.toBe('')
    }
  })

  it('billed searches that ran at the provider as searches', async () => {
    await client.responses.create({ model: 'gpt-4o-mini', input: PROMPT, tools: [{ type: 'web_search' }] })
    await waitUntilSettled(system)
    const { rows } = await system.owner.query<{ units: Record<string, number> }>(
      `SELECT units FROM usage_event WHERE org_id = $1 AND endpoint = 'responses' AND units ? 'searches'`,
      [tenant.orgId],
    )
    expect(rows).toMatchObject([{ units: { searches: 1, output_text: TOKENS } }])
  }, 30_000)
})
