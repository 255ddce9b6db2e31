import type { CatalogueModel, CatalogueOffering } from '@atpar/db/catalogue'
import type { RateRow } from '@atpar/core/pricing'
import { isRetired } from '@atpar/core/snapshot'
import type { UsageBucket } from '@atpar/core/usage'
import { formatPerMillion } from '../format/money.ts'

/** One line of the price list: one model at one provider, prices as text because they are exact. */
export interface PriceRow {
  readonly offeringId: string
  readonly modelId: string
  readonly modelName: string
  readonly author: string
  readonly provider: string
  readonly providerName: string
  readonly contextTokens: number | null
  readonly input: string | null
  readonly cacheRead: string | null
  readonly cacheWrite: string | null
  readonly output: string | null
  /** Other prices apply to long contexts, service tiers or hours of the day. */
  readonly hasConditions: boolean
  readonly isReasoning: boolean
  readonly sourceUrl: string | null
  /** Null where no end is announced. */
  readonly end: OfferingEnd | null
}

/** That a provider takes a model away, as every page tells it. */
export interface OfferingEnd {
  /** `YYYY-MM-DD`. */
  readonly on: string
  readonly isPast: boolean
  readonly successorId: string | null
}

export const endOf = (
  offering: { readonly retiresOn: string | null; readonly successorId: string | null },
  nowMs: number,
): OfferingEnd | null =>
  offering.retiresOn === null
    ? null
    : { on: offering.retiresOn, isPast: isRetired(offering, nowMs), successorId: offering.successorId }

const isBase = (row: RateRow): boolean => row.contextFrom === 0 && row.serviceTier === null && row.window === null

const basePrice = (offering: CatalogueOffering, bucket: UsageBucket): string | null => {
  const price = offering.rates?.rows.find(isBase)?.prices[bucket]
  return price === undefined ? null : formatPerMillion(price)
}

const isSold = (model: CatalogueModel, nowMs: number): boolean =>
  model.offerings.some((offering) => offering.rates !== null && !isRetired(offering, nowMs))

/** Newest models first, and those that nobody sells at a known price last. */
const inOrder = (models: readonly CatalogueModel[], nowMs: number): readonly CatalogueModel[] =>
  models.toSorted((a, b) => Number(isSold(b, nowMs)) - Number(isSold(a, nowMs)) || b.createdAtMs - a.createdAtMs)

/** In the order of the models; within a model, what is gone comes last. */
export const toPriceRows = (models: readonly CatalogueModel[], nowMs: number): readonly PriceRow[] =>
  inOrder(models, nowMs).flatMap((model) =>
    goneLast(model.offerings, nowMs).map((offering) => ({
      offeringId: offering.id,
      modelId: model.id,
      modelName: model.displayName,
      author: model.author,
      provider: offering.providerId,
      providerName: offering.providerName,
      contextTokens: offering.contextTokens,
      input: basePrice(offering, 'input_uncached'),
      cacheRead: basePrice(offering, 'cache_read'),
      cacheWrite: basePrice(offering, 'cache_write_5m'),
      output: basePrice(offering, 'output_text'),
      hasConditions: offering.rates?.rows.some((row) => !isBase(row)) ?? false,
      isReasoning: model.reasoning,
      sourceUrl: offering.sourceUrl,
      end: endOf(offering, nowMs),
    })),
  )

const goneLast = (offerings: readonly CatalogueOffering[], nowMs: number): readonly CatalogueOffering[] =>
  offerings.toSorted((a, b) => Number(isRetired(a, nowMs)) - Number(isRetired(b, nowMs)))

/** Every word must occur somewhere in the names: "claude aws" finds Claude at Amazon. */
export const filterRows = (rows: readonly PriceRow[], search: string, provider: string): readonly PriceRow[] => {
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  return rows.filter((row) => {
    if (provider !== '' && row.provider !== provider) return false
    const haystack = `${row.modelId} ${row.modelName} ${row.author} ${row.provider} ${row.providerName}`.toLowerCase()
    return words.every((word) => haystack.includes(word))
  })
}
