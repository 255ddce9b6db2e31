import { AppError } from '@atpar/core/errors'
import type { JsonObject } from '@atpar/core/json'
import { describe, expect, test } from 'vitest'
import type { TaskCallerId, TaskProviderId } from './task-contract.ts'
import { taskCallers, taskProviders } from './task-registry.ts'

const facts = (body: JsonObject) => ({ generationId: 'g', model: 'm', createdAtMs: 0, costUsd: '0.000001', body })

/** A caller's body in a provider's format. */
const convert = (caller: TaskCallerId, provider: TaskProviderId, body: JsonObject) =>
  taskProviders[provider].encodeRequest(taskCallers[caller].decodeRequest(body), { upstreamModel: 'upstream' })

const question: JsonObject = { model: 'm', input: ['one', 'two'], dimensions: 256, input_type: 'query', user: 'u' }

describe('embeddings, from OpenAI’s format to', () => {
  test.each<readonly [TaskProviderId, JsonObject, readonly string[]]>([
    [
      'openai-embeddings',
      { model: 'upstream', input: ['one', 'two'], encoding_format: 'float', dimensions: 256, user: 'u' },
      ['purpose'],
    ],
    [
      'voyage-embeddings',
      { model: 'upstream', input: ['one', 'two'], input_type: 'query', output_dimension: 256 },
      ['user'],
    ],
    [
      'jina-embeddings',
      { model: 'upstream', input: ['one', 'two'], task: 'retrieval.query', dimensions: 256 },
      ['user'],
    ],
    [
      'cohere-embed',
      {
        model: 'upstream',
        texts: ['one', 'two'],
        input_type: 'search_query',
        embedding_types: ['float'],
        output_dimension: 256,
      },
      ['user'],
    ],
    [
      'gemini-embeddings',
      {
        requests: ['one', 'two'].map((text) => ({
          model: 'models/upstream',
          content: { parts: [{ text }] },
          taskType: 'RETRIEVAL_QUERY',
          outputDimensionality: 256,
        })),
      },
      ['user'],
    ],
  ])('%s, and what it has no word for is named', (provider, json, dropped) => {
    expect(convert('openai-embeddings', provider, question)).toMatchObject({ json, dropped })
  })

  test('a field that nobody knows is named as dropped', () => {
    for (const provider of ['openai-embeddings', 'voyage-embeddings', 'cohere-embed', 'gemini-embeddings'] as const)
      expect(convert('openai-embeddings', provider, { ...question, mystery: 1 }).dropped).toContain('mystery')
  })

  test('one text goes to Gemini by the method for one', () => {
    const { path, json } = convert('openai-embeddings', 'gemini-embeddings', { model: 'm', input: 'one' })
    expect([path, json]).toEqual([
      '/models/upstream:embedContent',
      { model: 'models/upstream', content: { parts: [{ text: 'one' }] } },
    ])
  })

  test('tokens are refused by formats that take text, so that another target is tried', () => {
    for (const provider of ['voyage-embeddings', 'jina-embeddings', 'cohere-embed', 'gemini-embeddings'] as const)
      expect(() => convert('openai-embeddings', provider, { model: 'm', input: [[1, 2]] })).toThrow(
        expect.objectContaining({ code: 'unsupported_parameter', param: 'input' }),
      )
    expect(convert('openai-embeddings', 'openai-embeddings', { model: 'm', input: [[1, 2]] }).json.input).toEqual([
      [1, 2],
    ])
  })
})

describe('passing through', () => {
  test('takes our vocabulary out and leaves everything else as it came', () => {
    const body = { model: 'm', input: 'x', provider: { only: ['openai'] }, mystery: true }
    expect(taskProviders['openai-embeddings'].passThrough?.(body, { upstreamModel: 'upstream' })).toEqual({
      path: '/embeddings',
      edits: [
        { path: ['model'], value: '"upstream"' },
        { path: ['provider'], remove: true },
      ],
    })
  })

  test('names the model in each request of a batch of Gemini’s', () => {
    const content = { parts: [{ text: 'x' }] }
    const body = { model: 'm', requests: [{ model: 'models/m', content, title: 't' }] }
    expect(taskProviders['gemini-embeddings'].passThrough?.(body, { upstreamModel: 'upstream' })).toEqual({
      path: '/models/upstream:batchEmbedContents',
      json: { requests: [{ model: 'models/upstream', content, title: 't' }] },
    })
  })
})

/** Answers as the providers print them in their documentation, vectors shortened. */
const GOLDEN: readonly (readonly [TaskProviderId, string, JsonObject, object | null])[] = [
  [
    'openai-embeddings',
    'https://platform.openai.com/docs/api-reference/embeddings/create',
    {
      object: 'list',
      data: [{ object: 'embedding', embedding: [0.0023064255, -0.009327292, -0.0028842222], index: 0 }],
      model: 'text-embedding-ada-002',
      usage: { prompt_tokens: 8, total_tokens: 8 },
    },
    { input_uncached: 8 },
  ],
  [
    'voyage-embeddings',
    'https://docs.voyageai.com/reference/embeddings-api',
    {
      object: 'list',
      data: [
        { object: 'embedding', embedding: [-0.0131, 0.0198], index: 0 },
        { object: 'embedding', embedding: [-0.0069, 0.0202], index: 1 },
      ],
      model: 'voyage-3.5',
      usage: { total_tokens: 10 },
    },
    { input_uncached: 10 },
  ],
  [
    'jina-embeddings',
    'https://api.jina.ai/redoc',
    {
      model: 'jina-embeddings-v3',
      object: 'list',
      usage: { total_tokens: 23, prompt_tokens: 23 },
      data: [{ object: 'embedding', index: 0, embedding: [0.1, 0.2] }],
    },
    { input_uncached: 23 },
  ],
  [
    'cohere-embed',
    'https://docs.cohere.com/reference/embed',
    {
      id: 'da6e531f-54c5-4a73-bf92-f60566d8d753',
      embeddings: { float: [[0.016296387, -0.008354187]] },
      texts: ['hello'],
      meta: { api_version: { version: '2' }, billed_units: { input_tokens: 2 } },
    },
    { input_uncached: 2 },
  ],
  [
    'gemini-embeddings',
    'https://ai.google.dev/api/embeddings',
    { embedding: { values: [0.013168523, -0.008711934] } },
    null,
  ],
  [
    'cohere-rerank',
    'https://docs.cohere.com/reference/rerank',
    {
      results: [
        { index: 3, relevance_score: 0.999071 },
        { index: 4, relevance_score: 0.7867867 },
        { index: 0, relevance_score: 0.32713068 },
      ],
      id: '07734bd2-2473-4f07-94e1-0d9f0e6843cf',
      meta: { api_version: { version: '2', is_experimental: false }, billed_units: { search_units: 1 } },
    },
    { searches: 1 },
  ],
  [
    'voyage-rerank',
    'https://docs.voyageai.com/reference/reranker-api',
    {
      object: 'list',
      data: [
        { relevance_score: 0.4375, index: 0 },
        { relevance_score: 0.421875, index: 1 },
      ],
      model: 'rerank-2.5',
      usage: { total_tokens: 26 },
    },
    { input_uncached: 26 },
  ],
  [
    'jina-rerank',
    'https://api.jina.ai/redoc',
    {
      model: 'jina-reranker-v2-base-multilingual',
      object: 'list',
      usage: { total_tokens: 815 },
      results: [{ index: 0, relevance_score: 0.8783142566680908 }],
    },
    { input_uncached: 815 },
  ],
  [
    'openai-moderations',
    'https://platform.openai.com/docs/api-reference/moderations/object',
    { id: 'modr-970d409ef3bef3b70c73d8232df86e7d', model: 'omni-moderation-latest', results: [{ flagged: true }] },
    { requests: 1 },
  ],
]

test.each(GOLDEN)('%s reads the usage of the answer at %s', (format, _link, body, units) => {
  const outcome = taskProviders[format].readOutcome(body)
  expect([outcome.usage?.units ?? null, outcome.hasContent]).toEqual([units, true])
})

test.each(GOLDEN.filter(([format]) => format !== 'openai-moderations' && format !== 'gemini-embeddings'))(
  '%s takes broken figures for none, which then bill nothing by themselves',
  (format, _link, body) => {
    const spoilt = JSON.parse(
      JSON.stringify(body).replace(/"(total_tokens|prompt_tokens|input_tokens|search_units)":\d+/g, '"$1":-5'),
    ) as JsonObject
    expect(taskProviders[format].readOutcome(spoilt).usage).toBeNull()
  },
)

test('ada-002 is billed under the name it was asked for, not the one it answers with', () => {
  const body = { model: 'text-embedding-ada-002-v2', data: [], usage: { prompt_tokens: 1, total_tokens: 1 } }
  expect(taskProviders['openai-embeddings'].readOutcome(body).servedModel).toBe('text-embedding-ada-002')
})

describe('answers', () => {
  const request = taskCallers['openai-embeddings'].decodeRequest({ model: 'm', input: ['a', 'b'] })

  test('come in the order of the inputs, with the cost', () => {
    const answer = taskProviders['voyage-embeddings'].decodeAnswer(
      {
        data: [
          { index: 1, embedding: [2] },
          { index: 0, embedding: [1] },
        ],
        usage: { total_tokens: 7 },
      },
      request,
    )
    const body = { model: 'm', input: ['a', 'b'] }
    expect(JSON.parse(JSON.stringify(taskCallers['openai-embeddings'].encodeAnswer(answer, facts(body))))).toEqual({
      object: 'list',
      data: [
        { object: 'embedding', index: 0, embedding: [1] },
        { object: 'embedding', index: 1, embedding: [2] },
      ],
      model: 'm',
      usage: { prompt_tokens: 7, total_tokens: 7, cost: 0.000001 },
    })
  })

  test('with a vector too few are no answers', () => {
    expect(() => taskProviders['cohere-embed'].decodeAnswer({ embeddings: { float: [[1]] } }, request)).toThrow(
      expect.objectContaining({ code: 'upstream_malformed' }),
    )
  })

  test('of a reranker that name a document which was not sent are no answers', () => {
    const asked = taskCallers.rerank.decodeRequest({ model: 'm', query: 'q', documents: ['a'] })
    expect(() =>
      taskProviders['jina-rerank'].decodeAnswer({ results: [{ index: 1, relevance_score: 0.5 }] }, asked),
    ).toThrow(AppError)
  })

  test('of Gemini’s caller have the shape of its method', () => {
    const answer = {
      task: 'embeddings',
      vectors: [{ kind: 'floats', values: [1] }],
      servedModel: null,
      usage: null,
    } as const
    const caller = taskCallers['gemini-embeddings']
    expect(caller.encodeAnswer(answer, facts({ content: {} }))).toEqual({ embedding: { values: [1] } })
    expect(caller.encodeAnswer(answer, facts({ requests: [] }))).toEqual({ embeddings: [{ values: [1] }] })
  })
})

describe('facts', () => {
  test('bound the tokens of embeddings by bytes and by the tokens that were sent', () => {
    const read = (input: JsonObject[string]) => taskCallers['openai-embeddings'].readFacts({ model: 'm', input })
    expect(read('häß')).toMatchObject({ textBytes: 16 + 4 + 5, maxOutputTokens: 0, inputs: 1 })
    expect(read([[1, 2, 3], [4]])).toMatchObject({ textBytes: 16 + 4 + 3 + 4 + 1, inputs: 2 })
  })

  test('cap arrays of tokens', () => {
    const half = Array.from({ length: 150_001 }, () => 7)
    expect(() => taskCallers['openai-embeddings'].readFacts({ model: 'm', input: [half, half] })).toThrow(
      expect.objectContaining({ code: 'body_too_large', status: 413 }),
    )
  })

  test.each<readonly [TaskCallerId, JsonObject, string]>([
    ['openai-embeddings', { model: 'm' }, 'input'],
    ['openai-embeddings', { model: 'm', input: [] }, 'input'],
    ['openai-embeddings', { model: 'm', input: ['a', 3] }, 'input[1]'],
    ['openai-embeddings', { model: 'm', input: 'a', encoding_format: 'hex' }, 'encoding_format'],
    ['openai-embeddings', { model: 'm', input: 'a', dimensions: 0 }, 'dimensions'],
    ['openai-embeddings', { input: 'a' }, 'model'],
    ['gemini-embeddings', { model: 'm', content: { parts: [] } }, 'content.parts'],
    ['gemini-embeddings', { model: 'm', requests: [{}] }, 'requests[0].content'],
    ['rerank', { model: 'm', documents: ['a'] }, 'query'],
    ['rerank', { model: 'm', query: 'q', documents: [{ title: 'a' }] }, 'documents[0]'],
    ['openai-moderations', { model: 'm', input: [{ type: 'video' }] }, 'input[0]'],
  ])('of %s refuse %j by the name of the field', (caller, body, param) => {
    expect(() => taskCallers[caller].readFacts(body)).toThrow(
      expect.objectContaining({ code: 'invalid_request', param }),
    )
  })

  test('bound searches by what documents and query can come to', () => {
    const searches = (documents: string[], query = 'q') =>
      taskCallers.rerank.readFacts({ model: 'm', query, documents }).units?.searches
    expect(searches(['a'])).toBe(1)
    expect(searches(Array.from({ length: 100 }, () => 'short'))).toBe(1)
    expect(searches(Array.from({ length: 101 }, () => 'short'))).toBe(2)
    // 2,000 bytes are at most 2,000 tokens, five pieces of 500 with the query in each.
    expect(searches(Array.from({ length: 100 }, () => 'x'.repeat(2_000)))).toBe(5)
  })

  test('of a rerank count the query once for each document', () => {
    expect(taskCallers.rerank.readFacts({ model: 'm', query: 'abcd', documents: ['xy', 'z'] }).textBytes).toBe(
      16 + (8 + 4 + 2) + (8 + 4 + 1),
    )
  })
})
