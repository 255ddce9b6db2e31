import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { request as httpRequest } from 'undici'
import { Redis } from 'ioredis'
import { waitUntilSettled } from './settled.ts'
import { startNotingUpstream, type NotingUpstream } from './noting-upstream.ts'
import { startSystem, type RunningSystem } from './start-system.ts'
import { createTenant, type SeededTenant } from './tenant.ts'

const MODEL = 'gpt-4o-mini'
const CHAT = '/v1/chat/completions'

let upstream: NotingUpstream
let system: RunningSystem
let tenant: SeededTenant

beforeAll(async () => {
  upstream = await startNotingUpstream()
  system = await startSystem({ upstreamUrl: upstream.url, proxies: 2 })
  tenant = await createTenant(system.owner, { name: 'edge' })
}, 90_000)
afterAll(async () => {
  await system.stop()
  await upstream.close()
})
beforeEach(() => {
  upstream.calls.splice(0)
})

interface Sent {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

interface Ask {
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Buffer
  readonly path?: string
  /** Which of the two proxies. */
  readonly proxy?: 0 | 1
  readonly key?: string
}

const post = async ({ headers = {}, body, path = CHAT, proxy = 0, key = tenant.key }: Ask): Promise<Sent> => {
  const answer = await httpRequest(`${system.proxyUrls[proxy] ?? ''}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body,
  })
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() }
}

const chat = (content: unknown = 'hello', more: object = {}): string =>
  JSON.stringify({ model: MODEL, messages: [{ role: 'user', content }], ...more })

describe('headers', () => {
  it('nothing of the caller’s reaches a provider but what is listed', async () => {
    await post({
      body: chat(),
      headers: {
        cookie: 'session=secret',
        'x-forwarded-for': '203.0.113.9',
        'x-forwarded-host': 'internal.example',
        forwarded: 'for=203.0.113.9',
        via: '1.1 somewhere',
        referer: 'https://private.example/page',
        'user-agent': 'their-agent/1',
        'openai-organization': 'org-of-theirs',
        'x-api-key': 'another-key',
        'x-atpar-tags': 'batch-7',
        'x-secret': 'canary',
        'accept-language': 'de',
        'proxy-authorization': 'Basic canary',
      },
    })
    const headers = upstream.calls[0]?.headers ?? {}
    expect(Object.keys(headers).toSorted()).toEqual([
      'accept',
      'accept-encoding',
      'authorization',
      'connection',
      'content-length',
      'content-type',
      'host',
      'x-client-request-id',
    ])
    expect(headers.authorization).toBe('Bearer simulated')
    expect(headers['accept-encoding']).toBe('identity')
  })

  it('nothing of a provider’s reaches the caller but what is listed', async () => {
    upstream.addHeaders({
      'set-cookie': ['__cf_bm=canary; path=/', 'other=canary'],
      'openai-organization': 'our-account',
      'openai-project': 'our-project',
      server: 'cloudflare',
      'cf-ray': 'ray',
      'x-ratelimit-limit-requests': '999999',
      'x-request-id': 'theirs',
      'strict-transport-security': 'max-age=1',
      'alt-svc': 'h3=":443"',
      'access-control-allow-credentials': 'true',
      'x-canary': 'canary',
    })
    const listed = new Set([
      'content-type',
      'content-length',
      'transfer-encoding',
      'cache-control',
      'x-accel-buffering',
      'date',
      'connection',
      'keep-alive',
      'x-request-id',
      'x-generation-id',
      'x-atpar-provider',
      'x-atpar-model',
      'x-atpar-attempts',
      'x-budget-scope',
      'x-budget-limit',
      'x-budget-remaining',
      'x-budget-unit',
      'x-budget-reset',
    ])
    for (const more of [{}, { stream: true }]) {
      const { status, headers } = await post({ body: chat('hello', more) })
      expect(status).toBe(200)
      expect(Object.keys(headers).filter((name) => !listed.has(name))).toEqual([])
      expect(headers['x-request-id']).not.toBe('theirs')
    }
    upstream.addHeaders({})
  })
})

describe('bodies', () => {
  it('20 MB arrive byte for byte but for the listed edits, also at who takes over, and what is larger is 413', async () => {
    const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${'iVBORw0KGgo'.repeat(1_850_000)}` } }
    const plain = chat([{ type: 'text', text: 'What is this?' }, image])
    const body = chat([{ type: 'text', text: 'What is this?' }, image], { session_id: 'ours' })
    upstream.fail(1)
    const answer = await post({ body })
    expect([answer.status, answer.headers['x-atpar-attempts']]).toEqual([200, '2'])
    const [first, second] = upstream.calls.splice(0)
    expect(first?.body.toString('utf8') === plain).toBe(true)
    expect(second?.body.toString('utf8') === plain.replace(MODEL, `openai/${MODEL}`)).toBe(true)
    expect(first?.headers['content-length']).toBe(String(plain.length))
    expect(first?.headers['transfer-encoding']).toBeUndefined()
    const tooLarge = await post({ body: Buffer.alloc(20 * 1024 * 1024 + 1, 0x20) })
    expect(tooLarge.status).toBe(413)
    expect(tooLarge.headers.connection).toBe('close')
    expect(JSON.parse(tooLarge.text)).toMatchObject({ error: { code: 'body_too_large' } })
    expect(upstream.calls).toHaveLength(0)
  }, 60_000)

  it('a compressed body is read, a bomb is 413', async () => {
    const headers = { 'content-encoding': 'gzip' }
    expect((await post({ headers, body: gzipSync(chat('compressed')) })).status).toBe(200)
    expect(upstream.calls[0]?.body.toString('utf8')).toContain('compressed')
    expect(upstream.calls[0]?.headers).not.toHaveProperty('content-encoding')
    const bomb = await post({ headers, body: gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20)) })
    expect(bomb.status).toBe(413)
    expect(upstream.calls).toHaveLength(1)
  }, 60_000)

  const brokenText = Buffer.concat([Buffer.from('{"model":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')])
  it.each([
    [CHAT, { error: { code: 'invalid_json', type: 'invalid_request_error' } }],
    ['/v1/messages', { type: 'error', error: { type: 'invalid_request_error' } }],
    [`/v1beta/models/${MODEL}:generateContent`, { error: { code: 400, status: 'INVALID_ARGUMENT' } }],
  ])('broken UTF-8 sent to %s is 400 in that format', async (path, shape) => {
    const answer = await post({ path, body: brokenText })
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.text)).toMatchObject(shape)
  })

  it.each([
    ['nested a million levels deep', `{"model":"${MODEL}","messages":${'['.repeat(1_000_000)}`, 400],
    ['with one key twice', `{"model":"${MODEL}","model":"gpt-4o","messages":[]}`, 400],
    ['that reaches for a prototype', `{"__proto__":{"model":"x"},"model":"${MODEL}","messages":[]}`, 400],
    ['of a million tokens', `{"model":"${MODEL}","messages":[${'1,'.repeat(1_000_000)}1]}`, 413],
    ['that is empty', '', 400],
  ])('a body %s is refused and reaches nobody', async (_name, body, status) => {
    expect((await post({ body })).status).toBe(status)
    expect(upstream.calls).toEqual([])
  })

  it('half an emoji and a NUL, escaped, pass and break nothing', async () => {
    const content = String.raw`\ud83d and \u0000`
    const body = `{"model":"${MODEL}","messages":[{"role":"user","content":"${content}"}]}`
    expect((await post({ body })).status).toBe(200)
    expect(upstream.calls[0]?.body.toString('latin1')).toContain(content)
    // The other half of the trip: through the neutral model and back into JSON.
    const gemini = `{"contents":[{"role":"user","parts":[{"text":"${content}"}]}]}`
    expect((await post({ path: `/v1beta/models/${MODEL}:generateContent`, body: gemini })).status).toBe(200)
    expect(upstream.calls[1]?.body.toString('latin1')).toContain(String.raw`\ud83d`)
  })

  it('a path that is no text is 400, not a fault of ours', async () => {
    const answer = await fetch(`${system.proxyUrls[0] ?? ''}/v1/models/%E0%A4%A`, {
      headers: { authorization: `Bearer ${tenant.key}` },
    })
    expect(answer.status).toBe(400)
  })
})

describe('idempotency keys', () => {
  const rowsOf = async (): Promise<number> => {
    await waitUntilSettled(system)
    const { rows } = await system.owner.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM usage_event WHERE org_id = $1',
      [tenant.orgId],
    )
    return rows[0]?.count ?? 0
  }

  it.each([{}, { stream: true, stream_options: { include_usage: true } }])(
    'the same request %j at two proxies while it runs, and after it, is answered alike and billed once',
    async (more) => {
      const before = await rowsOf()
      const headers = { 'idempotency-key': `retry-${JSON.stringify(more).length}` }
      const release = upstream.hold()
      const asks = [post({ body: chat('once', more), headers }), post({ body: chat('once', more), headers, proxy: 1 })]
      await expect.poll(() => upstream.calls.length, { timeout: 20_000 }).toBe(1)
      release()
      const [first, second] = await Promise.all(asks)
      const third = await post({ body: chat('once', more), headers, proxy: 1 })
      expect([first?.status, second?.text, third.text]).toEqual([200, first?.text, first?.text])
      expect(third.headers['x-generation-id']).toBe(first?.headers['x-generation-id'])
      expect([first, second, third].filter((each) => each?.headers['idempotent-replayed'] === 'true')).toHaveLength(2)
      expect(upstream.calls).toHaveLength(1)
      expect(await rowsOf()).toBe(before + 1)
    },
    60_000,
  )

  it('another body under the same key is 422; nothing said is legible in Redis', async () => {
    const headers = { 'idempotency-key': 'canary-key' }
    await post({ body: chat('canary-prompt'), headers })
    const other = await post({ body: chat('something else'), headers, proxy: 1 })
    expect(other.status).toBe(422)
    expect(JSON.parse(other.text)).toMatchObject({ error: { code: 'idempotency_key_reused' } })
    const redis = new Redis(system.redis.url)
    const names = await redis.keys('*')
    const kept = names.filter((name) => name.startsWith('answer:'))
    const values = await Promise.all(kept.map((name) => redis.getBuffer(name)))
    const lifetimes = await Promise.all(kept.map((name) => redis.pttl(name)))
    redis.disconnect()
    expect(kept.length).toBeGreaterThan(0)
    expect(names.join() + values.map((value) => value?.toString('latin1') ?? '').join()).not.toMatch(/canary|answer 1/)
    expect(lifetimes.filter((ms) => ms <= 0 || ms > 600_000)).toEqual([])
  })

  const form = (prompt: string, sound: string): FormData => {
    const parts = new FormData()
    parts.append('file', new File([sound], 'talk.wav', { type: 'audio/wav' }))
    parts.append('model', 'whisper-1')
    parts.append('prompt', prompt)
    return parts
  }
  const listen = async (body: FormData, { proxy, idempotencyKey }: { proxy: 0 | 1; idempotencyKey: string }) => {
    const answer = await fetch(`${system.proxyUrls[proxy] ?? ''}/v1/audio/transcriptions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tenant.key}`, 'idempotency-key': idempotencyKey },
      body,
    })
    return { status: answer.status, headers: answer.headers, text: await answer.text() }
  }

  it('the same form at two proxies, its parts between other boundaries, is answered alike and billed once', async () => {
    const before = await rowsOf()
    const release = upstream.hold()
    const asks = ([0, 1] as const).map((proxy) => listen(form('Oslo', 'sound'), { proxy, idempotencyKey: 'form' }))
    await expect.poll(() => upstream.calls.length, { timeout: 20_000 }).toBe(1)
    release()
    const answers = [
      ...(await Promise.all(asks)),
      await listen(form('Oslo', 'sound'), { proxy: 1, idempotencyKey: 'form' }),
    ]
    expect(answers.map(({ status, text }) => ({ status, text: (JSON.parse(text) as { text: string }).text }))).toEqual(
      Array.from({ length: 3 }, () => ({ status: 200, text: 'heard 1' })),
    )
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')).toHaveLength(2)
    expect(upstream.calls).toHaveLength(1)
    expect(await rowsOf()).toBe(before + 1)
    for (const other of [form('Bergen', 'sound'), form('Oslo', 'other')])
      expect(await listen(other, { proxy: 0, idempotencyKey: 'form' })).toMatchObject({ status: 422 })
    expect(upstream.calls).toHaveLength(1)
  }, 60_000)

  it('a request that was refused may be sent again under its key', async () => {
    const headers = { 'idempotency-key': 'refused' }
    const body = chat('hello', { model: 'no-such-model' })
    expect((await post({ body, headers })).status).toBe(404)
    expect((await post({ body, headers })).status).toBe(404)
  })
})

it('a browser anywhere may call with a key, sends what headers it likes, reads ours, and never with credentials', async () => {
  const origin = 'https://app.example'
  const preflight = await fetch(`${system.proxyUrls[0] ?? ''}${CHAT}`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization, content-type, x-stainless-os',
    },
  })
  expect(preflight.status).toBe(204)
  expect(preflight.headers.get('access-control-allow-headers')).toContain('x-stainless-os')
  expect(preflight.headers.get('access-control-allow-methods')).toContain('POST')
  const asked = await post({ body: chat(), headers: { origin, cookie: 'a=b' } })
  const refused = await post({ body: '{', headers: { origin } })
  for (const { headers } of [asked, refused]) {
    expect(headers['access-control-allow-origin']).toBe('*')
    expect(headers).not.toHaveProperty('access-control-allow-credentials')
    const exposed = String(headers['access-control-expose-headers']).split(', ')
    const ours = Object.keys(headers).filter((name) => /^(?:x-(?!accel)|ratelimit|retry-after|idempotent)/.test(name))
    expect(ours.filter((name) => !exposed.includes(name))).toEqual([])
  }
})

describe('the response cache', () => {
  const cached = { 'x-atpar-cache': 'ttl=60' }

  const countKept = async (): Promise<number> => {
    const redis = new Redis(system.redis.url)
    const names = await redis.keys('answer:*')
    redis.disconnect()
    return names.length
  }
  /** Nobody waits for the cache: an answer is there a moment after its caller has it. */
  const postAndKeep = async (input: Parameters<typeof post>[0]) => {
    const before = await countKept()
    const answer = await post(input)
    await expect.poll(countKept, { timeout: 10_000 }).toBeGreaterThan(before)
    return answer
  }

  it('answers the same again at any proxy, marked, for nothing, and says so in the record', async () => {
    const body = chat('cache me')
    const first = await postAndKeep({ body, headers: cached })
    const again = await post({ body, headers: cached, proxy: 1 })
    expect(upstream.calls).toHaveLength(1)
    expect([first.headers['x-atpar-cache'], again.headers['x-atpar-cache']]).toEqual([undefined, 'hit'])
    const [paid, free] = [first, again].map(({ text }) => JSON.parse(text) as { usage: { cost: number } })
    expect(paid?.usage.cost).toBeGreaterThan(0)
    expect(free).toEqual({ ...paid, usage: { ...paid?.usage, cost: 0 } })
    expect(again.headers['x-generation-id']).not.toBe(first.headers['x-generation-id'])
    await waitUntilSettled(system)
    const { rows } = await system.owner.query<{ cost: string; billed: string; trail: string }>(
      'SELECT cost_pusd::text AS cost, billed_pusd::text AS billed, trail::text AS trail FROM usage_event WHERE request_id = $1',
      [again.headers['x-generation-id']],
    )
    expect(rows).toEqual([{ cost: '0', billed: '0', trail: expect.stringContaining('from the response cache') }])
  }, 60_000)

  it('is off unless asked for, is not asked about tools and streams, and gives nothing to another key', async () => {
    const other = await createTenant(system.owner, { name: 'other' })
    const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }]
    for (const [more, headers, key] of [
      [{}, {}, tenant.key],
      [{ stream: true }, cached, tenant.key],
      [{ tools }, cached, tenant.key],
      [{}, { 'x-atpar-cache': 'refresh' }, tenant.key],
    ] as const) {
      upstream.calls.splice(0)
      for (let time = 0; time < 2; time += 1) await post({ body: chat('not kept', more), headers, key })
      expect(upstream.calls).toHaveLength(2)
    }
    upstream.calls.splice(0)
    await postAndKeep({ body: chat('mine'), headers: cached })
    await post({ body: chat('mine'), headers: cached, key: other.key })
    expect(upstream.calls).toHaveLength(2)
  }, 60_000)

  it('keeps streams when asked to, byte for byte', async () => {
    const headers = { 'x-atpar-cache': 'streams' }
    const body = chat('stream me', { stream: true })
    const [first, again] = [await postAndKeep({ body, headers }), await post({ body, headers })]
    expect(upstream.calls).toHaveLength(1)
    expect(again.text).toBe(first.text)
    expect(again.headers['content-type']).toBe(first.headers['content-type'])
  })

  it('a kept stream that tells its cost says that it cost nothing the second time', async () => {
    const headers = { 'x-atpar-cache': 'streams' }
    const body = chat('what did it cost?', { stream: true, stream_options: { include_usage: true } })
    const [first, again] = [await postAndKeep({ body, headers }), await post({ body, headers, proxy: 1 })]
    expect(upstream.calls).toHaveLength(1)
    expect(first.text).toMatch(/"cost":0\.0/)
    expect(again.text).toBe(first.text.replace(/"cost":[\d.]+/, '"cost":0'))
  })
})
