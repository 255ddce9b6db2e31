import type { Parameter } from '@atpar/core/parameters'
import type { Task } from '@atpar/core/task'
import type { Provider } from '@atpar/providers/contract'
import { findProvider } from '@atpar/providers/registry'
import { findProvider as findPriceSource, type ModelInfo } from '@pydantic/genai-prices'
import { readAuthorFiles, readOverlayFiles, type AuthorFile, type OverlayFile } from './catalogue-files.ts'
import { convertModelPrices } from './convert-genai-prices.ts'
import { findLatest, LATEST_ALIASES } from './latest-aliases.ts'
import { parseRate } from './exact-rate.ts'
import type { UnitPrice } from '@atpar/core/money'
import { priceKeyOf, type PriceRow } from '@atpar/core/price-row'

interface CatalogueModel {
  readonly id: string
  readonly displayName: string
  readonly family: string
  readonly author: string
  readonly task: Task
  readonly reasoning: boolean
  readonly inputModalities: readonly string[]
  readonly outputModalities: readonly string[]
  readonly aliases: readonly string[]
  /** `YYYY-MM-DD`; null when unknown. */
  readonly releasedOn: string | null
}

export interface CatalogueOffering {
  readonly id: string
  readonly modelId: string
  readonly providerId: string
  readonly upstreamModel: string
  readonly contextTokens: number | null
  readonly maxOutputTokens: number | null
  readonly priority: number
  readonly funding: 'platform' | 'local'
  /** Empty = not on record. */
  readonly parameters: readonly Parameter[]
  /** Null where it has a price. */
  readonly unpricedReason: string | null
  /** `YYYY-MM-DD`; null = no date announced. */
  readonly retiresOn: string | null
  /** A model of this catalogue. */
  readonly successorId: string | null
}

export interface Catalogue {
  readonly models: readonly CatalogueModel[]
  readonly offerings: readonly CatalogueOffering[]
  readonly prices: readonly PriceRow[]
}

type ModelFile = AuthorFile['models'][number]
type OfferingFile = ModelFile['offerings'][number]

const FIRST_CHOICE = 100
/** Hosts of open models, each with limits and builds of its own, are asked after those that were measured against the maker's. */
const FURTHER_HOST = 150
const FURTHER_HOSTS: ReadonlySet<string> = new Set([
  'avian',
  'deepinfra',
  'huggingface',
  'hyperbolic',
  'nebius',
  'novita',
  'nvidia-nim',
  'ovhcloud',
  'sambanova',
  'siliconflow',
])
/** A router of others is asked after whoever runs the model itself. */
const RESELLER = 200
const RESELLERS: ReadonlySet<string> = new Set(['openrouter'])

/**
 * Models, offerings and the prices in force on `today` (`YYYY-MM-DD`), from the repository's files and the price package's bundled data.
 * @throws Error when a file names a provider or a price that does not exist.
 */
export const buildCatalogue = (today: string): Catalogue => {
  const overlays = readOverlayFiles()
  const entries = readAuthorFiles().flatMap(({ author, slug, models }) =>
    models.map((file) => ({ author, slug, file })),
  )
  const latest = findLatestAliases(entries.map(({ file }) => file.id))
  return {
    models: entries.map((entry) => toModel({ ...entry, latest: latest.get(entry.file.id) ?? [] })),
    offerings: entries.flatMap(({ file }) => file.offerings.map((offering) => toOffering(file, offering))),
    prices: entries.flatMap(({ file }) =>
      file.offerings.flatMap((offering) => pricesOf({ file, offering, overlays, today })),
    ),
  }
}

/** Model id → the names that stand for the newest of its family. */
const findLatestAliases = (ids: readonly string[]): ReadonlyMap<string, readonly string[]> => {
  const found = LATEST_ALIASES.map(({ alias, among }) => ({ alias, id: findLatest(ids, among) }))
  return new Map(
    [...Map.groupBy(found, ({ id }) => id ?? '')].map(([id, entries]) => [id, entries.map(({ alias }) => alias)]),
  )
}

const toModel = ({
  author,
  slug,
  file,
  latest,
}: {
  readonly author: string
  readonly slug: string
  readonly file: ModelFile
  readonly latest: readonly string[]
}): CatalogueModel => ({
  id: file.id,
  displayName: file.name,
  family: file.family,
  author,
  task: file.task,
  reasoning: file.reasoning,
  inputModalities: file.input,
  outputModalities: file.output,
  aliases: namesOf(slug, file.id, [...file.aliases, ...latest]),
  releasedOn: file.released ?? null,
})

/** Each name also with its author before it, as routers of models write it. */
const namesOf = (slug: string, id: string, aliases: readonly string[]): readonly string[] => [
  ...new Set([...aliases, ...[id, ...aliases].map((name) => `${slug}/${name}`)]),
]

const toOffering = (file: ModelFile, offering: OfferingFile): CatalogueOffering => {
  const provider = providerOf(offering)
  return {
    id: offeringIdOf(file, offering),
    modelId: file.id,
    providerId: provider.id,
    upstreamModel: offering.upstream ?? file.id,
    contextTokens: offering.context ?? file.context ?? null,
    maxOutputTokens: offering.maxOutput ?? file.maxOutput ?? null,
    priority: offering.priority ?? usualPriority(provider.id),
    funding: provider.local ? 'local' : 'platform',
    parameters: parametersOf(provider, file, offering),
    unpricedReason: offering.unpriced ?? null,
    retiresOn: offering.retires?.on ?? null,
    successorId: offering.retires?.successor ?? null,
  }
}

/** What the provider's API takes, less what the model or this offering of it does not. */
const parametersOf = (provider: Provider, file: ModelFile, offering: OfferingFile): readonly Parameter[] => {
  // The words are those of chat; other tasks have parameters of their own.
  if (file.task !== 'chat') return []
  const missing = new Set<Parameter>([
    ...file.without,
    ...offering.without,
    ...(file.reasoning ? [] : ['reasoning' as const]),
  ])
  return (provider.parameters ?? []).filter((parameter) => !missing.has(parameter))
}

const offeringIdOf = (file: ModelFile, offering: OfferingFile): string =>
  `${offering.provider}/${offering.upstream ?? file.id}`

const usualPriority = (providerId: string): number => {
  if (RESELLERS.has(providerId)) return RESELLER
  return FURTHER_HOSTS.has(providerId) ? FURTHER_HOST : FIRST_CHOICE
}

const providerOf = (offering: OfferingFile): Provider => {
  const provider = findProvider(offering.provider)
  if (provider === undefined)
    throw new Error(`The catalogue names the provider "${offering.provider}", which is not in packages/providers`)
  return provider
}

interface PricingTask {
  readonly file: ModelFile
  readonly offering: OfferingFile
  readonly overlays: readonly OverlayFile[]
  readonly today: string
}

/** The package's prices with the overlay laid over them: an overlay's row replaces the package's for the same bucket and context. */
const pricesOf = (task: PricingTask): readonly PriceRow[] => {
  // Said by a person, who may know that the package's figure is not what is billed.
  if (task.offering.unpriced !== undefined) return []
  const rows = new Map<string, PriceRow>()
  for (const row of [...importedPrices(task), ...overlayPrices(task)]) rows.set(priceKeyOf(row), row)
  if (rows.size === 0)
    throw new Error(
      `${offeringIdOf(task.file, task.offering)} has no price: add it to prisma/seed/prices/${task.offering.provider}.json or say why there is none`,
    )
  return [...rows.values()]
}

const importedPrices = ({ file, offering, today }: PricingTask): readonly PriceRow[] => {
  const provider = providerOf(offering)
  if (provider.priceSourceId === null) return []
  const source = findPriceSource({ providerId: provider.priceSourceId })
  const wanted = offering.priceOf ?? offering.upstream ?? file.id
  const model: ModelInfo | undefined = source?.models.find(({ id }) => id === wanted)
  if (model === undefined) return []
  return convertModelPrices(model, {
    offeringId: offeringIdOf(file, offering),
    sourceUrl: source?.pricing_urls?.[0] ?? provider.links.prices ?? provider.links.docs,
    today,
    inputModalities: file.input,
    outputModalities: file.output,
  })
}

const overlayPrices = ({ file, offering, overlays, today }: PricingTask): readonly PriceRow[] => {
  const overlay = overlays.find(({ provider }) => provider === offering.provider)
  const price = overlay?.prices.find(({ upstream }) => upstream === (offering.upstream ?? file.id))
  if (overlay === undefined || price === undefined) return []
  return price.tiers.flatMap(({ contextFrom, serviceTier, ...tier }) =>
    ratesOf(tier).map(([bucket, rate]) => ({
      ...rate,
      offeringId: offeringIdOf(file, offering),
      bucket,
      contextFrom,
      serviceTier: serviceTier ?? null,
      window: null,
      effectiveFrom: price.effectiveFrom ?? today,
      sourceUrl: price.source,
      checkedOn: price.checkedOn ?? overlay.checkedOn,
    })),
  )
}

const SECONDS_PER_HOUR = 3_600n

const ratesOf = ({
  usdPerMillion,
  usdPerHour,
  leastSeconds,
}: Pick<
  OverlayFile['prices'][number]['tiers'][number],
  'usdPerMillion' | 'usdPerHour' | 'leastSeconds'
>): readonly (readonly [PriceRow['bucket'], UnitPrice])[] => [
  ...(Object.entries(usdPerMillion) as [PriceRow['bucket'], string][]).map(
    ([bucket, usd]) => [bucket, parseRate(usd, 1_000_000n)] as const,
  ),
  ...(usdPerHour === undefined
    ? []
    : [
        [
          'seconds' as const,
          {
            ...parseRate(usdPerHour, SECONDS_PER_HOUR),
            ...(leastSeconds === undefined ? {} : { minimumUnits: BigInt(leastSeconds) }),
          },
        ] as const,
      ]),
]
