import { GoogleGenAI } from '@google/genai'
import OpenAI, { APIError } from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addOwnCredential } from './own-credential.ts'
import { waitUntilSettled } from './settled.ts'
import { startSystem, type RunningSystem } from './start-system.ts'
import { createTenant, type SeededTenant } from './tenant.ts'

const TEXTS = ['The cat sat on the mat.', 'Invoices are due in thirty days.', 'Ships sail at dawn.']
/** 1.6 MB together: more than the event loop reads itself. */
const LONG_TEXTS = Array.from({ length: 80 }, (_, index) => `${index}. The cat sat on the mat. `.repeat(800))
const EMBEDDERS = [
  { model: 'text-embedding-3-small', length: 1_536 },
  { model: 'gemini-embedding-2', length: 3_072 },
  { model: 'embed-v4', length: 1_536 },
  { model: 'voyage-3.5', length: 1_024 },
  { model: 'nomic-embed-text', length: 1_536 },
  { model: 'mistral-embed', length: 1_536 },
  { model: 'jina-embeddings-v3', length: 1_024 },
] as const

describe('what is no chat, by the same six steps', () => {
  let system: RunningSystem
  let tenant: SeededTenant
  let openai: OpenAI
  let google: GoogleGenAI
  let url: string
  beforeAll(async () => {
    system = await startSystem()
    tenant = await createTenant(system.owner, { name: 'tasks' })
    // Jina has no list price, so it is called with a key of one's own.
    await addOwnCredential(system.owner, {
      orgId: tenant.orgId,
      providerId: 'jina',
      apiKey: 'jina_test_key_of_our_own',
    })
    url = system.proxyUrls[0] ?? ''
    openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: tenant.key, maxRetries: 0 })
    google = new GoogleGenAI({ apiKey: tenant.key, httpOptions: { baseUrl: url } })
  }, 90_000)
  afterAll(() => system.stop())

  const post = async (path: string, body: object): Promise<{ readonly status: number; readonly json: Answer }> => {
    const answer = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${tenant.key}` },
      body: JSON.stringify(body),
    })
    return { status: answer.status, json: (await answer.json()) as Answer }
  }

  it.each(EMBEDDERS)(
    'openai gets vectors from $model, the same as base64 and as numbers',
    async ({ model, length }) => {
      const packed = await openai.embeddings.create({ model, input: TEXTS })
      expect(packed.data.map(({ index, embedding }) => [index, embedding.length])).toEqual(
        TEXTS.map((_, index) => [index, length]),
      )
      const plain = await openai.embeddings.create({ model, input: TEXTS, encoding_format: 'float' })
      expect(plain.data.map(({ embedding }) => embedding)).toEqual(packed.data.map(({ embedding }) => embedding))
      expect(plain.usage.prompt_tokens).toBeGreaterThan(10)
      expect(plain.usage).toHaveProperty('cost', expect.any(Number))
    },
  )

  it('openai gets shorter vectors when it asks for them, also from a provider that names the field differently', async () => {
    for (const model of ['text-embedding-3-large', 'gemini-embedding-001', 'voyage-4-lite', 'embed-v4']) {
      const { data } = await openai.embeddings.create({ model, input: 'short', dimensions: 256 })
      expect([model, data[0]?.embedding.length]).toEqual([model, 256])
    }
  })

  it('a field that nobody knows costs no answer, whatever it is called', async () => {
    const { status } = await post('/v1/embeddings', {
      model: 'voyage-3.5',
      input: 'hi',
      'pooling\r\nx-evil: 1': 'mean',
    })
    expect(status).toBe(200)
  })

  it('openai may send tokens to a model that reads them, and is told where one does not', async () => {
    const { usage } = await openai.embeddings.create({ model: 'text-embedding-ada-002', input: [[1, 2, 3], [4]] })
    expect(usage.prompt_tokens).toBe(4)
    const error = await openai.embeddings.create({ model: 'voyage-3.5', input: [1, 2, 3] }).catch(caught)
    expect(error).toMatchObject({ status: 400, code: 'unsupported_parameter', param: 'input' })
  })

  it('caps arrays of tokens with 413', async () => {
    const input = Array.from({ length: 300_001 }, () => 1)
    const error = await openai.embeddings.create({ model: 'text-embedding-3-small', input }).catch(caught)
    expect(error).toMatchObject({ status: 413, code: 'body_too_large' })
  })

  it.each(['gemini-embedding-001', 'text-embedding-3-small', 'embed-v4'])(
    "Google's client gets vectors from %s, one and several",
    async (model) => {
      const several = await google.models.embedContent({
        model,
        contents: TEXTS,
        config: { taskType: 'RETRIEVAL_QUERY' },
      })
      expect(several.embeddings?.map(({ values }) => (values?.length ?? 0) > 1_000)).toEqual([true, true, true])
      const one = await post(`/v1beta/models/${model}:embedContent`, { content: { parts: [{ text: TEXTS[0] }] } })
      expect(one.status).toBe(200)
      expect(one.json.embedding?.values).toEqual(several.embeddings?.[0]?.values)
    },
  )

  it.each(['text-embedding-3-small', 'embed-v4', 'gemini-embedding-001'])(
    'megabytes of texts become vectors of %s as a few words do',
    async (model) => {
      const input = LONG_TEXTS.slice(0, 60)
      const { data, usage } = await openai.embeddings.create({
        model,
        input,
        dimensions: 256,
        encoding_format: 'float',
      })
      expect(data.map(({ index, embedding }) => [index, embedding.length])).toEqual(
        input.map((_, index) => [index, 256]),
      )
      expect(usage).toHaveProperty('cost', expect.any(Number))
    },
  )

  it('megabytes of documents are ranked, and come back when asked for', async () => {
    const documents = [...LONG_TEXTS, 'Invoices are due in thirty days.']
    const { status, json } = await post('/v1/rerank', {
      model: 'rerank-2.5',
      query: 'when are invoices due',
      documents,
      top_n: 1,
      return_documents: true,
    })
    expect(status).toBe(200)
    const [best] = json.results ?? []
    expect(best?.document?.text).toBe(documents[best?.index ?? -1])
    expect(json.usage).toHaveProperty('cost', expect.any(Number))
  })

  it.each(['rerank-v3.5', 'rerank-2.5', 'jina-reranker-m0'])('%s ranks documents in one shape', async (model) => {
    const { status, json } = await post('/v1/rerank', {
      model,
      query: 'when are invoices due',
      documents: [TEXTS[0], { text: TEXTS[1] }, TEXTS[2]],
      top_n: 2,
      return_documents: true,
    })
    expect([status, json.results?.length]).toEqual([200, 2])
    expect(json.results?.[0]).toEqual({
      index: 1,
      relevance_score: expect.any(Number),
      document: { text: TEXTS[1] },
    })
    expect(json.usage).toHaveProperty('cost', expect.any(Number))
  })

  it('openai moderates without naming a model, free of charge', async () => {
    const { results, model } = await openai.moderations.create({ input: ['a quiet evening', 'violence in the street'] })
    expect(results.map(({ flagged }) => flagged)).toEqual([false, true])
    expect(model).toContain('omni-moderation')
  })

  it.each(['gpt-3.5-turbo-instruct', 'babbage-002', 'gpt-4o-mini', 'claude-haiku-4-5', 'gemini-2.5-flash'])(
    'openai gets a text gone on with by %s, whole and streamed',
    async (model) => {
      const prompt = 'Once upon a time [[sim:{"tokens":9}]]'
      const whole = await openai.completions.create({ model, prompt, max_tokens: 64 })
      expect(whole.choices[0]?.text.length).toBeGreaterThan(10)
      expect([whole.choices[0]?.finish_reason, whole.usage?.completion_tokens]).toEqual(['stop', 9])
      expect(whole.usage).toHaveProperty('cost', expect.any(Number))
      let text = ''
      let counted: number | undefined
      let finish: string | null = null
      for await (const event of await openai.completions.create({
        model,
        prompt,
        max_tokens: 64,
        stream: true,
        stream_options: { include_usage: true },
      })) {
        text += event.choices[0]?.text ?? ''
        finish = event.choices[0]?.finish_reason ?? finish
        counted = event.usage?.completion_tokens ?? counted
      }
      expect([text, finish, counted]).toEqual([whole.choices[0]?.text, 'stop', 9])
    },
  )

  it('openai gets several texts gone on with at once from a model made for it, and is told where one is not', async () => {
    const prompt = ['One [[sim:{"tokens":5}]]', 'Two [[sim:{"tokens":5}]]']
    const { choices, usage } = await openai.completions.create({ model: 'davinci-002', prompt, n: 2 })
    expect([choices.length, usage?.completion_tokens]).toEqual([4, 20])
    const error = await openai.completions.create({ model: 'gpt-4o-mini', prompt }).catch(caught)
    expect(error).toMatchObject({ status: 400, code: 'unsupported_parameter', param: 'prompt' })
  })

  it.each([
    ['/v1/embeddings', { model: 'gpt-4o-mini', input: 'x' }, 'POST /v1/chat/completions'],
    ['/v1/chat/completions', { model: 'rerank-2.5', messages: [{ role: 'user', content: 'x' }] }, 'POST /v1/rerank'],
    ['/v1/rerank', { model: 'text-embedding-3-small', query: 'x', documents: ['y'] }, 'POST /v1/embeddings'],
    [
      '/v1/chat/completions',
      { model: 'davinci-002', messages: [{ role: 'user', content: 'x' }] },
      'POST /v1/completions',
    ],
    ['/v1/completions', { model: 'embed-v4', prompt: 'x' }, 'POST /v1/embeddings'],
  ])('%s names the endpoint that fits a model of another kind', async (path, body, fitting) => {
    const { status, json } = await post(path, body)
    expect([status, json.error?.code, json.error?.message]).toEqual([
      400,
      'wrong_endpoint',
      expect.stringContaining(fitting),
    ])
  })

  it.each(['/v1/files', '/v1/fine_tuning/jobs', '/v1/batches', '/v1beta/models/gemini-2.5-pro:predict'])(
    'POST %s is 501 with a stable code',
    async (path) => {
      const { status, json } = await post(path, {})
      expect([status, json.error?.details?.[0]?.reason ?? json.error?.code]).toEqual([
        501,
        path.startsWith('/v1beta') ? 'NOT_IMPLEMENTED' : 'not_implemented',
      ])
    },
  )

  it('a provider that fails is told of in OpenAI’s words, and nothing is charged', async () => {
    const input = 'x [[sim:{"status":503}]]'
    const error = await openai.embeddings.create({ model: 'text-embedding-3-small', input }).catch(caught)
    expect(error).toMatchObject({ status: 502, code: 'upstream_failed' })
  })

  it('what a provider does not count is counted from what was sent', async () => {
    const input = 'Nobody counts this. [[sim:{"no_usage":true}]]'
    const { data } = await openai.embeddings.create({ model: 'text-embedding-3-small', input })
    expect(data).toHaveLength(1)
  })

  it('a hard budget holds for what is counted in searches', async () => {
    const poor = await createTenant(system.owner, { name: 'poor', budgets: { key: '0.005' } })
    const ask = (): Promise<number> =>
      fetch(`${url}/v1/rerank`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${poor.key}` },
        body: JSON.stringify({ model: 'rerank-v3.5', query: 'invoices', documents: TEXTS }),
      }).then(async (answer) => {
        await answer.body?.cancel()
        return answer.status
      })
    // Each costs $0.002: two fit, also when all are asked at once.
    const statuses = await Promise.all([ask(), ask(), ask(), ask()])
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 200, 402, 402])
  })

  it('wrote down for each call what its provider has in its books, and priced it at the list', async () => {
    await waitUntilSettled(system)
    const { rows } = await system.owner.query<EventRow>(
      `SELECT e.request_id, e.attempt, e.endpoint, e.provider, e.units, e.usage_source, e.cost_pusd::text AS cost, e.outcome, e.funding,
         (SELECT sum(floor(unit.value::numeric * p.amount_pusd / p.per_units))::text FROM jsonb_each_text(e.units) AS unit
          JOIN price_version p ON p.offering_id = e.offering_id AND p.bucket = unit.key AND p.retired_book_id IS NULL) AS list_price
       FROM usage_event e WHERE e.org_id = $1`,
      [tenant.orgId],
    )
    const books = new Map(
      (system.simulators?.books.entries() ?? []).map((entry) => [entry.callerRequestId ?? '', entry]),
    )
    expect(new Set(rows.map(({ endpoint }) => endpoint))).toEqual(
      new Set(['embeddings', 'embed-content', 'rerank', 'moderations', 'completions']),
    )
    for (const row of rows) {
      const entry = books.get(`${row.request_id}-${row.attempt}`)
      const booked = countedOf(entry?.usage ?? {})
      if (entry?.status === 503) {
        expect([row.outcome, row.units, row.cost]).toEqual(['upstream_error', {}, '0'])
        continue
      }
      // The custom simulator stands for every provider that has none of its own.
      expect([row.provider, row.outcome]).toEqual([entry?.provider === 'custom' ? 'mistral' : entry?.provider, 'ok'])
      if (row.usage_source === 'provider_final') expect(countedOf(row.units)).toEqual(booked)
      else expect(row.units['input_uncached']).toBeLessThanOrEqual(booked['input_uncached'] ?? 0)
      if (row.funding === 'platform') expect(Number(row.cost)).toBe(Number(row.list_price))
      if (row.endpoint === 'moderations') expect([row.cost, row.units]).toEqual(['0', { requests: 1 }])
      // Google tells no usage of the first generation, and one call was made to tell none: what was sent is counted.
      expect(row.usage_source).toBe(entry?.finalUsageSent === false && isCounted(row) ? 'tokenizer' : 'provider_final')
    }
    expect(rows.length).toBe(books.size - SEARCHES_OF_ANOTHER_KEY)
  }, 30_000)
})

/** The two that its budget had room for. */
const SEARCHES_OF_ANOTHER_KEY = 2

/** Calls of moderation are counted by us, and no provider tells of them. */
const isCounted = ({ endpoint }: EventRow): boolean => endpoint !== 'moderations'

const countedOf = (units: object): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(units).filter(([, count]) => count > 0))

const caught = (error: unknown): unknown => {
  expect(error).toBeInstanceOf(APIError)
  return error
}

interface Answer {
  readonly results?: readonly { readonly index?: number; readonly document?: { readonly text?: string } }[]
  readonly usage?: object
  readonly embedding?: { readonly values?: readonly number[] }
  readonly error?: {
    readonly code?: string
    readonly message?: string
    readonly details?: readonly { readonly reason?: string }[]
  }
}

interface EventRow {
  readonly request_id: string
  readonly attempt: number
  readonly endpoint: string
  readonly provider: string
  readonly units: Readonly<Record<string, number>>
  readonly usage_source: string
  readonly cost: string
  readonly outcome: string
  readonly funding: string
  readonly list_price: string | null
}
