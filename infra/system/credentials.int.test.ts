import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { addOwnCredential, inOrganization, sha256 } from './own-credential.ts'
import { INTERNAL_TOKEN } from './secrets.ts'
import { waitUntilSettled } from './settled.ts'
import { startSystem, type RunningSystem } from './start-system.ts'
import { createTenant, type SeededTenant } from './tenant.ts'

/** The promise for what changed in the dashboard: 2 s of polling, and a read. */
const EFFECTIVE_WITHIN_MS = 5_000
const OWN_KEY = 'sk-own-canary-7f3a9c1e5b2d4860'
const PLATFORM_KEY = 'simulated'
const SLOW = 30_000

let system: RunningSystem
let tenant: SeededTenant
let other: SeededTenant
let run = 0

beforeAll(async () => {
  system = await startSystem({ proxies: 2 })
}, 90_000)
afterAll(() => system.stop())
beforeEach(async () => {
  run += 1
  tenant = await createTenant(system.owner, { name: `own-${run}` })
  other = await createTenant(system.owner, { name: `other-${run}` })
  system.simulators?.books.clear()
  system.simulators?.faults.clear()
})

interface Asked {
  readonly status: number
  readonly requestId: string
  readonly attempts: string | null
  readonly text: string
}

const ask = async (question: {
  readonly key: string
  readonly stream?: boolean
  readonly model?: string
  readonly proxy?: number
}): Promise<Asked> => {
  const answer = await fetch(`${system.proxyUrls[question.proxy ?? 0] ?? ''}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${question.key}` },
    body: JSON.stringify({
      model: question.model ?? 'openai/gpt-4o-mini',
      stream: question.stream ?? false,
      messages: [{ role: 'user', content: `hello ${run} [[sim:{"tokens":7}]]` }],
    }),
  })
  return {
    status: answer.status,
    requestId: answer.headers.get('x-request-id') ?? '',
    attempts: answer.headers.get('x-atpar-attempts'),
    text: await answer.text(),
  }
}

/** Keys the providers saw since they were last asked, by their hash. */
const keysSeen = (): readonly (string | null)[] => {
  const seen = system.simulators?.books.entries().map(({ keySha256 }) => keySha256) ?? []
  system.simulators?.books.clear()
  return seen
}

const readEvents = async (requestId: string) => {
  await waitUntilSettled(system)
  const { rows } = await system.owner.query<{
    funding: string
    cost: string
    billed: string
    outcome: string
    reason: string | null
  }>(
    `SELECT funding, cost_pusd::text AS cost, billed_pusd::text AS billed, outcome, absorbed_reason AS reason FROM usage_event WHERE request_id = $1 ORDER BY attempt`,
    [requestId],
  )
  return rows
}

const readStatus = async (credentialId: string): Promise<string | undefined> => {
  const { rows } = await system.owner.query<{ status: string }>('SELECT status FROM credential WHERE id = $1', [
    credentialId,
  ])
  return rows[0]?.status
}

/** Until every proxy's next call goes out with this key. */
const untilKeyIs = async (key: string): Promise<void> => {
  for (const proxy of [0, 1])
    await expect
      .poll(
        async () => {
          keysSeen()
          await ask({ key: tenant.key, proxy })
          return keysSeen().at(-1)
        },
        { timeout: EFFECTIVE_WITHIN_MS, interval: 200 },
      )
      .toBe(sha256(key))
}

describe("an organization's own credential", { timeout: SLOW }, () => {
  it.each([{ stream: false }, { stream: true }])(
    'is what the provider sees; the call costs list price and is billed nothing (streamed: $stream)',
    async ({ stream }) => {
      await addOwnCredential(system.owner, { orgId: tenant.orgId, providerId: 'openai', apiKey: OWN_KEY })
      const answer = await ask({ key: tenant.key, stream })
      expect(answer.status).toBe(200)
      expect(keysSeen()).toEqual([sha256(OWN_KEY)])
      const [event] = await readEvents(answer.requestId)
      expect(event).toMatchObject({ funding: 'byok', billed: '0', outcome: 'ok', reason: null })
      expect(BigInt(event?.cost ?? '0')).toBeGreaterThan(0n)
    },
  )

  it('serves its own organization alone', async () => {
    await addOwnCredential(system.owner, { orgId: tenant.orgId, providerId: 'openai', apiKey: OWN_KEY })
    const answer = await ask({ key: other.key })
    expect(keysSeen()).toEqual([sha256(PLATFORM_KEY)])
    expect(await readEvents(answer.requestId)).toMatchObject([{ funding: 'platform' }])
  })

  it('comes before another provider of the same model that the catalogue would try first', async () => {
    await addOwnCredential(system.owner, { orgId: tenant.orgId, providerId: 'openrouter', apiKey: OWN_KEY })
    await ask({ key: tenant.key, model: 'gpt-4o-mini' })
    expect(keysSeen()).toEqual([sha256(OWN_KEY)])
  })

  it('keeps serving when the budget in dollars is spent, which it does not draw on', async () => {
    const broke = await createTenant(system.owner, { name: `broke-${run}`, budgets: { organization: '0' } })
    expect((await ask({ key: broke.key })).status).toBe(402)
    await addOwnCredential(system.owner, { orgId: broke.orgId, providerId: 'openai', apiKey: OWN_KEY })
    await expect
      .poll(async () => (await ask({ key: broke.key })).status, { timeout: EFFECTIVE_WITHIN_MS, interval: 200 })
      .toBe(200)
    expect(keysSeen().every((key) => key === sha256(OWN_KEY))).toBe(true)
  })

  it('that the provider refuses is marked, left alone by every proxy, and the call goes on over the platform', async () => {
    const credentialId = await addOwnCredential(system.owner, {
      orgId: tenant.orgId,
      providerId: 'openai',
      apiKey: OWN_KEY,
    })
    await untilKeyIs(OWN_KEY)
    system.simulators?.faults.add({ provider: 'openai', directive: { status: 401 }, times: 1 })
    const answer = await ask({ key: tenant.key })
    expect([answer.status, answer.attempts]).toEqual([200, '2'])
    expect(keysSeen()).toEqual([sha256(OWN_KEY), sha256(PLATFORM_KEY)])
    expect(await readEvents(answer.requestId)).toMatchObject([
      { funding: 'byok', outcome: 'upstream_error', cost: '0', billed: '0' },
      { funding: 'platform', outcome: 'ok' },
    ])
    await ask({ key: tenant.key })
    expect(keysSeen()).toEqual([sha256(PLATFORM_KEY)])
    expect(await readStatus(credentialId)).toBe('refused')
    await untilKeyIs(PLATFORM_KEY)
  })

  it('that says never to use the platform is obeyed, refused and all', async () => {
    const credentialId = await addOwnCredential(system.owner, {
      orgId: tenant.orgId,
      providerId: 'openai',
      apiKey: `invalid-${OWN_KEY}`,
      preference: 'only',
    })
    const first = await ask({ key: tenant.key })
    expect(first.status).toBeGreaterThanOrEqual(400)
    expect(first.text).toContain('own credential')
    await expect.poll(() => readStatus(credentialId), { timeout: EFFECTIVE_WITHIN_MS }).toBe('refused')
    const second = await ask({ key: tenant.key, proxy: 1 })
    expect(second.status).toBeGreaterThanOrEqual(400)
    expect(keysSeen()).toEqual([sha256(`invalid-${OWN_KEY}`)])
  })

  it('that is deleted or switched off is gone from every proxy within five seconds', async () => {
    const credentialId = await addOwnCredential(system.owner, {
      orgId: tenant.orgId,
      providerId: 'openai',
      apiKey: OWN_KEY,
    })
    await untilKeyIs(OWN_KEY)
    const set = (sql: string) =>
      inOrganization(system.owner, tenant.orgId, (client) => client.query(sql, [credentialId]))
    await set(`UPDATE credential SET status = 'disabled' WHERE id = $1`)
    await untilKeyIs(PLATFORM_KEY)
    await set(`UPDATE credential SET status = 'active' WHERE id = $1`)
    await untilKeyIs(OWN_KEY)
    await set('DELETE FROM credential WHERE id = $1')
    await untilKeyIs(PLATFORM_KEY)
  })

  it('that this installation cannot open is not used, and the platform is', async () => {
    await addOwnCredential(system.owner, {
      orgId: tenant.orgId,
      providerId: 'openai',
      apiKey: OWN_KEY,
      sealingKey: '77'.repeat(32),
    })
    expect((await ask({ key: tenant.key })).status).toBe(200)
    expect(keysSeen()).toEqual([sha256(PLATFORM_KEY)])
  })

  it('moved to another organization’s row opens nothing', async () => {
    const credentialId = await addOwnCredential(system.owner, {
      orgId: tenant.orgId,
      providerId: 'openai',
      apiKey: OWN_KEY,
    })
    const thief = await addOwnCredential(system.owner, {
      orgId: other.orgId,
      providerId: 'openai',
      apiKey: 'sk-of-the-thief-0123456789',
    })
    const { rows } = await inOrganization(system.owner, tenant.orgId, (client) =>
      client.query<{ sealed: Buffer }>('SELECT sealed FROM credential WHERE id = $1', [credentialId]),
    )
    await inOrganization(system.owner, other.orgId, (client) =>
      client.query('UPDATE credential SET sealed = $2 WHERE id = $1', [thief, rows[0]?.sealed]),
    )
    await ask({ key: other.key })
    expect(keysSeen()).toEqual([sha256(PLATFORM_KEY)])
  })
})

describe('a test of a credential', { timeout: SLOW }, () => {
  const test = async (body: object, token = INTERNAL_TOKEN): Promise<{ status: number; text: string }> => {
    const answer = await fetch(`${system.proxyUrls[0] ?? ''}/internal/credentials/test`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return { status: answer.status, text: await answer.text() }
  }

  it.each([
    ['openai', OWN_KEY, { result: 'ok', statusClass: '2xx' }],
    ['anthropic', OWN_KEY, { result: 'ok', statusClass: '2xx' }],
    ['openai', `invalid-${OWN_KEY}`, { result: 'refused', statusClass: '4xx' }],
    ['anthropic', `invalid-${OWN_KEY}`, { result: 'refused', statusClass: '4xx' }],
    ['gemini', `invalid-${OWN_KEY}`, { result: 'refused', statusClass: '4xx' }],
  ])('at %s with %s answers what the provider says, and nothing of its words', async (providerId, apiKey, expected) => {
    const credentialId = await addOwnCredential(system.owner, { orgId: tenant.orgId, providerId, apiKey })
    const { status, text } = await test({ orgId: tenant.orgId, credentialId })
    expect([status, JSON.parse(text)]).toEqual([200, expected])
    expect(keysSeen()).toEqual([])
  })

  it('is for the dashboard alone, and for the organization’s own', async () => {
    const credentialId = await addOwnCredential(system.owner, {
      orgId: tenant.orgId,
      providerId: 'openai',
      apiKey: OWN_KEY,
    })
    for (const token of ['wrong', tenant.key, `${INTERNAL_TOKEN}0`])
      expect((await test({ orgId: tenant.orgId, credentialId }, token)).status).toBe(404)
    expect((await test({ orgId: other.orgId, credentialId })).status).toBe(404)
    expect((await test({ orgId: 'x', credentialId })).status).toBe(400)
  })
})
