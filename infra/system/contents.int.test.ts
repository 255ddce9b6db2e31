import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { inOrganization } from './own-credential.ts'
import { INTERNAL_TOKEN } from './secrets.ts'
import { startSystem, type RunningSystem } from './start-system.ts'
import { createTenant, type SeededTenant } from './tenant.ts'

const SLOW = 60_000

let system: RunningSystem
let tenant: SeededTenant
let other: SeededTenant
let run = 0

beforeAll(async () => {
  system = await startSystem()
}, 90_000)
afterAll(() => system.stop())
beforeEach(async () => {
  run += 1
  tenant = await createTenant(system.owner, { name: `kept-${run}` })
  other = await createTenant(system.owner, { name: `other-${run}` })
})

/** As the dashboard sets it, before the key is first used: no proxy has it in memory. */
const setDays = (holderId: string, days: number): Promise<unknown> =>
  inOrganization(system.owner, tenant.orgId, (client) =>
    client.query('INSERT INTO content_policy (org_id, holder_id, days) VALUES ($1, $2, $3)', [
      tenant.orgId,
      holderId,
      days,
    ]),
  )

const post = async (path: string, body: unknown, key = tenant.key) => {
  const answer = await fetch(`${system.proxyUrls[0] ?? ''}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, 'anthropic-version': '2023-06-01' },
    body: JSON.stringify(body),
  })
  return { status: answer.status, requestId: answer.headers.get('x-request-id') ?? '', text: await answer.text() }
}

const keptIds = (): Promise<readonly string[]> =>
  inOrganization(system.owner, tenant.orgId, async (client) =>
    (
      await client.query<{ id: string }>('SELECT request_id AS id FROM kept_content WHERE org_id = $1', [tenant.orgId])
    ).rows.map(({ id }) => id),
  )

const untilKept = async (requestId: string): Promise<void> => {
  for (const endMs = performance.now() + 30_000; !(await keptIds()).includes(requestId); await sleep(50))
    if (performance.now() > endMs) throw new Error(`nothing was kept of ${requestId}`)
}

/** As the dashboard asks once somebody may. */
const read = async (orgId: string, requestIds: readonly string[], token = INTERNAL_TOKEN) => {
  const answer = await fetch(`${system.proxyUrls[0] ?? ''}/internal/contents/read`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ orgId, requestIds }),
  })
  return { status: answer.status, text: await answer.text() }
}

const keptOf = async (requestId: string): Promise<string> => {
  await untilKept(requestId)
  const { contents } = JSON.parse((await read(tenant.orgId, [requestId])).text) as { contents: Record<string, unknown> }
  return JSON.stringify(contents[requestId])
}

const said = (text: string): string => `${text} [[sim:{"tokens":6}]]`

describe('an organization that keeps content', () => {
  const FORMATS: readonly [string, string, (prompt: string, stream: boolean) => unknown][] = [
    [
      'OpenAI’s chat',
      '/v1/chat/completions',
      (prompt, stream) => ({ model: 'openai/gpt-4o-mini', stream, messages: [{ role: 'user', content: prompt }] }),
    ],
    [
      'OpenAI’s responses',
      '/v1/responses',
      (prompt, stream) => ({ model: 'openai/gpt-5-mini', stream, input: prompt }),
    ],
    [
      'Anthropic’s messages, answered by OpenAI',
      '/v1/messages',
      (prompt, stream) => ({
        model: 'openai/gpt-4o-mini',
        max_tokens: 50,
        stream,
        messages: [{ role: 'user', content: prompt }],
      }),
    ],
  ]

  it.each(FORMATS)(
    'keeps what was asked and answered in %s, whole and streamed',
    async (_, path, ask) => {
      await setDays(tenant.orgId, 7)
      for (const stream of [false, true]) {
        const { status, requestId, text } = await post(path, ask(said(`PROMPT-${stream}`), stream))
        expect(status, text).toBe(200)
        const kept = JSON.parse(await keptOf(requestId)) as {
          request: { messages: { role: string; parts: { text: string }[] }[]; isCut: boolean }
          answer: { messages: { role: string; parts: { type: string; text: string }[] }[]; isCut: boolean }
        }
        expect(kept.request).toEqual({
          isCut: false,
          messages: [{ role: 'user', parts: [{ type: 'text', text: said(`PROMPT-${stream}`) }] }],
        })
        const words = kept.answer.messages.flatMap(({ parts }) => parts).find(({ type }) => type === 'text')?.text ?? ''
        expect(words.length).toBeGreaterThan(5)
        // Word for word what the caller was told.
        for (const word of words.split(/\s+/).filter((each) => /^\w{4,}$/.test(each))) expect(text).toContain(word)
      }
    },
    SLOW,
  )

  it(
    'keeps the words of embeddings and of pictures, and no bytes; of a refused request what was asked',
    async () => {
      await setDays(tenant.orgId, 30)
      const embedded = await post('/v1/embeddings', { model: 'text-embedding-3-small', input: ['EMBED-A', 'EMBED-B'] })
      expect(embedded.status, embedded.text).toBe(200)
      expect(JSON.parse(await keptOf(embedded.requestId))).toMatchObject({
        request: { messages: [{ parts: [{ text: 'EMBED-A' }, { text: 'EMBED-B' }] }] },
        answer: null,
      })
      const refused = await post('/v1/chat/completions', {
        model: 'openai/gpt-4o-mini',
        messages: [
          { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,QkFTRTY0' } }] },
          { role: 'user', content: [{ type: 'text', text: 'REFUSED [[sim:{"status":400}]]' }] },
        ],
      })
      expect(refused.status).toBe(400)
      const kept = await keptOf(refused.requestId)
      expect(JSON.parse(kept)).toMatchObject({ answer: null })
      expect(kept).toContain('REFUSED')
      expect(kept).toContain('"kind":"image"')
      expect(kept).not.toContain('QkFTRTY0')
    },
    SLOW,
  )

  it(
    'keeps the end of a body above 1 MB, which is read in another thread',
    async () => {
      await setDays(tenant.orgId, 7)
      const { status, requestId, text } = await post('/v1/chat/completions', {
        model: 'openai/gpt-4o-mini',
        stream: true,
        messages: [
          { role: 'user', content: 'long '.repeat(300_000) },
          { role: 'user', content: said('LAST WORDS') },
        ],
      })
      expect(status, text.slice(0, 300)).toBe(200)
      const kept = await keptOf(requestId)
      expect(kept).toContain('LAST WORDS')
      expect(JSON.parse(kept)).toMatchObject({ request: { isCut: true }, answer: { isCut: false } })
      expect(kept.length).toBeLessThan(200_000)
    },
    SLOW,
  )

  it(
    'seals it: no word of it is in the table, and it opens for its own organization and for whoever has the token only',
    async () => {
      await setDays(tenant.orgId, 7)
      const { requestId } = await post('/v1/chat/completions', {
        model: 'openai/gpt-4o-mini',
        messages: [{ role: 'user', content: said('SEALED-WORDS') }],
      })
      expect(await keptOf(requestId)).toContain('SEALED-WORDS')
      const rows = await inOrganization(
        system.owner,
        tenant.orgId,
        async (client) =>
          (await client.query<{ sealed: Buffer }>('SELECT sealed FROM kept_content WHERE request_id = $1', [requestId]))
            .rows,
      )
      expect(rows[0]?.sealed.toString('latin1')).not.toContain('SEALED-WORDS')
      expect(await read(other.orgId, [requestId])).toEqual({ status: 200, text: '{"contents":{}}' })
      expect((await read(tenant.orgId, [requestId], 'wrong')).status).toBe(404)
      expect((await read(tenant.orgId, [requestId], tenant.key)).status).toBe(404)
    },
    SLOW,
  )
})

describe('what counts', () => {
  it(
    'is the team’s own policy before the organization’s, and none at all means nothing is kept',
    async () => {
      await setDays(tenant.orgId, 30)
      await setDays(tenant.teamId, 0)
      const ask = { model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content: said('NOT KEPT') }] }
      expect((await post('/v1/chat/completions', ask)).status).toBe(200)
      expect((await post('/v1/chat/completions', ask, other.key)).status).toBe(200)
      // The queue is in order: what is asked after them is written after them.
      const kept = await createTenant(system.owner, { name: `last-${run}` })
      const mine = tenant
      tenant = kept
      await setDays(kept.orgId, 7)
      const { requestId } = await post('/v1/chat/completions', ask)
      await untilKept(requestId)
      tenant = mine
      expect(await keptIds()).toEqual([])
    },
    SLOW,
  )
})
