import { describe, expect, test } from 'vitest'
import { AppError } from './errors.ts'
import type { JsonObject } from './json.ts'
import { isPlanPlain, isRetryable, planAttempts, type HealthState, type PlanInput } from './routing.ts'
import type { Model, Offering, Snapshot } from './snapshot.ts'

/** Dollars per million tokens, as whole micro-dollars per token would be: 1 = $1 per million. */
const rates = (offeringId: string, input: number, output: number) => ({
  offeringId,
  priceVersionId: `price-${offeringId}`,
  rows: [
    {
      contextFrom: 0,
      serviceTier: null,
      window: null,
      prices: {
        input_uncached: { amountPusd: BigInt(Math.round(input * 1_000_000)), perUnits: 1n },
        output_text: { amountPusd: BigInt(Math.round(output * 1_000_000)), perUnits: 1n },
      },
    },
  ],
})

const offering = (id: string, changes: Partial<Offering> = {}): Offering => ({
  id,
  modelId: 'llama',
  task: 'chat',
  providerId: id.split('/')[0] ?? id,
  upstreamModel: id.slice(id.indexOf('/') + 1),
  contextTokens: 131_072,
  maxOutputTokens: null,
  priority: 100,
  funding: 'platform',
  enabled: true,
  rates: rates(id, 1, 1),
  ...changes,
})

const model = (id: string, offeringIds: readonly string[], aliases: readonly string[] = []): Model => ({
  id,
  displayName: id,
  family: id,
  author: 'Somebody',
  task: 'chat',
  reasoning: false,
  createdAtMs: 0,
  aliases,
  offeringIds,
})

const snapshotOf = (models: readonly Model[], offerings: readonly Offering[]): Snapshot => ({
  version: 1,
  priceBookId: 1,
  clockOffsetMs: 0,
  models: new Map(models.map((entry) => [entry.id, entry])),
  aliases: new Map(models.flatMap((entry) => entry.aliases.map((alias) => [alias, entry.id] as const))),
  offerings: new Map(offerings.map((entry) => [entry.id, entry])),
})

const CHEAP = offering('together/llama', { rates: rates('together/llama', 0.5, 0.5) })
const FAST = offering('groq/llama')
const RESOLD = offering('openrouter/llama', { priority: 200, rates: rates('openrouter/llama', 0.1, 0.1) })
const CHAT = offering('deepseek/chat', { modelId: 'chat' })
const SNAPSHOT = snapshotOf(
  [
    model('llama', [FAST.id, RESOLD.id, CHEAP.id], ['meta/llama', 'llama-70b']),
    model('chat', [CHAT.id], ['deepseek/deepseek-chat']),
  ],
  [CHEAP, FAST, RESOLD, CHAT],
)

const input = (changes: Partial<PlanInput> = {}, body: JsonObject = {}): PlanInput => ({
  snapshot: SNAPSHOT,
  model: 'llama',
  body,
  allowedModels: [],
  health: () => 'closed',
  nowMs: Date.parse('2026-11-23T12:00:00Z'),
  isReachable: () => true,
  ...changes,
})

const plan = (changes: Partial<PlanInput> = {}, body: JsonObject = {}): readonly string[] =>
  planAttempts(input(changes, body)).candidates.map(({ id }) => id)
const wishing = (provider: JsonObject): readonly string[] => plan({}, { provider })

const failure = (run: () => unknown): AppError => {
  try {
    run()
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('It did not fail')
}

describe('naming a model', () => {
  test.each(['llama', 'meta/llama', 'llama-70b'])('%s means the same model', (name) => {
    expect(planAttempts(input({ model: name })).model.id).toBe('llama')
    expect(plan({ model: name })).toHaveLength(3)
  })

  test('an offering’s id pins that offering', () => {
    expect(plan({ model: 'groq/llama' })).toEqual(['groq/llama'])
  })

  test('an unknown name is refused with the names it may have meant', () => {
    const error = failure(() => plan({ model: 'lama-70b' }))
    expect(error.code).toBe('unknown_model')
    expect(error.message).toContain('llama-70b')
  })

  test('a name like nothing here gets no guess, and a huge one is not echoed whole', () => {
    expect(failure(() => plan({ model: 'mixtral' })).message).not.toContain('Did you mean')
    expect(failure(() => plan({ model: 'x'.repeat(50_000) })).message.length).toBeLessThan(300)
  })

  test('a colon is part of a name unless what follows is a known suffix', () => {
    const tagged = offering('ollama/llama3.2:1b', { modelId: 'llama3.2:1b', funding: 'local', rates: null })
    const snapshot = snapshotOf([model('llama3.2:1b', [tagged.id])], [tagged])
    expect(plan({ snapshot, model: 'llama3.2:1b' })).toEqual(['ollama/llama3.2:1b'])
    expect(failure(() => plan({ model: 'llama:nothing' })).code).toBe('unknown_model')
  })

  test(':floor puts the cheapest first whatever its priority', () => {
    expect(plan({ model: 'llama:floor' })).toEqual(['openrouter/llama', 'together/llama', 'groq/llama'])
  })
})

describe('the order of attempts', () => {
  test('priority first, then price', () => {
    expect(plan()).toEqual(['together/llama', 'groq/llama', 'openrouter/llama'])
  })

  test('is the same every time among equals', () => {
    const twins = [offering('b/llama'), offering('a/llama')]
    const snapshot = snapshotOf([model('llama', ['b/llama', 'a/llama'])], twins)
    expect(plan({ snapshot })).toEqual(['a/llama', 'b/llama'])
  })

  test('an open one comes last but stays, as the least bad', () => {
    const health = (id: string): HealthState => (id === 'together/llama' ? 'open' : 'closed')
    expect(plan({ health })).toEqual(['groq/llama', 'openrouter/llama', 'together/llama'])
    expect(plan({ health: () => 'open' })).toHaveLength(3)
  })

  test('one that may be probed keeps its place', () => {
    expect(plan({ health: (id) => (id === 'together/llama' ? 'half-open' : 'closed') })[0]).toBe('together/llama')
  })

  test('models[] follows after the model named, and nothing is tried twice', () => {
    expect(plan({}, { models: ['meta/llama', 'chat', 'llama'] })).toEqual([
      'together/llama',
      'groq/llama',
      'openrouter/llama',
      'deepseek/chat',
    ])
  })

  test('models[] stands alone when no model is named', () => {
    expect(plan({ model: '' }, { models: ['chat'] })).toEqual(['deepseek/chat'])
  })
})

describe('provider preferences', () => {
  test('order puts the listed first and keeps the rest', () => {
    expect(wishing({ order: ['OpenRouter', 'groq'] })).toEqual(['openrouter/llama', 'groq/llama', 'together/llama'])
  })

  test('order without fallbacks keeps only the listed', () => {
    expect(wishing({ order: ['groq', 'openrouter'], allow_fallbacks: false })).toEqual([
      'groq/llama',
      'openrouter/llama',
    ])
  })

  test('no fallbacks at all leaves one attempt', () => {
    expect(wishing({ allow_fallbacks: false })).toEqual(['together/llama'])
  })

  test('only and ignore filter, and the trail says by what', () => {
    expect(wishing({ only: ['groq', 'together/llama'] })).toEqual(['together/llama', 'groq/llama'])
    const { candidates, skipped } = planAttempts(input({}, { provider: { ignore: ['together'] } }))
    expect(candidates.map(({ id }) => id)).toEqual(['groq/llama', 'openrouter/llama'])
    expect(skipped).toEqual([
      {
        attempt: null,
        offeringId: 'together/llama',
        provider: 'together',
        result: 'skipped',
        reason: 'excluded by provider.ignore',
      },
    ])
  })

  test('sort by price beats priority', () => {
    expect(wishing({ sort: 'price' })[0]).toBe('openrouter/llama')
  })

  test('max_price is a hard ceiling, the price itself allowed', () => {
    expect(wishing({ max_price: { prompt: 0.5 } })).toEqual(['together/llama', 'openrouter/llama'])
    expect(wishing({ max_price: { completion: '0.499999' } })).toEqual(['openrouter/llama'])
  })

  test('max_price counts the dearer price of a long context once the input may reach it', () => {
    const tiered = offering('groq/llama', {
      rates: {
        ...rates('groq/llama', 1, 1),
        rows: [
          ...rates('groq/llama', 1, 1).rows,
          ...rates('groq/llama', 4, 4).rows.map((row) => ({ ...row, contextFrom: 1_001 })),
        ],
      },
    })
    const snapshot = snapshotOf([model('llama', [tiered.id])], [tiered])
    const body = { provider: { max_price: { prompt: 2 } } }
    expect(plan({ snapshot, inputTokens: 1_000 }, body)).toEqual(['groq/llama'])
    expect(failure(() => plan({ snapshot, inputTokens: 1_001 }, body)).code).toBe('invalid_request')
  })

  test('wishes that leave nothing are told which one did it', () => {
    const error = failure(() => wishing({ only: ['anthropic'] }))
    expect([error.code, error.param]).toEqual(['invalid_request', 'provider'])
    expect(error.message).toContain('not in provider.only')
  })

  test.each([
    [{ data_collection: 'deny' }, 'provider.data_collection'],
    [{ zdr: true }, 'provider.zdr'],
    [{ sort: 'latency' }, 'provider.sort'],
    [{ quantizations: ['fp8'] }, 'provider.quantizations'],
    [{ max_price: { image: 1 } }, 'provider.max_price.image'],
  ])('%j is refused, never dropped in silence', (provider, param) => {
    const error = failure(() => wishing(provider))
    expect([error.code, error.param]).toEqual(['unsupported_parameter', param])
  })

  test.each([
    [{ provider: 'groq' }, 'provider'],
    [{ provider: { order: 'groq' } }, 'provider.order'],
    [{ provider: { only: [1] } }, 'provider.only'],
    [{ provider: { allow_fallbacks: 'no' } }, 'provider.allow_fallbacks'],
    [{ provider: { max_price: { prompt: -1 } } }, 'provider.max_price.prompt'],
    [{ provider: { max_price: { prompt: 'cheap' } } }, 'provider.max_price.prompt'],
    [{ provider: { max_price: { completion: 1e300 } } }, 'provider.max_price.completion'],
    [{ provider: { sort: 'colour' } }, 'provider.sort'],
    [{ models: 'llama' }, 'models'],
    [{ models: Array.from({ length: 21 }, () => 'llama') }, 'models'],
  ] as const)('%j is refused by name', (body, param) => {
    const error = failure(() => plan({}, body as unknown as JsonObject))
    expect([error.code, error.param]).toEqual(['invalid_request', param])
  })

  test('values that ask for nothing are accepted', () => {
    expect(
      wishing({
        require_parameters: false,
        data_collection: 'allow',
        zdr: false,
        order: null,
        sort: null,
        max_price: null,
      }),
    ).toHaveLength(3)
  })
})

describe('provider.require_parameters', () => {
  const takes = (id: string, ...parameters: readonly string[]): Offering => offering(id, { parameters })
  const planned = (body: JsonObject, offerings: readonly Offering[]) =>
    planAttempts(
      input({
        body,
        snapshot: snapshotOf(
          [
            model(
              'llama',
              offerings.map(({ id }) => id),
            ),
          ],
          offerings,
        ),
      }),
    )
  const all = [takes('together/llama', 'seed'), takes('groq/llama', 'seed', 'top_k'), offering('custom/llama')]

  test('an offering that does not take all the request asks for is left out, with the names of what it lacks', () => {
    const { candidates, skipped } = planned({ seed: 1, top_k: 2, provider: { require_parameters: true } }, all)
    expect(candidates.map(({ id }) => id)).toEqual(['groq/llama'])
    expect(skipped.map(({ offeringId, reason }) => [offeringId, reason])).toEqual([
      ['together/llama', 'does not take top_k, and provider.require_parameters is on'],
      ['custom/llama', 'what it takes is not on record, and provider.require_parameters is on'],
    ])
  })

  test('without it all of them stay', () => {
    expect(planned({ seed: 1, top_k: 2 }, all).candidates).toHaveLength(3)
  })

  test('a request that asks for nothing in particular goes anywhere', () => {
    expect(planned({ provider: { require_parameters: true } }, all).candidates).toHaveLength(3)
  })

  test('a request nobody can take is refused by name', () => {
    const error = failure(() => planned({ logit_bias: {}, provider: { require_parameters: true } }, all))
    expect([error.code, error.param]).toEqual(['invalid_request', 'provider'])
    expect(error.message).toContain('logit_bias')
  })
})

describe('what may not be called', () => {
  test('an offering without a price is left out', () => {
    const unpriced = { ...CHEAP, rates: null }
    const { candidates, skipped } = planAttempts(
      input({ snapshot: snapshotOf([...SNAPSHOT.models.values()], [unpriced, FAST, RESOLD]) }),
    )
    expect(candidates.map(({ id }) => id)).toEqual(['groq/llama', 'openrouter/llama'])
    expect(skipped[0]?.reason).toBe('no price on record')
  })

  test('a model of which nothing is priced is 422, before any call', () => {
    const unpriced = offering('groq/llama', { rates: null })
    const error = failure(() => plan({ snapshot: snapshotOf([model('llama', [unpriced.id])], [unpriced]) }))
    expect([error.code, error.status]).toEqual(['model_not_priced', 422])
  })

  test('a local or own-key offering needs no price', () => {
    for (const funding of ['local', 'byok'] as const) {
      const own = offering('ollama/llama', { funding, rates: null })
      expect(plan({ snapshot: snapshotOf([model('llama', [own.id])], [own]) })).toEqual(['ollama/llama'])
    }
  })

  test('a switched-off or unreachable offering is left out', () => {
    const off = { ...CHEAP, enabled: false }
    expect(
      plan({
        snapshot: snapshotOf([...SNAPSHOT.models.values()], [off, FAST, RESOLD]),
        isReachable: (id) => id !== 'groq',
      }),
    ).toEqual(['openrouter/llama'])
  })

  test('nothing reachable is our fault: 503, retryable', () => {
    const error = failure(() => plan({ isReachable: () => false }))
    expect([error.code, error.status]).toEqual(['no_provider_available', 503])
  })

  test('a key’s allow-list holds for every way of naming a model, pins and fallbacks included', () => {
    const chatOnly = { allowedModels: ['chat'] }
    for (const name of ['llama', 'meta/llama', 'groq/llama', 'llama:floor'])
      expect(failure(() => plan({ ...chatOnly, model: name })).code).toBe('model_not_allowed')
    expect(plan({ ...chatOnly, model: 'chat' }, { models: ['llama'] })).toEqual(['deepseek/chat'])
    expect(plan({ allowedModels: ['deepseek/deepseek-chat'], model: 'chat' })).toEqual(['deepseek/chat'])
  })
})

describe('trying another after a failure', () => {
  test.each([
    'upstream_failed',
    'upstream_rate_limited',
    'upstream_malformed',
    'upstream_timeout',
    'upstream_unauthorized',
  ] as const)('%s goes on', (code) => {
    expect(isRetryable(code)).toBe(true)
  })

  test.each([
    'invalid_request',
    'upstream_rejected',
    'body_too_large',
    'model_not_priced',
    'unknown_model',
    'rate_limited',
    'budget_exceeded',
    'internal_error',
  ] as const)('%s does not', (code) => {
    expect(isRetryable(code)).toBe(false)
  })
})

describe('the hot path', () => {
  test('plans two offerings among a thousand models without looking at the others', () => {
    const models = Array.from({ length: 1_000 }, (_, index) =>
      model(`model-${index}`, [`a/model-${index}`, `b/model-${index}`]),
    )
    const offerings = models.flatMap(({ id }) => [
      offering(`a/${id}`, { modelId: id }),
      offering(`b/${id}`, { modelId: id }),
    ])
    const snapshot = snapshotOf(models, offerings)
    let looked = 0
    const counting = {
      ...snapshot,
      offerings: Object.assign(new Map(snapshot.offerings), {
        get: (id: string) => ((looked += 1), snapshot.offerings.get(id)),
      }),
    }
    expect(plan({ snapshot: counting, model: 'model-500' })).toEqual(['a/model-500', 'b/model-500'])
    expect(looked).toBe(2)
  })

  test('reads nothing of the body that would make a kept plan wrong without being asked about', () => {
    const read = new Set<string>()
    const body = new Proxy<JsonObject>(
      {},
      { get: (_target, field) => (typeof field === 'string' && read.add(field), undefined) },
    )
    planAttempts({ ...input(), body })
    expect(read.size).toBeGreaterThan(0)
    expect(isPlanPlain({})).toBe(true)
    for (const field of read) expect([field, isPlanPlain({ [field]: 'anything' })]).toEqual([field, false])
  })
})

describe("the organization's own credentials", () => {
  const isOwn = (providerId: string) => providerId === 'openrouter'

  test('come before what the catalogue would try first, but not before what the caller asked for', () => {
    expect(plan({ isOwn })[0]).toBe(RESOLD.id)
    expect(plan({ isOwn }, { provider: { order: ['groq'] } })[0]).toBe(FAST.id)
    expect(plan({ isOwn: (id) => id === 'groq', model: 'llama:floor' })[0]).toBe(RESOLD.id)
  })

  test('do not come before a provider that works when theirs does not', () => {
    expect(plan({ isOwn, health: (id) => (id === RESOLD.id ? 'open' : 'closed') }).at(-1)).toBe(RESOLD.id)
  })

  test('say why an offering is out when it is for their sake', () => {
    const why = 'own one cannot serve'
    const { skipped } = planAttempts(
      input({
        isReachable: (_id, { id }) => id !== FAST.id,
        whyUnreachable: ({ id }) => (id === FAST.id ? why : null),
      }),
    )
    expect(skipped).toMatchObject([{ offeringId: FAST.id, reason: why }])
  })
})

describe('what a provider takes away', () => {
  const ENDING = { ...FAST, retiresOn: '2026-12-11', successorId: 'chat' }
  const DAY = Date.parse('2026-12-11T00:00:00Z')
  const model = (nowMs: number, body: JsonObject = {}) =>
    input({ snapshot: snapshotOf([...SNAPSHOT.models.values()], [CHEAP, ENDING, RESOLD, CHAT]), nowMs }, body)

  test('is called to the last moment of the day before, and not after', () => {
    expect(planAttempts(model(DAY - 1)).candidates.map(({ id }) => id)).toContain(ENDING.id)
    const { candidates, skipped } = planAttempts(model(DAY))
    expect(candidates.map(({ id }) => id)).not.toContain(ENDING.id)
    expect(skipped).toMatchObject([{ offeringId: ENDING.id, reason: 'its provider took it away on 2026-12-11' }])
  })

  test('is refused by name, with what to use instead, where nobody else offers it', () => {
    const error = failure(() => planAttempts({ ...model(DAY), model: ENDING.id }))
    expect([error.code, error.status, error.message]).toEqual([
      'model_retired',
      404,
      '"llama" was taken away by its provider (groq) on 2026-12-11, and nobody else here offers it. Use "chat" in its place.',
    ])
    expect(error.metadata).toEqual({ retiredOn: '2026-12-11', successor: 'chat' })
  })

  test('is told of before what has no credential, and after what the caller can change', () => {
    const only = (isReachable: boolean, body: JsonObject = {}) =>
      failure(() => planAttempts({ ...model(DAY, body), isReachable: (id) => isReachable && id !== 'deepseek' })).code
    expect(only(false)).toBe('model_retired')
    expect(only(true, { provider: { only: ['groq'] } })).toBe('invalid_request')
  })

  test('without a successor points to the list', () => {
    const alone = { ...ENDING, successorId: null }
    const error = failure(() =>
      planAttempts(input({ snapshot: snapshotOf([...SNAPSHOT.models.values()], [alone]), nowMs: DAY })),
    )
    expect(error.message).toContain('GET /v1/models')
    expect(error.metadata).toEqual({ retiredOn: '2026-12-11' })
  })
})
