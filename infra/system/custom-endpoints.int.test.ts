import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { addCustomEndpoint, inOrganization } from './own-credential.ts'
import { startOddUpstream, type OddUpstream, type WireFormat } from './odd-upstream.ts'
import { INTERNAL_TOKEN } from './secrets.ts'
import { waitUntilSettled } from './settled.ts'
import { startSystem, type RunningSystem } from './start-system.ts'
import { createTenant, type SeededTenant } from './tenant.ts'

/** The promise is 2 s of polling and a read; a busy machine takes longer. */
const EFFECTIVE_WITHIN_MS = 20_000
const SLOW = 30_000
const KEY = 'sk-house-canary-7f3a9c1e5b2d4860'

let system: RunningSystem
let upstream: OddUpstream
let tenant: SeededTenant
let other: SeededTenant

beforeAll(async () => {
  upstream = await startOddUpstream()
  system = await startSystem({ localEndpoints: true })
}, 90_000)
afterAll(async () => {
  await system.stop()
  await upstream.close()
})
beforeEach(async () => {
  tenant = await createTenant(system.owner, { name: 'house' })
  other = await createTenant(system.owner, { name: 'other' })
  system.simulators?.books.clear()
  system.simulators?.faults.clear()
  upstream.say({})
})

const SHAPES = [
  { providerId: 'custom', simulator: '/custom/v1', odd: '/v1', format: 'openai' },
  { providerId: 'custom-anthropic', simulator: '/anthropic/v1', odd: '/v1', format: 'anthropic' },
  { providerId: 'custom-gemini', simulator: '/gemini/v1beta', odd: '/v1beta', format: 'gemini' },
] as const satisfies readonly { readonly format: WireFormat; readonly [name: string]: string }[]

const simulatorUrl = (path: string): string => `http://127.0.0.1:${system.simulators?.port ?? 0}${path}`

interface Question {
  readonly key?: string
  readonly model?: string
  readonly content?: string
  readonly more?: object
}

const ask = async ({ key = tenant.key, model = 'custom/house/llama', content = 'hello', more = {} }: Question = {}) => {
  const answer = await fetch(`${system.proxyUrls[0] ?? ''}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ model, messages: [{ role: 'user', content }], ...more }),
  })
  return {
    status: answer.status,
    requestId: answer.headers.get('x-request-id') ?? '',
    model: answer.headers.get('x-atpar-model'),
    text: await answer.text(),
  }
}

const get = async (
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ status: number; text: string }> => {
  const answer = await fetch(`${system.proxyUrls[0] ?? ''}${path}`, { headers })
  return { status: answer.status, text: await answer.text() }
}

const readEvents = async (requestId: string) => {
  await waitUntilSettled(system)
  const { rows } = await system.owner.query<Readonly<Record<string, string | boolean | null>>>(
    `SELECT provider, model_id AS model, funding, cost_pusd::text AS cost, billed_pusd::text AS billed, outcome, usage_source AS source, is_final
     FROM usage_event WHERE request_id = $1 ORDER BY attempt`,
    [requestId],
  )
  return rows
}

const TOOLS = [{ type: 'function', function: { name: 'look_up', parameters: { type: 'object', properties: {} } } }]

describe.each(SHAPES)('an endpoint of the shape of $providerId', { timeout: SLOW }, (shape) => {
  const { providerId } = shape

  it('answers whole, streamed and with tools in the caller’s format, and leaves one event each that bills nothing', async () => {
    await addCustomEndpoint(system.owner, {
      orgId: tenant.orgId,
      providerId,
      apiKey: KEY,
      baseUrl: simulatorUrl(shape.simulator),
      models: [{ name: 'llama', upstreamModel: 'their-llama', inputUsd: '2', outputUsd: '6' }],
    })
    const whole = await ask({ content: 'hello [[sim:{"tokens":7}]]' })
    expect([whole.status, whole.model]).toEqual([200, 'custom/house/llama'])
    const { usage } = JSON.parse(whole.text) as {
      readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number; readonly cost: number }
    }
    const streamed = await ask({ content: 'hello [[sim:{"tokens":7}]]', more: { stream: true } })
    expect([streamed.status, streamed.text.trim().endsWith('data: [DONE]')]).toEqual([200, true])
    const tooled = await ask({
      content: 'hello [[sim:{"tool":"look_up"}]]',
      more: { tools: TOOLS },
    })
    expect([tooled.status, tooled.text.includes('"look_up"')]).toEqual([200, true])
    const [event, ...more] = await readEvents(whole.requestId)
    expect([more, event]).toEqual([
      [],
      {
        provider: providerId,
        model: 'custom/house/llama',
        funding: 'byok',
        cost: String(usage.prompt_tokens * 2_000_000 + usage.completion_tokens * 6_000_000),
        billed: '0',
        outcome: 'ok',
        source: 'provider_final',
        is_final: true,
      },
    ])
    for (const { requestId } of [streamed, tooled])
      expect(await readEvents(requestId)).toMatchObject([{ billed: '0', outcome: 'ok', is_final: true }])
  })

  it('that reports no usage is counted from what was said, whole and streamed', async () => {
    await addCustomEndpoint(system.owner, {
      orgId: tenant.orgId,
      providerId,
      apiKey: '',
      baseUrl: upstream.url + shape.odd,
      models: [{ name: 'llama', upstreamModel: 'their-llama' }],
    })
    for (const stream of [false, true]) {
      const answer = await ask({ more: { stream } })
      expect([answer.status, answer.text.includes('quick brown fox')]).toEqual([200, true])
      expect(await readEvents(answer.requestId)).toMatchObject([
        { cost: '0', billed: '0', outcome: 'ok', source: 'tokenizer', funding: 'byok' },
      ])
    }
  })
})

const addHouse = (orgId = tenant.orgId, baseUrl = simulatorUrl('/custom/v1')): Promise<string> =>
  addCustomEndpoint(system.owner, {
    orgId,
    providerId: 'custom',
    apiKey: KEY,
    baseUrl,
    headers: { 'x-team': 'blue-canary-0001' },
    models: [{ name: 'llama', upstreamModel: 'their-llama' }],
  })

describe('models at endpoints of one’s own', { timeout: SLOW }, () => {
  it('are listed in all three shapes for their organization, and are unknown to every other', async () => {
    await addHouse()
    const lists = [
      ['/v1/models', { authorization: 'Bearer ' }],
      ['/v1/models?limit=1000', { 'anthropic-version': '2023-06-01', 'x-api-key': '' }],
      ['/v1beta/models?pageSize=1000', { 'x-goog-api-key': '' }],
      ['/v1/models/custom/house/llama', { authorization: 'Bearer ' }],
      ['/v1/models/custom/house/llama/endpoints', { authorization: 'Bearer ' }],
    ] as const
    for (const [path, headers] of lists) {
      const as = (key: string) =>
        get(
          path,
          Object.fromEntries(
            Object.entries(headers).map(([name, value]) => [name, /key|auth/.test(name) ? value + key : value]),
          ),
        )
      const mine = await as(tenant.key)
      expect([path, mine.status, mine.text.includes('custom/house/llama')]).toEqual([path, 200, true])
      const theirs = await as(other.key)
      expect([path, theirs.status, theirs.text.includes('"available"')]).toEqual(
        path.includes('house') ? [path, 404, false] : [path, 200, true],
      )
      if (theirs.status === 200) expect(theirs.text).not.toContain('custom/house')
    }
    const foreign = await ask({ key: other.key })
    const unknown = await ask({ key: other.key, model: 'custom/house/lloma' })
    expect([foreign.status, unknown.status]).toEqual([404, 404])
    expect(foreign.text.replaceAll('llama', 'lloma').replaceAll(foreign.requestId, '')).toBe(
      unknown.text.replaceAll(unknown.requestId, ''),
    )
  })

  it('stand in a list of models with others, each as itself', async () => {
    await addHouse()
    system.simulators?.faults.add({ provider: 'custom', directive: { status: 500 }, times: 1 })
    const answer = await ask({ more: { models: ['openai/gpt-4o-mini'] } })
    expect([answer.status, answer.model]).toEqual([200, 'gpt-4o-mini'])
    expect(await readEvents(answer.requestId)).toMatchObject([
      { model: 'custom/house/llama', funding: 'byok', outcome: 'upstream_error', is_final: false },
      { funding: 'platform', outcome: 'ok', is_final: true },
    ])
  })

  it('of two organizations under one name go each to its own endpoint, and one that fails closes nothing for the other', async () => {
    const dead = await listen((_request, response) => response.destroy())
    await addHouse(tenant.orgId, `${dead.url}/v1`)
    await addHouse(other.orgId)
    for (let round = 0; round < 6; round += 1) expect((await ask()).status).toBe(502)
    const simulate = async (key: string): Promise<unknown> => {
      const answer = await fetch(`${system.proxyUrls[0] ?? ''}/v1/route/simulate`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: JSON.stringify({ model: 'custom/house/llama', messages: [{ role: 'user', content: 'hello' }] }),
      })
      const { candidates } = (await answer.json()) as { readonly candidates: readonly { readonly health: string }[] }
      return candidates.map(({ health }) => health)
    }
    expect(await simulate(tenant.key)).toEqual([expect.stringMatching(/open/)])
    expect(await simulate(other.key)).toEqual(['closed'])
    expect((await ask({ key: other.key })).status).toBe(200)
    await dead.close()
  })

  it('are known to a running proxy soon, and gone soon when their endpoint is', async () => {
    expect((await ask()).status).toBe(404)
    const endpointId = await addHouse()
    const untilStatus = (status: number): Promise<void> =>
      expect.poll(async () => (await ask()).status, { timeout: EFFECTIVE_WITHIN_MS, interval: 200 }).toBe(status)
    await untilStatus(200)
    const run = (sql: string) => inOrganization(system.owner, tenant.orgId, (client) => client.query(sql, [endpointId]))
    await run(`UPDATE credential SET status = 'disabled' WHERE id = $1`)
    await untilStatus(503)
    await run('DELETE FROM credential WHERE id = $1')
    await untilStatus(404)
  })
})

interface Listening {
  readonly url: string
  close(): Promise<void>
}

const listen = async (respond: Parameters<typeof createServer>[1]): Promise<Listening> => {
  const server: Server = createServer(respond)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('an endpoint that leads elsewhere', { timeout: SLOW }, () => {
  it('is not followed: a redirect is a failure, and says nothing of where it points', async () => {
    let visits = 0
    const inside = await listen((_request, response) => {
      visits += 1
      response.end('{}')
    })
    const outside = await listen((_request, response) => {
      response.writeHead(307, { location: `${inside.url}/latest/meta-data/canary` }).end('see canary')
    })
    const endpointId = await addHouse(tenant.orgId, `${outside.url}/v1`)
    for (const stream of [false, true]) {
      const answer = await ask({ more: { stream } })
      expect([answer.status, answer.text.includes(inside.url), answer.text.includes('meta-data')]).toEqual([
        502,
        false,
        false,
      ])
      expect(await readEvents(answer.requestId)).toMatchObject([
        { outcome: 'upstream_error', billed: '0', is_final: true },
      ])
    }
    const tested = await fetch(`${system.proxyUrls[0] ?? ''}/internal/credentials/test`, {
      method: 'POST',
      headers: { authorization: `Bearer ${INTERNAL_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ orgId: tenant.orgId, credentialId: endpointId }),
    })
    expect(await tested.json()).toMatchObject({ result: 'unexpected', statusClass: '3xx' })
    expect(visits).toBe(0)
    await Promise.all([inside.close(), outside.close()])
  })

  it.each([
    'http://169.254.169.254/v1',
    'http://[fd00:ec2::254]/v1',
    'http://metadata.google.internal/v1',
    'file:///etc/passwd',
  ])('to %s is not called even where local addresses are allowed, however it came to be stored', async (baseUrl) => {
    await addHouse(tenant.orgId, baseUrl)
    const { status, text } = await ask()
    expect([502, 503]).toContain(status)
    expect(text).not.toMatch(/169\.254|fd00:|google|passwd|canary/)
  })
})
