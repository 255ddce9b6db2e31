import { isMediaTask } from '@atpar/core/task'
import { rateUsage, type OfferingRates, type RateRow } from '@atpar/core/pricing'
import type { UsageUnits } from '@atpar/core/usage'
import { calcPrice, findProvider as findPriceSource } from '@pydantic/genai-prices'
import { findProvider, PROVIDERS } from '@atpar/providers/registry'
import { describe, expect, test } from 'vitest'
import { buildCatalogue, type CatalogueOffering } from './catalogue.ts'
import { readAuthorFiles, readOverlayFiles } from './catalogue-files.ts'
import { usdPerMillion } from '@atpar/core/price-row'
import type { PriceRow } from '@atpar/core/price-row'

const TODAY = '2026-11-22'
const catalogue = buildCatalogue(TODAY)
const priced = catalogue.offerings.filter(({ unpricedReason }) => unpricedReason === null)
const unpriced = catalogue.offerings.filter(({ unpricedReason }) => unpricedReason !== null)
const pricesByOffering = Map.groupBy(catalogue.prices, ({ offeringId }) => offeringId)

const ratesOf = (offeringId: string): OfferingRates => {
  const byCondition = Map.groupBy(
    pricesByOffering.get(offeringId) ?? [],
    (row: PriceRow) => `${row.contextFrom}|${row.window?.fromMinute ?? ''}|${row.serviceTier ?? ''}`,
  )
  const rows = [...byCondition.values()].flatMap((group): RateRow[] => {
    const [first] = group
    return first === undefined
      ? []
      : [
          {
            contextFrom: first.contextFrom,
            serviceTier: first.serviceTier,
            window: first.window,
            prices: Object.fromEntries(group.map((row) => [row.bucket, row])),
          },
        ]
  })
  return { offeringId, priceVersionId: 'test', rows }
}

const cost = (offeringId: string, units: UsageUnits, startedAtMs = Date.parse(`${TODAY}T12:00:00Z`)): bigint => {
  const rating = rateUsage(units, ratesOf(offeringId), { startedAtMs, serviceTier: null })
  if (!rating.priced) throw new Error(`${offeringId} has no price for ${rating.missing.join(', ')}`)
  return rating.costPusd
}

const published = (offeringId: string, bucket: PriceRow['bucket'], contextFrom = 0): string => {
  const row = pricesByOffering
    .get(offeringId)
    ?.find((price) => price.bucket === bucket && price.contextFrom === contextFrom && price.window === null)
  return row === undefined ? 'none' : usdPerMillion(row)
}

const tasks = new Map(catalogue.models.map(({ id, task }) => [id, task]))
const taskOf = ({ modelId }: CatalogueOffering) => tasks.get(modelId)
/** Text in and text out: what two prices at least are for. */
const isText = (offering: CatalogueOffering): boolean => ['chat', 'completion'].includes(taskOf(offering) ?? '')
const everyUnitOf = ({ id }: CatalogueOffering): UsageUnits =>
  Object.fromEntries((pricesByOffering.get(id) ?? []).map(({ bucket }) => [bucket, 1_000]))

describe('the catalogue', () => {
  test('offers at least 150 models and 300 offerings, at most half of them through OpenRouter', () => {
    const { models, offerings } = catalogue
    expect(models.length).toBeGreaterThanOrEqual(150)
    expect(offerings.length).toBeGreaterThanOrEqual(300)
    const resold = offerings.filter(({ providerId }) => providerId === 'openrouter')
    expect(resold.length * 2).toBeLessThanOrEqual(offerings.length)
    expect(new Set(offerings.map(({ modelId }) => modelId)).size).toBe(models.length)
  })

  test('every offering has a price or says why not, never both and never neither', () => {
    for (const { id, unpricedReason } of catalogue.offerings)
      expect([id, pricesByOffering.has(id)]).toEqual([id, unpricedReason === null])
    for (const { unpricedReason } of unpriced) expect(unpricedReason).toMatch(/^.{40,200}\.$/)
    expect(unpriced.length).toBeLessThan(catalogue.offerings.length / 10)
  })

  test('every provider but the operator’s own offers something', () => {
    for (const { id } of PROVIDERS.filter(({ links }) => links.prices !== null))
      expect([id, catalogue.offerings.some(({ providerId }) => providerId === id)]).toEqual([id, true])
  })

  test('an offering takes nothing its provider does not', () => {
    for (const { id, providerId, parameters } of catalogue.offerings) {
      const theirs = findProvider(providerId)?.parameters ?? []
      expect([id, parameters.filter((parameter) => !theirs.includes(parameter))]).toEqual([id, []])
    }
  })

  test('a model that does not reason takes no reasoning controls', () => {
    const reasoning = new Set(catalogue.models.filter((model) => model.reasoning).map(({ id }) => id))
    for (const { id, modelId, parameters } of catalogue.offerings)
      if (parameters.includes('reasoning')) expect([id, reasoning.has(modelId)]).toEqual([id, true])
  })

  test('an announced end has a source at the provider', () => {
    const retiring = readAuthorFiles().flatMap(({ models }) =>
      models.flatMap(({ offerings }) => offerings.flatMap(({ retires }) => (retires === undefined ? [] : [retires]))),
    )
    expect(retiring.length).toBeGreaterThan(0)
    const models = new Set(catalogue.models.map(({ id }) => id))
    for (const { source, successor } of retiring) {
      expect(source).toMatch(/^https:\/\/.*(deprecat|retire)/)
      if (successor !== undefined) expect([successor, models.has(successor)]).toEqual([successor, true])
    }
  })

  test('a successor is never gone before what it follows', () => {
    const endOf = (modelId: string): readonly string[] =>
      catalogue.offerings.flatMap((offering) => (offering.modelId === modelId ? [offering.retiresOn ?? 'never'] : []))
    for (const { id, modelId, retiresOn, successorId } of catalogue.offerings) {
      if (successorId === null) continue
      expect(successorId).not.toBe(modelId)
      expect([id, endOf(successorId).some((end) => end === 'never' || end > (retiresOn ?? ''))]).toEqual([id, true])
    }
  })

  test('OpenAI’s flex tier is half of its standard one, at every context, and what has no table has no such tier', () => {
    const flex = catalogue.prices.filter(({ serviceTier }) => serviceTier === 'flex')
    expect(flex.length).toBeGreaterThan(0)
    for (const { offeringId, bucket, contextFrom, amountPusd, perUnits } of flex) {
      const standard = pricesByOffering
        .get(offeringId)
        ?.find((row) => row.bucket === bucket && row.contextFrom === contextFrom && row.serviceTier === null)
      if (standard === undefined) throw new Error(`${offeringId} has no standard price for ${bucket}`)
      const factor = bucket === 'searches' ? 1n : 2n
      expect([offeringId, bucket, amountPusd * factor * standard.perUnits]).toEqual([
        offeringId,
        bucket,
        standard.amountPusd * perUnits,
      ])
    }
    expect(pricesByOffering.get('openai/gpt-6-sol')?.some(({ serviceTier }) => serviceTier !== null)).toBe(false)
  })

  test('no name means two models', () => {
    const names = catalogue.models.flatMap(({ id, aliases }) => [id, ...aliases])
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })

  test('no alias hides an offering of another model', () => {
    const owner = new Map(catalogue.offerings.map(({ id, modelId }) => [id, modelId]))
    for (const { id, aliases } of catalogue.models) for (const alias of aliases) expect(owner.get(alias) ?? id).toBe(id)
  })

  test('no offering appears twice', () => {
    expect(new Set(catalogue.offerings.map(({ id }) => id)).size).toBe(catalogue.offerings.length)
  })

  test.each([
    'gpt-4o-mini',
    'claude-sonnet-4-5',
    'gemini-2.5-flash',
    'deepseek-chat',
    'qwen-plus',
    'llama-3.3-70b',
    'gpt-oss-120b',
    'deepseek-r1-distill-llama-70b',
  ])('%s has a second offering to fail over to', (modelId) => {
    const providers = new Set(
      catalogue.offerings.filter((offering) => offering.modelId === modelId).map(({ providerId }) => providerId),
    )
    expect(providers.size).toBeGreaterThanOrEqual(2)
  })

  test.each([
    'openai/gpt-4o-mini',
    'anthropic/claude-sonnet-4-5-20250929',
    'google/gemini-2.5-pro',
    'meta-llama/llama-3.3-70b-instruct',
    'llama-3.3-70b-versatile',
    'gpt-4o-2024-08-06',
    'qwen/qwen-plus',
  ])('%s is a name that works', (name) => {
    expect(catalogue.models.filter(({ aliases }) => aliases.includes(name))).toHaveLength(1)
  })

  test('an output limit never exceeds its context', () => {
    for (const { id, contextTokens, maxOutputTokens } of catalogue.offerings) {
      if (contextTokens !== null && maxOutputTokens !== null)
        expect([id, maxOutputTokens <= contextTokens]).toEqual([id, true])
    }
  })

  test('pictures and sounds are sold by what their providers sell them by', () => {
    const usd = (id: string, units: UsageUnits): number => Number(cost(id, units)) / 1e12
    expect(usd('openai/dall-e-3', { images: 1 })).toBe(0.04)
    expect(usd('gemini/imagen-4.0-generate-001', { images: 2 })).toBe(0.08)
    expect(usd('openai/gpt-image-1', { image_out: 4_160 })).toBeCloseTo(0.1664, 9)
    expect(usd('openai/tts-1', { characters: 1_000 })).toBe(0.015)
    expect(usd('openai/gpt-4o-mini-tts', { audio_out: 1_000_000 })).toBe(12)
    expect(usd('elevenlabs/eleven_flash_v2_5', { characters: 1_000 })).toBe(0.05)
    expect(usd('openai/whisper-1', { seconds: 60 })).toBe(0.006)
    expect(usd('openai/gpt-4o-transcribe', { audio_in: 1_000_000 })).toBe(6)
    expect(usd('deepgram/nova-3', { seconds: 60 })).toBe(0.0043)
    expect(usd('groq/whisper-large-v3', { seconds: 3_600 })).toBe(0.111)
    expect(usd('groq/whisper-large-v3', { seconds: 1 })).toBe(usd('groq/whisper-large-v3', { seconds: 10 }))
  })

  test('only local providers are free, and moderation, which nobody charges for', () => {
    for (const offering of priced) {
      if (taskOf(offering) === 'moderation') {
        expect([offering.id, cost(offering.id, { requests: 1_000 })]).toEqual([offering.id, 0n])
        continue
      }
      const units = isText(offering) ? { input_uncached: 1_000, output_text: 1_000 } : everyUnitOf(offering)
      expect([offering.id, cost(offering.id, units) > 0n]).toEqual([offering.id, offering.funding === 'platform'])
    }
  })

  test('every price says where it was read and when', () => {
    for (const { sourceUrl, checkedOn } of catalogue.prices) {
      expect(sourceUrl).toMatch(/^https:\/\//)
      expect(checkedOn).toMatch(/^\d{4}-\d{2}-\d{2}$/)
    }
  })

  test('every condition of an offering prices the same buckets, so that a long context or a peak hour is never half priced', () => {
    for (const [offeringId, rows] of pricesByOffering) {
      const conditions = Map.groupBy(
        rows,
        (row) => `${row.contextFrom}|${row.window?.fromMinute ?? ''}|${row.serviceTier ?? ''}`,
      )
      const buckets = new Set(
        [...conditions.values()].map((group) =>
          group
            .map(({ bucket }) => bucket)
            .toSorted()
            .join(','),
        ),
      )
      expect([offeringId, buckets.size]).toEqual([offeringId, 1])
    }
  })

  test('every model that takes images or sound has a price for them', () => {
    const byId = new Map(catalogue.models.map((model) => [model.id, model]))
    for (const { id, modelId } of priced) {
      // Whoever counts calls alone has no price for what is in them.
      const inputs = byId.get(modelId)?.task === 'moderation' ? [] : (byId.get(modelId)?.inputModalities ?? [])
      if (inputs.includes('image')) expect([id, published(id, 'image_in')]).not.toEqual([id, 'none'])
      const sound = published(id, 'seconds') === 'none' ? published(id, 'audio_in') : published(id, 'seconds')
      if (inputs.includes('audio')) expect([id, sound]).not.toEqual([id, 'none'])
    }
  })
})

describe('published prices, dollars per million', () => {
  test.each([
    ['openai/gpt-4o-mini', 'input_uncached', 0, '0.15'],
    ['openai/gpt-4o-mini', 'cache_read', 0, '0.075'],
    ['openai/gpt-4o-mini', 'output_text', 0, '0.6'],
    ['openai/gpt-5.4', 'input_uncached', 272_000, '5'],
    ['anthropic/claude-sonnet-4-5', 'input_uncached', 0, '3'],
    ['anthropic/claude-sonnet-4-5', 'cache_write_5m', 0, '3.75'],
    ['anthropic/claude-sonnet-4-5', 'input_uncached', 200_001, '6'],
    ['anthropic/claude-sonnet-4-5', 'output_text', 200_001, '22.5'],
    ['gemini/gemini-2.5-flash', 'audio_in', 0, '1'],
    ['gemini/gemini-2.5-pro', 'cache_read', 0, '0.125'],
    ['groq/llama-3.3-70b-versatile', 'output_text', 0, '0.79'],
    ['deepseek/deepseek-v4-flash', 'cache_read', 0, '0.007'],
    ['azure-openai/gpt-5.4', 'output_text', 272_000, '22.5'],
    ['bedrock/global.anthropic.claude-sonnet-5', 'input_uncached', 0, '2'],
    ['vertex-anthropic/claude-opus-5-5', 'output_text', 0, '20'],
    ['dashscope/qwen-plus', 'input_uncached', 0, '0.4'],
    ['dashscope/qwen-plus', 'output_text', 256_001, '3.6'],
    ['dashscope/qwen3-max', 'input_uncached', 32_001, '2.4'],
  ] as const)('%s %s from %d tokens', (...[offeringId, bucket, contextFrom, usd]) => {
    expect(published(offeringId, bucket, contextFrom)).toBe(usd)
  })

  test('Anthropic’s one-hour cache write is twice the input price at every context', () => {
    for (const { id } of catalogue.offerings.filter(({ providerId }) => providerId === 'anthropic')) {
      for (const input of (pricesByOffering.get(id) ?? []).filter(({ bucket }) => bucket === 'input_uncached')) {
        const write = pricesByOffering
          .get(id)
          ?.find(({ bucket, contextFrom }) => bucket === 'cache_write_1h' && contextFrom === input.contextFrom)
        expect([id, (write?.amountPusd ?? 0n) * input.perUnits]).toEqual([
          id,
          input.amountPusd * 2n * (write?.perUnits ?? 0n),
        ])
      }
    }
  })

  test('Model Studio’s implicit cache hits cost a fifth and explicit cache writes five quarters of the input', () => {
    for (const { offeringId, bucket, contextFrom, ...price } of catalogue.prices.filter((row) =>
      row.offeringId.startsWith('dashscope/'),
    )) {
      const input = pricesByOffering
        .get(offeringId)
        ?.find((row) => row.bucket === 'input_uncached' && row.contextFrom === contextFrom)
      if (input === undefined) throw new Error(`${offeringId} has no input price`)
      if (bucket === 'cache_read')
        expect([offeringId, price.amountPusd * 5n * input.perUnits]).toEqual([
          offeringId,
          input.amountPusd * price.perUnits,
        ])
      if (bucket === 'cache_write_5m')
        expect([offeringId, price.amountPusd * 4n * input.perUnits]).toEqual([
          offeringId,
          input.amountPusd * 5n * price.perUnits,
        ])
    }
  })
})

describe('against the price package’s own calculator', () => {
  const overlaid = new Set(
    readOverlayFiles().flatMap(({ provider, prices }) =>
      prices
        .filter(({ tiers }) => tiers.some(({ serviceTier }) => serviceTier === undefined))
        .map(({ upstream }) => `${provider}/${upstream}`),
    ),
  )
  const imported = priced.filter(
    ({ id, providerId }) =>
      findProvider(providerId)?.priceSourceId !== null &&
      !overlaid.has(id) &&
      published(id, 'input_uncached') !== 'none',
  )
  const priceIds = new Map<string, string>(
    readAuthorFiles().flatMap(({ models }) =>
      models.flatMap((file) =>
        file.offerings.map(
          (entry) =>
            [`${entry.provider}/${entry.upstream ?? file.id}`, entry.priceOf ?? entry.upstream ?? file.id] as const,
        ),
      ),
    ),
  )

  const theirs = ({ id, providerId }: CatalogueOffering, units: UsageUnits, atMs: number): number => {
    const source = findPriceSource({ providerId: findProvider(providerId)?.priceSourceId ?? '' })
    const model = source?.models.find((entry) => entry.id === priceIds.get(id))
    if (source === undefined || model === undefined) throw new Error(`${id} is not in the package`)
    const read = units.cache_read ?? 0
    const write = units.cache_write_5m ?? 0
    const usage = {
      input_tokens: (units.input_uncached ?? 0) + read + write,
      cache_read_tokens: read,
      cache_write_tokens: write,
      output_tokens: units.output_text ?? 0,
    }
    const result = calcPrice(usage, 'this', {
      provider: { ...source, models: [{ ...model, match: { equals: 'this' } }] },
      timestamp: new Date(atMs),
    })
    if (result === null) throw new Error(`${id} was not priced by the package`)
    return result.total_price
  }

  const vectors: readonly UsageUnits[] = [
    { input_uncached: 1, output_text: 1 },
    { input_uncached: 1_234, cache_read: 567, cache_write_5m: 89, output_text: 321 },
    { input_uncached: 127_990, cache_read: 11, output_text: 777 },
    { input_uncached: 200_000, output_text: 5 },
    { input_uncached: 200_001, output_text: 5 },
    { input_uncached: 271_999, output_text: 5 },
    { input_uncached: 271_000, cache_read: 1_000, output_text: 5 },
    { input_uncached: 272_001, output_text: 5 },
  ]
  const hours = ['00:29', '00:30', '01:00', '03:59', '04:00', '09:59', '10:00', '16:29', '16:30', '23:59']

  test('every imported offering costs the same for the same usage, at every tier and hour', () => {
    expect(imported.length).toBeGreaterThan(200)
    for (const offering of imported) {
      // Where no price depends on the hour, one hour stands for all.
      const depends = pricesByOffering.get(offering.id)?.some(({ window }) => window !== null) === true
      for (const hour of depends ? hours : hours.slice(0, 1)) {
        const atMs = Date.parse(`${TODAY}T${hour}:00Z`)
        for (const vector of vectors) {
          const units = isText(offering) ? vector : { input_uncached: vector.input_uncached ?? 0 }
          const dollars = theirs(offering, units, atMs)
          expect(
            Number(cost(offering.id, units, atMs)) / 1e12,
            `${offering.id} ${hour} ${JSON.stringify(units)}`,
          ).toBeCloseTo(dollars, 9)
        }
      }
    }
  })
})

test('each offering is at a provider that has a format for what its model does', () => {
  for (const offering of catalogue.offerings) {
    const task = taskOf(offering)
    if (task === undefined || task === 'chat' || task === 'completion' || task === 'realtime') continue
    const provider = findProvider(offering.providerId)
    const format = isMediaTask(task) ? provider?.media?.[task] : provider?.tasks?.[task]
    expect([offering.id, format]).toEqual([offering.id, expect.any(String)])
  }
})
