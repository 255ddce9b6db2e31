import { customModelId } from '@atpar/core/custom-models'
import type { OfferingRates } from '@atpar/core/pricing'
import type { Db, Tx } from './client.ts'
import { assembleRates, inBook, PRICE_COLUMNS, PRICE_ORDER, type PriceRecord } from './rates.ts'

/** One model at one provider, as a price list shows it. */
export interface CatalogueOffering {
  readonly id: string
  readonly providerId: string
  readonly providerName: string
  readonly contextTokens: number | null
  /** Null = no price on record: it cannot be called on platform funding. */
  readonly rates: OfferingRates | null
  /** Where the provider publishes the price. */
  readonly sourceUrl: string | null
  /** `YYYY-MM-DD`: the day its provider announced to take it away. */
  readonly retiresOn: string | null
  /** The model its provider names in its place. */
  readonly successorId: string | null
}

export interface CatalogueModel {
  readonly id: string
  readonly displayName: string
  readonly author: string
  readonly reasoning: boolean
  readonly createdAtMs: number
  readonly offerings: readonly CatalogueOffering[]
}

type SourcedPrice = PriceRecord & { readonly source_url: string }

interface OfferingRecord {
  readonly id: string
  readonly model_id: string
  readonly provider_id: string
  readonly display_name: string
  readonly context_tokens: number | null
  readonly retires_on: string | null
  readonly successor_id: string | null
}

const LIST_PRICES = `SELECT ${PRICE_COLUMNS}, p.source_url FROM price_version p WHERE ${inBook('(SELECT max(id) FROM price_book)')} ORDER BY ${PRICE_ORDER}`

const LIST_OFFERINGS = `
  SELECT o.id, o.model_id, o.provider_id, v.display_name, o.context_tokens, o.retires_on::text AS retires_on, o.successor_id FROM offering o JOIN provider v ON v.id = o.provider_id
  WHERE o.enabled AND v.enabled AND o.funding = 'platform' ORDER BY o.model_id, o.priority, o.id`

const READ_RATES = `SELECT ${PRICE_COLUMNS} FROM price_version p WHERE p.offering_id = $2 AND ${inBook('$1::int')} ORDER BY ${PRICE_ORDER}`

/** Every model that can be called, with the prices of the newest book. No tenant's, so it needs none. */
export const listCatalogue = async (db: Db): Promise<readonly CatalogueModel[]> => {
  const [models, offerings, prices] = await Promise.all([
    db.model.findMany({ where: { deprecatedAt: null }, orderBy: [{ author: 'asc' }, { id: 'asc' }] }),
    db.$queryRawUnsafe<OfferingRecord[]>(LIST_OFFERINGS),
    db.$queryRawUnsafe<SourcedPrice[]>(LIST_PRICES),
  ])
  const rates = assembleRates(prices)
  const sources = new Map(prices.map((price) => [price.offering_id, price.source_url]))
  const byModel = Map.groupBy(offerings, (offering) => offering.model_id)
  return models
    .map((model) => ({
      id: model.id,
      displayName: model.displayName,
      author: model.author,
      reasoning: model.reasoning,
      createdAtMs: model.createdAt.getTime(),
      offerings: (byModel.get(model.id) ?? []).map((offering) => ({
        id: offering.id,
        providerId: offering.provider_id,
        providerName: offering.display_name,
        contextTokens: offering.context_tokens,
        rates: rates.get(offering.id) ?? null,
        sourceUrl: sources.get(offering.id) ?? null,
        retiresOn: offering.retires_on,
        successorId: offering.successor_id,
      })),
    }))
    .filter((model) => model.offerings.length > 0)
}

/** Prices of one offering in one book: what an event that pinned that book was billed with. */
export const readRates = async (
  db: Db | Tx,
  pinned: { readonly priceBookId: number; readonly offeringId: string },
): Promise<OfferingRates | null> => {
  const prices = await db.$queryRawUnsafe<PriceRecord[]>(READ_RATES, pinned.priceBookId, pinned.offeringId)
  return assembleRates(prices).get(pinned.offeringId) ?? null
}

const READ_RATES_OF_MODEL = `SELECT ${PRICE_COLUMNS} FROM price_version p JOIN offering o ON o.id = p.offering_id
  WHERE o.model_id = $2 AND o.provider_id = $3 AND ${inBook('$1::int')} ORDER BY ${PRICE_ORDER}`

/** As `readRates`, for an invoice line, which knows model and provider. Null also when the provider offers the model more than once. */
export const readRatesOfModel = async (
  db: Db | Tx,
  pinned: { readonly priceBookId: number; readonly modelId: string; readonly providerId: string },
): Promise<OfferingRates | null> => {
  const prices = await db.$queryRawUnsafe<PriceRecord[]>(
    READ_RATES_OF_MODEL,
    pinned.priceBookId,
    pinned.modelId,
    pinned.providerId,
  )
  const rates = [...assembleRates(prices).values()]
  return rates.length === 1 ? (rates[0] ?? null) : null
}

/** Those of the names that are neither a model on the price list, nor an alias of one, nor a model of the transaction's organization's own. */
export const findUnknownModels = async (tx: Tx, names: readonly string[]): Promise<readonly string[]> => {
  if (names.length === 0) return []
  const known = await tx.model.findMany({
    where: { deprecatedAt: null, OR: [{ id: { in: [...names] } }, { aliases: { hasSome: [...names] } }] },
    select: { id: true, aliases: true },
  })
  const own = names.some((name) => name.startsWith('custom/'))
    ? await tx.customModel.findMany({ select: { name: true, endpoint: { select: { name: true } } } })
    : []
  const isKnown = new Set([
    ...known.flatMap((model) => [model.id, ...model.aliases]),
    ...own.map((model) => customModelId(model.endpoint.name, model.name)),
  ])
  return names.filter((name) => !isKnown.has(name))
}
