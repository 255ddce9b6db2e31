import { generateKeyPairSync } from 'node:crypto'
import { newUuidV7 } from '@atpar/core/ids'
import { loadSnapshot } from '@atpar/db/gateway'
import type { BookEntry } from '@atpar/simulators/books'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { addOwnCredential } from './own-credential.ts'
import { readEvents, reconcile } from './reconcile.ts'
import { INTERNAL_TOKEN } from './secrets.ts'
import { waitUntilSettled } from './settled.ts'
import { startSystem, type RunningSystem } from './start-system.ts'
import { createTenant, type SeededTenant } from './tenant.ts'

/** Providers with a format, a framing or a way of showing a credential of their own, each called through the running proxy. */
const CLOUDS = [
  { provider: 'bedrock', model: 'claude-haiku-4-5' },
  { provider: 'vertex', model: 'gemini-2.5-pro' },
  { provider: 'vertex-anthropic', model: 'claude-sonnet-4-5' },
  { provider: 'azure-openai', model: 'o3-mini' },
  { provider: 'cohere', model: 'command-a' },
  { provider: 'ollama-native', model: 'qwen3-4b' },
] as const
type Cloud = (typeof CLOUDS)[number]

const OWN_WITHIN_MS = 15_000
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const EMAIL = 'gateway@other-project.iam.gserviceaccount.com'
const serviceAccount = (more: object = {}): string =>
  JSON.stringify({
    type: 'service_account',
    project_id: 'other-project',
    private_key_id: '0123456789abcdef',
    private_key: PEM,
    client_email: EMAIL,
    ...more,
  })

let system: RunningSystem
let tenant: SeededTenant
let run = 0

beforeAll(async () => {
  system = await startSystem()
  system.simulators?.accounts.addGoogleAccount({
    clientEmail: EMAIL,
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  })
}, 90_000)
afterAll(() => system.stop())
beforeEach(async () => {
  run += 1
  tenant = await createTenant(system.owner, { name: `clouds-${run}` })
  system.simulators?.books.clear()
})

const books = (): readonly BookEntry[] => system.simulators?.books.entries() ?? []
const tools = [
  {
    type: 'function',
    function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
  },
]

interface Asked {
  readonly status: number
  readonly text: string
}

const ask = async ({ provider, model }: Cloud, words: string, more: object = {}): Promise<Asked> => {
  const answer = await fetch(`${system.proxyUrls[0] ?? ''}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${tenant.key}` },
    body: JSON.stringify({
      model,
      provider: { only: [provider], allow_fallbacks: false },
      messages: [{ role: 'user', content: words }],
      ...more,
    }),
  })
  return { status: answer.status, text: await answer.text() }
}

const eventsOf = (text: string): readonly Record<string, never>[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice('data: '.length)) as Record<string, never>)

/** Our bill is theirs, to the pico-dollar, attempt by attempt. */
const expectBooksToAgree = async (): Promise<void> => {
  await waitUntilSettled(system)
  const events = await readEvents(system.owner, tenant.orgId)
  const { exact, partial, missing } = reconcile(events, books(), await loadSnapshot(system.owner))
  expect({ mismatches: exact.mismatches, overcharged: partial.overcharged, missing }).toEqual({
    mismatches: [],
    overcharged: [],
    missing: [],
  })
  expect(exact.oursPusd).toBe(exact.theirsPusd)
}

describe.each(CLOUDS)('$provider', (cloud) => {
  it('answers whole and streamed, with tools, and bills what its books say', async () => {
    const whole = await ask(cloud, `hello ${run} [[sim:{"tokens":7}]]`)
    expect([whole.status, whole.text]).toEqual([200, expect.stringContaining('"finish_reason":"stop"')])
    const answer = JSON.parse(whole.text) as { readonly usage: { readonly completion_tokens: number } }
    expect(answer.usage.completion_tokens).toBeGreaterThanOrEqual(7)

    const streamed = await ask(cloud, `again ${run} [[sim:{"tokens":9}]]`, {
      stream: true,
      stream_options: { include_usage: true },
    })
    expect(streamed.text.trimEnd().endsWith('data: [DONE]')).toBe(true)
    expect(eventsOf(streamed.text).at(-1)).toMatchObject({ usage: { completion_tokens: expect.any(Number) } })

    for (const stream of [false, true]) {
      const called = await ask(cloud, `weather ${run} [[sim:{"tool":"get_weather"}]]`, { tools, stream })
      expect(called.status).toBe(200)
      expect(called.text).toContain('get_weather')
      expect(called.text).toContain('tool_calls')
    }
    expect(books().map(({ provider, billable }) => [provider, billable])).toEqual(
      Array(4).fill([cloud.provider === 'ollama-native' ? 'ollama' : cloud.provider, true]),
    )
    expect(books().flatMap(({ unknownFields }) => unknownFields)).toEqual([])
    await expectBooksToAgree()
  })

  it('takes the results of its own calls back', async () => {
    const first = await ask(cloud, `weather ${run} [[sim:{"tool":"get_weather"}]]`, { tools })
    const said = (JSON.parse(first.text) as { readonly choices: readonly { readonly message: object }[] }).choices[0]
      ?.message as { readonly tool_calls: readonly { readonly id: string }[] }
    const second = await ask(cloud, '', {
      tools,
      messages: [
        { role: 'user', content: 'weather?' },
        said,
        { role: 'tool', tool_call_id: said.tool_calls[0]?.id, content: '{"celsius":21}' },
      ],
    })
    expect([second.status, second.text]).toEqual([200, expect.stringContaining('"finish_reason":"stop"')])
  })

  it('tells a refusal as the provider means it', async () => {
    const refused = await ask(cloud, `no ${run} [[sim:{"status":429,"retry_after":1}]]`)
    expect([refused.status, refused.text]).toEqual([429, expect.stringContaining('upstream_rate_limited')])
  })

  it.each(['error_after', 'truncate_after'])(
    'a stream that ends with %s ends in the caller’s own words',
    async (how) => {
      const broken = await ask(cloud, `cut ${run} [[sim:{"tokens":20,"${how}":4}]]`, { stream: true })
      expect(broken.status).toBe(200)
      expect(eventsOf(broken.text).at(-1)).toMatchObject({ error: { code: 'stream_interrupted' } })
      await expectBooksToAgree()
    },
  )
})

describe('an organization’s own credential of several parts', () => {
  const test = async (credentialId: string): Promise<unknown> => {
    const answer = await fetch(`${system.proxyUrls[0] ?? ''}/internal/credentials/test`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${INTERNAL_TOKEN}` },
      body: JSON.stringify({ orgId: tenant.orgId, credentialId }),
    })
    return answer.json()
  }
  const add = (providerId: string, apiKey: string, fields: Readonly<Record<string, string>> = {}): Promise<string> =>
    addOwnCredential(system.owner, { orgId: tenant.orgId, providerId, apiKey, fields, preference: 'only' })
  const fundingOf = async (): Promise<readonly string[]> => {
    await waitUntilSettled(system)
    const { rows } = await system.owner.query<{ funding: string }>(
      `SELECT DISTINCT funding FROM usage_event WHERE org_id = $1`,
      [tenant.orgId],
    )
    return rows.map(({ funding }) => funding)
  }

  /** Proxies notice a credential by their poll. */
  const askUntilOwn = async (cloud: Cloud): Promise<void> =>
    expect
      .poll(
        async () => {
          const { text } = await ask(cloud, `own ${run} [[sim:{"tokens":3}]]`)
          expect(text).not.toContain('canary')
          return fundingOf()
        },
        { timeout: OWN_WITHIN_MS, interval: 300 },
      )
      .toContain('byok')

  it('signs for AWS with the customer’s pair, and a wrong secret is told without a word of it', async () => {
    const accessKeyId = `AKIA${newUuidV7({ nowMs: Date.now, randomBytes: (size) => new Uint8Array(size).fill(run) })
      .replaceAll('-', '')
      .slice(0, 16)
      .toUpperCase()}`
    system.simulators?.accounts.addAwsKey(accessKeyId, 'right-canary-secret/1')
    const good = await add('bedrock', 'right-canary-secret/1', { region: 'eu-central-1', accessKeyId })
    expect(await test(good)).toEqual({ result: 'ok', statusClass: '2xx' })
    const bad = await add('bedrock', 'wrong-canary-secret/1', { region: 'eu-central-1', accessKeyId })
    expect(await test(bad)).toEqual({ result: 'refused', statusClass: '4xx' })
    await askUntilOwn(CLOUDS[0])
  })

  it('buys one token for many calls of a service account, and one that is gone is told as refused', async () => {
    const good = await add('vertex', serviceAccount(), { location: 'europe-west1' })
    expect(await test(good)).toEqual({ result: 'ok', statusClass: '2xx' })
    const soldBefore = system.simulators?.accounts.countSoldTokens() ?? 0
    await askUntilOwn(CLOUDS[1])
    await Promise.all(Array.from({ length: 5 }, () => ask(CLOUDS[1], `many ${run} [[sim:{"tokens":3}]]`)))
    expect((system.simulators?.accounts.countSoldTokens() ?? 0) - soldBefore).toBe(0)

    const gone = await add(
      'vertex-anthropic',
      serviceAccount({ client_email: 'gone@other-project.iam.gserviceaccount.com' }),
    )
    expect(await test(gone)).toEqual({ result: 'refused', statusClass: '4xx' })
    await expect
      .poll(async () => (await ask(CLOUDS[2], `gone ${run} [[sim:{"tokens":3}]]`)).status, {
        timeout: OWN_WITHIN_MS,
        interval: 300,
      })
      .toBeGreaterThanOrEqual(500)
  })

  it('reaches a deployment of Azure by its older path, and a wrong key is told', async () => {
    const good = await add('azure-openai', 'azure-own-key-0001', { apiVersion: '2024-10-21' })
    expect(await test(good)).toEqual({ result: 'ok', statusClass: '2xx' })
    expect(await test(await add('azure-openai', 'invalid-azure-key-01'))).toEqual({
      result: 'refused',
      statusClass: '4xx',
    })
    await expect
      .poll(
        async () => {
          await ask(CLOUDS[3], `own ${run} [[sim:{"tokens":3}]]`)
          return books().map(({ endpoint }) => endpoint)
        },
        { timeout: OWN_WITHIN_MS, interval: 300 },
      )
      .toContain('/azure/openai/deployments/o3-mini/chat/completions')
  })
})
