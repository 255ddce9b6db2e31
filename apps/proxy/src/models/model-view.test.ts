import type { Caller } from '@atpar/core/caller'
import { parseUsd } from '@atpar/core/money'
import type { Model, Offering, Snapshot } from '@atpar/core/snapshot'
import { describe, expect, test } from 'vitest'
import { createRecentService } from '../health/recent-service.ts'
import { pageForAnthropic, toAnthropicModel } from './anthropic-shape.ts'
import { toEndpoints } from './endpoints-shape.ts'
import { pageForGemini, toGeminiModel } from './gemini-shape.ts'
import { viewModels, viewNamed, type ModelView } from './model-view.ts'
import { toOpenAiModel } from './openai-shape.ts'

const offering = (id: string, changes: Partial<Offering> = {}): Offering => ({
  id,
  modelId: 'llama',
  task: 'chat',
  providerId: id.split('/')[0] ?? '',
  upstreamModel: `their-${id}`,
  contextTokens: 1_000,
  maxOutputTokens: 100,
  priority: 100,
  funding: 'platform',
  enabled: true,
  parameters: ['seed'],
  rates: {
    offeringId: id,
    priceVersionId: 'v',
    rows: [
      {
        contextFrom: 0,
        serviceTier: null,
        window: null,
        prices: { input_uncached: { amountPusd: parseUsd('0.15'), perUnits: 1_000_000n } },
      },
      {
        contextFrom: 200,
        serviceTier: null,
        window: { fromMinute: 30, toMinute: 990 },
        prices: { input_uncached: { amountPusd: parseUsd('0.3'), perUnits: 1_000_000n } },
      },
    ],
  },
  ...changes,
})

const model = (id: string, offeringIds: readonly string[]): Model => ({
  id,
  displayName: id.toUpperCase(),
  family: id,
  author: 'Somebody',
  task: 'chat',
  reasoning: false,
  createdAtMs: Date.parse('2026-01-02T03:04:05Z'),
  aliases: [`${id}-latest`],
  inputModalities: ['text', 'image'],
  outputModalities: ['text'],
  offeringIds,
})

const OFFERINGS = [
  offering('off/llama', { enabled: false }),
  offering('absent/llama'),
  offering('unpriced/llama', { rates: null, unpricedReason: 'Nobody knows.' }),
  offering('groq/llama', { parameters: ['seed', 'top_k'], retiresOn: '2027-01-14', successorId: 'lonely' }),
  offering('gone/llama', { retiresOn: '2026-11-23' }),
  offering('absent/lonely', { modelId: 'lonely' }),
]
const MODELS = [
  model('llama', ['off/llama', 'absent/llama', 'unpriced/llama', 'gone/llama', 'groq/llama']),
  model('lonely', ['absent/lonely']),
]

const snapshot: Snapshot = {
  version: 1,
  priceBookId: 1,
  clockOffsetMs: 0,
  models: new Map(MODELS.map((entry) => [entry.id, entry])),
  aliases: new Map(MODELS.flatMap(({ id, aliases }) => aliases.map((alias) => [alias, id] as const))),
  offerings: new Map(OFFERINGS.map((entry) => [entry.id, entry])),
}

const deps = (own: readonly string[] = []): Parameters<typeof viewModels>[0] => ({
  clock: { nowMs: () => 0, monotonicMs: () => 0, wallMs: () => Date.parse('2026-11-23T12:00:00Z') },
  feed: { current: () => snapshot, poke: () => {}, stop: () => Promise.resolve() },
  targets: {
    find: () => {
      throw new Error('nobody is called')
    },
    isReachable: (providerId) => providerId !== 'absent',
    buildOwn: () => null,
  },
  credentials: {
    find: () =>
      own.length === 0
        ? null
        : {
            accessesOf: (providerId) => (own.includes(providerId) ? ([{}] as unknown as readonly never[]) : []),
            isOnlyOwn: () => false,
            catalogue: null,
            endpointAccess: () => null,
          },
    evict: () => {},
    confirmFresh: () => {},
    noteServed: () => {},
    noteFailure: () => {},
  },
})

const caller = (...allowedModels: readonly string[]): Caller => ({ orgId: 'org', allowedModels }) as unknown as Caller

const required = async (name: string, own: readonly string[] = []): Promise<ModelView> => {
  const view = await viewNamed(deps(own), caller(), name)
  if (view === null) throw new Error(`no ${name}`)
  return view
}

describe('what a caller may know', () => {
  test('every model, and whether it can be called: the reason stands beside each offering that cannot', async () => {
    const [llama, lonely] = await viewModels(deps(), caller())
    expect([llama?.available, lonely?.available]).toEqual([true, false])
    expect(llama?.offerings.map(({ offering: { id }, obstacle }) => [id, obstacle])).toEqual([
      ['groq/llama', null],
      ['off/llama', 'disabled'],
      ['absent/llama', 'no_credential'],
      ['unpriced/llama', 'not_priced'],
      ['gone/llama', 'retired'],
    ])
  })

  test('a credential of the caller’s own makes available what the installation has none for', async () => {
    expect((await required('lonely', ['absent'])).available).toBe(true)
  })

  test('only what the key may use, named by id or by alias', async () => {
    expect((await viewModels(deps(), caller('lonely-latest'))).map((view) => view.model.id)).toEqual(['lonely'])
    expect(await viewNamed(deps(), caller('lonely'), 'llama')).toBeNull()
    expect(await viewNamed(deps(), caller(), 'no-such')).toBeNull()
  })

  test.each(['llama', 'llama-latest', 'groq/llama'])('%s is a name of the model', async (name) => {
    expect((await required(name)).model.id).toBe('llama')
  })
})

describe('shapes', () => {
  test('OpenAI’s, with prices as text, all conditions, and what can be asked of it', async () => {
    expect(toOpenAiModel(await required('llama'))).toMatchObject({
      id: 'llama',
      object: 'model',
      created: 1767323045,
      owned_by: 'Somebody',
      aliases: ['llama-latest'],
      available: true,
      context_length: 1_000,
      architecture: { modality: 'text+image->text', input_modalities: ['text', 'image'], output_modalities: ['text'] },
      pricing: { prompt: '0.00000015' },
      supported_parameters: ['seed', 'top_k'],
      shutdown_date: '2027-01-14',
      successor: 'lonely',
      offerings: [
        {
          id: 'groq/llama',
          available: true,
          shutdown_date: '2027-01-14',
          pricing_tiers: [{ context_from: 0 }, { utc_minutes: [30, 990] }],
        },
        { unavailable_because: 'disabled' },
        { unavailable_because: 'no_credential' },
        { unavailable_because: 'not_priced', not_priced_because: 'Nobody knows.', pricing: null },
        { unavailable_because: 'retired', shutdown_date: '2026-11-23', successor: null },
      ],
    })
  })

  test('a model that cannot be called still says what it would take', async () => {
    expect(toOpenAiModel(await required('lonely'))).toMatchObject({ available: false, supported_parameters: ['seed'] })
  })

  test('Anthropic’s', async () => {
    expect(toAnthropicModel(await required('llama'))).toMatchObject({
      type: 'model',
      id: 'llama',
      display_name: 'LLAMA',
      created_at: '2026-01-02T03:04:05.000Z',
      available: true,
      shutdown_date: '2027-01-14',
      successor: 'lonely',
    })
  })

  test('Google’s', async () => {
    expect(toGeminiModel(await required('llama'))).toMatchObject({
      name: 'models/llama',
      displayName: 'LLAMA',
      inputTokenLimit: 1_000,
      outputTokenLimit: 100,
      supportedGenerationMethods: ['generateContent', 'streamGenerateContent', 'countTokens'],
    })
  })

  test('the offerings side by side, with figures where there are any and null where not', async () => {
    const recent = createRecentService({ monotonicMs: () => 0 })
    recent.noteServed('groq/llama', { waitedMs: 123.4, outputTokens: 10, wroteMs: 100 })
    const body = toEndpoints(await required('llama'), { recent, nameOf: (id) => id.toUpperCase() })
    expect(body).toMatchObject({
      data: {
        id: 'llama',
        endpoints: [
          {
            provider_name: 'GROQ',
            supported_parameters: ['seed', 'top_k'],
            uptime_last_30m: 1,
            latency_last_30m_ms: 123,
            throughput_last_30m: 100,
          },
          { uptime_last_30m: null, latency_last_30m_ms: null, throughput_last_30m: null },
          {},
          {},
          {},
        ],
      },
    })
  })
})

describe('pages', () => {
  const views = Array.from({ length: 5 }, (_, index): ModelView => ({
    model: model(`m${index}`, []),
    offerings: [],
    available: true,
  }))
  const ids = (page: { readonly views: readonly ModelView[] }): string => page.views.map((view) => view.model.id).join()

  test('Anthropic’s go on after an id, or back from one', () => {
    const page = (query: string) => pageForAnthropic(views, new URLSearchParams(query))
    expect([ids(page('limit=2')), page('limit=2').hasMore]).toEqual(['m0,m1', true])
    expect([ids(page('limit=3&after_id=m1')), page('limit=3&after_id=m1').hasMore]).toEqual(['m2,m3,m4', false])
    expect([ids(page('limit=2&before_id=m3')), page('limit=2&before_id=m3').hasMore]).toEqual(['m1,m2', true])
    expect(ids(page(''))).toBe('m0,m1,m2,m3,m4')
  })

  test('Google’s carry a token to the last page, which has none', () => {
    const seen: string[] = []
    let token: string | null = ''
    while (token !== null) {
      const page = pageForGemini(views, new URLSearchParams({ pageSize: '2', pageToken: token }))
      seen.push(ids(page))
      token = page.next
    }
    expect(seen).toEqual(['m0,m1', 'm2,m3', 'm4'])
  })

  test.each(['limit=0', 'limit=-1', 'limit=many', 'limit=1e3'])('%s is refused by name', (query) => {
    expect(() => pageForAnthropic(views, new URLSearchParams(query))).toThrow('"limit"')
  })
})
