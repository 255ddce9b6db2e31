import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { playBudgetCall, type BudgetAnswer } from './budget-calls.ts'
import { playChanges } from './changes.ts'
import { waitUntilSettled } from './settled.ts'
import { startSystem, type RunningSystem } from './start-system.ts'
import { createTenant, type SeededTenant, type TenantPlan } from './tenant.ts'

/** What revoking and lowering promise. */
const EFFECTIVE_WITHIN_MS = 5_000

let system: RunningSystem
beforeAll(async () => {
  system = await startSystem({ proxies: 2, proxyEnv: { TRUSTED_PROXIES: '127.0.0.0/8' } })
}, 90_000)
afterAll(() => system.stop())

const makeTenant = (plan: Omit<TenantPlan, 'name'>): Promise<SeededTenant> =>
  createTenant(system.owner, { name: 'limits', ...plan })

interface CallOptions {
  readonly tokens?: number
  readonly model?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly proxy?: number
}

const call = (
  tenant: SeededTenant,
  { tokens = 100, model = 'gpt-4o', headers, proxy = 0 }: CallOptions = {},
): Promise<BudgetAnswer> =>
  playBudgetCall(system, {
    key: tenant.key,
    dialect: 'openai-chat',
    model,
    stream: false,
    maxTokens: tokens,
    directive: { tokens },
    proxy,
    ...(headers === undefined ? {} : { headers }),
  })

/** Room for a short answer still gives a short answer; at last there is none. */
const callUntilRefused = async (tenant: SeededTenant, options: CallOptions): Promise<BudgetAnswer> => {
  for (let tries = 0; tries < 20; tries += 1) {
    const answer = await call(tenant, options)
    if (answer.status !== 200) return answer
  }
  throw new Error('never refused')
}

interface Limit {
  readonly scope: string
  readonly kind: string
  readonly limit: string
  readonly unit?: string
  readonly model?: string
  readonly tag?: string
  readonly raised_by?: string
  readonly resets_at: string | null
}

const read = async (tenant: SeededTenant, path: string, headers: Readonly<Record<string, string>> = {}) => {
  const answer = await fetch(`${system.proxyUrls[0]}${path}`, {
    headers: { authorization: `Bearer ${tenant.key}`, ...headers },
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

const limitOf = (answer: BudgetAnswer): Limit =>
  (JSON.parse(answer.body) as { error: { metadata: { limit: Limit } } }).error.metadata.limit

describe('explain', () => {
  it('says nothing where nothing blocks, and names the very limit that then does, how much is missing and whom to ask', async () => {
    const tenant = await makeTenant({ budgets: { key: '0.50', team: '0.004' } })
    const question = '/v1/limits/explain?model=gpt-4o&max_tokens=300&input_tokens=60'
    expect((await read(tenant, question)).body).toMatchObject({ model: 'gpt-4o', blocked: false, blocked_by: null })
    expect((await call(tenant, { tokens: 300 })).status).toBe(200)
    await call(tenant, { tokens: 300 })
    const foreseen = (await read(tenant, question)).body
    const refused = await call(tenant, { tokens: 300 })
    expect(refused.status).toBe(402)
    expect(foreseen).toMatchObject({
      blocked: true,
      blocked_by: {
        code: 'budget_exceeded',
        limit: { scope: 'team', limit: '0.004', resets_at: limitOf(refused).resets_at },
        missing: expect.stringMatching(/^0\.00\d+$/),
        frees: 'in_time',
        ask: 'an admin of the team or of the organization',
      },
    })
    expect(limitOf(refused)).toMatchObject({
      scope: 'team',
      limit: '0.004',
      raised_by: 'an admin of the team or of the organization',
    })
    expect(refused.body).toContain('can raise it')
  }, 30_000)

  it('names the rate limit that then refuses', async () => {
    const tenant = await makeTenant({ rateLimits: { member: 2 } })
    await call(tenant)
    await call(tenant)
    const foreseen = (await read(tenant, '/v1/limits/explain?model=gpt-4o&max_tokens=100')).body
    expect(foreseen).toMatchObject({
      blocked_by: { code: 'rate_limited', limit: { scope: 'member', kind: 'requests_per_minute' } },
    })
    const refused = await call(tenant)
    expect(refused.status).toBe(429)
    expect(limitOf(refused)).toMatchObject({ scope: 'member', kind: 'requests_per_minute' })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect(refused.headers['x-ratelimit-remaining-requests']).toBe('0')
    expect(refused.headers['ratelimit-policy']).toBe('"requests";q=2;w=60')
  }, 30_000)
})

describe('limits of a key', () => {
  it('are listed on every level with what is used, and told on every answer', async () => {
    const tenant = await makeTenant({ budgets: { key: '0.10' }, rateLimits: { key: 50 } })
    const answer = await call(tenant)
    expect(answer.headers).toMatchObject({
      'x-budget-scope': 'key',
      'x-budget-limit': '0.10',
      'x-ratelimit-limit-requests': '50',
      'x-ratelimit-remaining-requests': '49',
      ratelimit: expect.stringMatching(/^"requests";r=49;t=\d+$/),
    })
    expect(Number(answer.headers['x-budget-remaining'])).toBeLessThan(0.1)
    await waitUntilSettled(system)
    const { body } = await read(tenant, '/v1/limits')
    const { data } = body as { data: readonly Record<string, unknown>[] }
    expect(data.map(({ kind, scope }) => `${String(scope)} ${String(kind)}`).toSorted()).toEqual([
      'key budget',
      'key requests_per_minute',
      'organization budget',
    ])
    const budget = data.find(({ scope, kind }) => scope === 'key' && kind === 'budget')
    expect(budget).toMatchObject({ unit: 'usd', limit: '0.10', held: '0.00', hard: true, period: 'month' })
    expect(Number(budget?.['used']) + Number(budget?.['remaining'])).toBeCloseTo(0.1)
    expect((await read(tenant, '/v1/key')).body).toMatchObject({
      id: tenant.keyId,
      kind: 'member',
      limits: data.map(({ id }) => ({ id })),
    })
  }, 30_000)

  it('by tag count what carries it: a label of the key, or what the caller adds', async () => {
    const tenant = await makeTenant({
      labels: ['team-blue'],
      keyBudgets: [
        { usd: '0.002', tag: 'batch', hard: true },
        { usd: '9', tag: 'team-blue', hard: true },
      ],
    })
    expect((await call(tenant, { tokens: 150, headers: { 'x-atpar-tags': 'batch,night' } })).status).toBe(200)
    const refused = await callUntilRefused(tenant, { tokens: 150, headers: { 'x-atpar-tags': 'batch' } })
    expect(refused.status).toBe(402)
    expect(limitOf(refused)).toMatchObject({ tag: 'batch', limit: '0.002' })
    expect((await call(tenant, { tokens: 150 })).status).toBe(200)
    await waitUntilSettled(system)
    const { rows } = await system.owner.query<{ tags: string[] }>(
      'SELECT tags FROM usage_event WHERE key_id = $1 ORDER BY request_id',
      [tenant.keyId],
    )
    expect(rows[0]?.tags).toEqual(['team-blue', 'batch', 'night'])
    expect(rows.at(-1)?.tags).toEqual(['team-blue'])
    const { data } = (await read(tenant, '/v1/limits')).body as { data: readonly Record<string, unknown>[] }
    // What a lease has spent of late is still among what it holds.
    const drawn = (tag: string): number => {
      const limit = data.find((each) => each['tag'] === tag)
      return Number(limit?.['used']) + Number(limit?.['held'])
    }
    expect(drawn('team-blue')).toBeGreaterThan(drawn('batch'))
  }, 30_000)

  it('by model count that model only, and tokens where they are of tokens', async () => {
    const tenant = await makeTenant({ keyBudgets: [{ tokens: 400, modelId: 'gpt-4o', hard: true }] })
    expect((await call(tenant, { tokens: 200 })).status).toBe(200)
    const refused = await callUntilRefused(tenant, { tokens: 200 })
    expect(refused.status).toBe(402)
    expect(limitOf(refused)).toMatchObject({ unit: 'tokens', limit: '400', model: 'gpt-4o' })
    expect(refused.headers).toMatchObject({ 'x-budget-unit': 'tokens', 'x-budget-limit': '400' })
    expect((await call(tenant, { tokens: 200, model: 'gpt-4o-mini' })).status).toBe(200)
  }, 30_000)
})

describe('a key bound to networks', () => {
  it('works from them and nowhere else, by the address that our own proxies saw', async () => {
    const tenant = await makeTenant({ cidrs: ['192.0.2.0/24', '2001:db8::/32'] })
    const from = async (address: string): Promise<number> =>
      (await call(tenant, { headers: { 'x-forwarded-for': address } })).status
    expect(await from('192.0.2.200')).toBe(200)
    expect(await from('2001:db8::7')).toBe(200)
    expect(await from('198.51.100.1')).toBe(403)
    // What a stranger writes in front does not count.
    const refused = await call(tenant, { headers: { 'x-forwarded-for': '192.0.2.200, 198.51.100.1' } })
    expect(refused.status).toBe(403)
    expect(refused.body).toContain('network_not_allowed')
    expect(refused.body).toContain('198.51.100.1')
    expect((await read(tenant, '/v1/limits')).status).toBe(403)
    expect((await read(tenant, '/v1/models', { 'x-forwarded-for': '192.0.2.1' })).status).toBe(200)
  }, 30_000)
})

describe('a change', () => {
  it('of a budget, and the end of a key, are in force on every proxy within 5 s, without Redis telling them', async () => {
    const tenant = await makeTenant({ budgets: { key: '0.50' } })
    const { loweredMs, raisedMs, revokedMs } = await playChanges(system, tenant)
    for (const ms of [loweredMs, raisedMs, revokedMs]) expect(ms).toBeLessThan(EFFECTIVE_WITHIN_MS)
  }, 60_000)
})
