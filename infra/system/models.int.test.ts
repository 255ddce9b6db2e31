import { request as httpRequest } from 'undici'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startNotingUpstream, type NotingUpstream } from './noting-upstream.ts'
import { startSystem, type RunningSystem } from './start-system.ts'
import { createTenant, type SeededTenant } from './tenant.ts'

/** What a proxy tells of its catalogue, and what becomes of what an offering does not take. */

let upstream: NotingUpstream
let system: RunningSystem
let tenant: SeededTenant

beforeAll(async () => {
  upstream = await startNotingUpstream()
  system = await startSystem({ upstreamUrl: upstream.url })
  tenant = await createTenant(system.owner, { name: 'models' })
}, 90_000)
afterAll(async () => {
  await system.stop()
  await upstream.close()
})
beforeEach(() => {
  upstream.calls.splice(0)
})

interface Listed {
  readonly id: string
  readonly name: string
  readonly available: boolean
  readonly pricing: Readonly<Record<string, string>> | null
  readonly aliases: readonly string[]
}

interface Listing {
  readonly data: readonly Listed[]
  readonly models: readonly Listed[]
  readonly has_more: boolean
  readonly last_id: string
  readonly nextPageToken?: string
}

const read = async <Body>(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Body> => {
  const answer = await httpRequest(`${system.proxyUrls[0] ?? ''}${path}`, {
    headers: { authorization: `Bearer ${tenant.key}`, ...headers },
  })
  return (await answer.body.json()) as Body
}

interface Answered {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  /** Empty for a stream. */
  readonly body: Readonly<Record<string, unknown>>
}

const chat = async (asked: object): Promise<Answered> => {
  const answer = await httpRequest(`${system.proxyUrls[0] ?? ''}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'hello' }], ...asked }),
  })
  const text = await answer.body.text()
  const body = text.startsWith('{') ? (JSON.parse(text) as Readonly<Record<string, unknown>>) : {}
  return { status: answer.statusCode, headers: answer.headers, body }
}

const sent = (): Readonly<Record<string, unknown>> =>
  JSON.parse(upstream.calls.at(-1)?.body.toString('utf8') ?? '{}') as Readonly<Record<string, unknown>>

describe('GET /v1/models', () => {
  it('lists every model with its price as decimal text', async () => {
    const { data } = await read<Listing>('/v1/models')
    expect(data.length).toBeGreaterThanOrEqual(150)
    for (const { pricing } of data)
      for (const price of Object.values(pricing ?? {})) expect(price).toMatch(/^\d+(\.\d+)?$/)
    expect(data.find(({ id }) => id === 'gpt-4o-mini')).toMatchObject({
      available: true,
      pricing: { prompt: '0.00000015', completion: '0.0000006' },
      architecture: { input_modalities: ['text', 'image'] },
    })
  })

  it('pages through the same models for Anthropic’s and for Google’s clients', async () => {
    const all = (await read<Listing>('/v1/models')).data.map(({ id }) => id)
    const seen: string[] = []
    let after = ''
    for (;;) {
      const page = await read<Listing>(`/v1/models?limit=90${after}`, { 'anthropic-version': '2023-06-01' })
      seen.push(...page.data.map(({ id }) => id))
      if (!page.has_more) break
      after = `&after_id=${encodeURIComponent(page.last_id)}`
    }
    expect(seen).toEqual(all)
    const names: string[] = []
    let token = ''
    for (;;) {
      const page = await read<Listing>(`/v1beta/models?pageSize=90${token}`)
      names.push(...page.models.map(({ name }) => name))
      if (page.nextPageToken === undefined) break
      token = `&pageToken=${encodeURIComponent(page.nextPageToken)}`
    }
    expect(names).toEqual(all.map((id) => `models/${id}`))
  })

  it('tells of one by any of its names, and of none in the caller’s words', async () => {
    expect(await read<Listed>('/v1/models/openai%2Fgpt-4o-mini')).toMatchObject({ id: 'gpt-4o-mini' })
    expect(await read('/v1beta/models/gemini-2.5-flash')).toMatchObject({ name: 'models/gemini-2.5-flash' })
    expect(await read('/v1/models/no-such')).toMatchObject({ error: { code: 'unknown_model' } })
    expect(await read('/v1beta/models/no-such')).toMatchObject({ error: { code: 404, status: 'NOT_FOUND' } })
    expect(await read('/v1/models/no-such', { 'anthropic-version': '2023-06-01' })).toMatchObject({ type: 'error' })
  })

  it('a name of the newest is listed with its model, and the answer names the model that served', async () => {
    expect(await read<Listed>('/v1/models/gpt-latest')).toMatchObject({ id: 'gpt-6-sol' })
    const listed = (await read<Listing>('/v1/models')).data.find(({ id }) => id === 'gpt-6-sol')
    expect(listed?.aliases).toContain('gpt-latest')
    const { status, headers, body } = await chat({ model: 'gpt-latest' })
    expect([status, headers['x-atpar-model'], body['model']]).toEqual([200, 'gpt-6-sol', 'gpt-6-sol'])
    expect(sent()).toMatchObject({ model: 'gpt-6-sol' })
  })

  it('tells of its offerings how they served, once they did', async () => {
    interface Endpoints {
      readonly data: {
        readonly endpoints: readonly { readonly tag: string; readonly uptime_last_30m: number | null }[]
      }
    }
    const uptimeOf = async (): Promise<number | null | undefined> => {
      const { data } = await read<Endpoints>('/v1/models/gpt-4.1-mini/endpoints')
      return data.endpoints.find(({ tag }) => tag === 'openai')?.uptime_last_30m
    }
    expect(await uptimeOf()).toBeNull()
    expect((await chat({ model: 'gpt-4.1-mini' })).status).toBe(200)
    await expect.poll(uptimeOf).toBe(1)
  })
})

describe('what its provider takes away', () => {
  const retire = (offeringId: string, on: string) =>
    system.owner.query(`UPDATE offering SET retires_on = $2, successor_id = 'gpt-6-luna' WHERE id = $1`, [
      offeringId,
      on,
    ])
  const shown = async (name: string): Promise<Listed> => read<Listed>(`/v1/models/${name}`)

  it('is told of beside every answer before that day, and refused with the successor’s name from then on', async () => {
    await retire('openai/gpt-4.1-nano', '2999-01-01')
    await expect
      .poll(async () => shown('gpt-4.1-nano'), { timeout: 15_000 })
      .toMatchObject({ shutdown_date: '2999-01-01' })
    const before = await chat({ model: 'gpt-4.1-nano' })
    expect([before.status, before.headers['x-atpar-retires'], before.headers['x-atpar-successor']]).toEqual([
      200,
      '2999-01-01',
      'gpt-6-luna',
    ])
    await retire('openai/gpt-4.1-nano', '2026-10-23')
    await retire('openrouter/openai/gpt-4.1-nano', '2026-10-23')
    await expect.poll(async () => shown('gpt-4.1-nano'), { timeout: 15_000 }).toMatchObject({ available: false })
    const after = await chat({ model: 'gpt-4.1-nano' })
    expect([after.status, after.body]).toMatchObject([
      404,
      { error: { code: 'model_retired', metadata: { retired_on: '2026-10-23', successor: 'gpt-6-luna' } } },
    ])
  })

  it('is left to whoever still offers it', async () => {
    await retire('openai/gpt-4o', '2026-10-23')
    await expect
      .poll(async () => (await chat({ model: 'gpt-4o' })).headers['x-atpar-provider'], { timeout: 15_000 })
      .toBe('openrouter')
  })
})

describe('what an offering does not take', () => {
  it('is left out, and the caller is told', async () => {
    const { status, headers } = await chat({ model: 'gpt-4o-mini', top_k: 4, seed: 1 })
    expect([status, headers['x-atpar-dropped']]).toEqual([200, 'top_k'])
    expect(sent()).toMatchObject({ seed: 1 })
    expect(sent()).not.toHaveProperty('top_k')
  })

  it('sends the request to one that takes it when the caller insists', async () => {
    const asked = { model: 'gpt-oss-120b', top_k: 4, provider: { require_parameters: true } }
    const { status, headers } = await chat(asked)
    expect([status, headers['x-atpar-dropped']]).toEqual([200, undefined])
    expect(sent()).toMatchObject({ top_k: 4 })
    expect(['groq', 'cerebras']).not.toContain(headers['x-atpar-provider'])
  })

  it('nothing is told where nothing was left out', async () => {
    expect((await chat({ model: 'gpt-4o-mini', temperature: 0 })).headers['x-atpar-dropped']).toBeUndefined()
  })

  it('a server’s own ways are kept: Mistral’s word for the seed, and no wish for usage', async () => {
    const { status, headers } = await chat({ model: 'mistral-large-2512', stream: true, seed: 3 })
    expect([status, headers['x-atpar-provider']]).toEqual([200, 'mistral'])
    expect(sent()).toMatchObject({ random_seed: 3, stream: true })
    expect(sent()).not.toHaveProperty('stream_options')
  })
})
