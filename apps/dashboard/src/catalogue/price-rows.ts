import type { CatalogueModel, CatalogueOffering } from '@atpar/db/catalogue'
import type { RateRow } from '@atpar/core/pricing'
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
}

const isBase = (row: RateRow): boolean => row.contextFrom === 0 && row.serviceTier === null && row.window === null

const basePrice = (offering: CatalogueOffering, bucket: UsageBucket): string | null => {
  const price = offering.rates?.rows.find(isBase)?.prices[bucket]
  return price === undefined ? null : formatPerMillion(price)
}

export const toPriceRows = (models: readonly CatalogueModel[]): readonly PriceRow[] =>
  models.flatMap((model) =>
    model.offerings.map((offering) => ({
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
    })),
  )

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
