import type { DailyWindow } from '@atpar/core/pricing'
import type { UsageBucket } from '@atpar/core/usage'
import type { ConditionalPrice, ModelInfo, ModelPrice } from '@pydantic/genai-prices'
import { decimalTextOf, parseRate } from './exact-rate.ts'
import type { PriceRow } from '@atpar/core/price-row'

interface UnitMapping {
  readonly bucket: UsageBucket
  readonly perUnits: bigint
}

const MILLION = 1_000_000n

/** The package's price keys → our buckets. Every key is either here or in UNSUPPORTED_KEYS; a new one stops the import until somebody decides. */
const BUCKET_OF_KEY: Readonly<Record<string, UnitMapping>> = {
  input_mtok: { bucket: 'input_uncached', perUnits: MILLION },
  cache_read_mtok: { bucket: 'cache_read', perUnits: MILLION },
  cache_audio_read_mtok: { bucket: 'cache_read_audio', perUnits: MILLION },
  cache_write_mtok: { bucket: 'cache_write_5m', perUnits: MILLION },
  cache_write_1h_mtok: { bucket: 'cache_write_1h', perUnits: MILLION },
  output_mtok: { bucket: 'output_text', perUnits: MILLION },
  output_reasoning_mtok: { bucket: 'output_reasoning', perUnits: MILLION },
  input_audio_mtok: { bucket: 'audio_in', perUnits: MILLION },
  output_audio_mtok: { bucket: 'audio_out', perUnits: MILLION },
  input_image_mtok: { bucket: 'image_in', perUnits: MILLION },
  output_image_mtok: { bucket: 'image_out', perUnits: MILLION },
  requests_kcount: { bucket: 'requests', perUnits: 1_000n },
  web_searches_kcount: { bucket: 'searches', perUnits: 1_000n },
  audio_hours: { bucket: 'seconds', perUnits: 3_600n },
  input_document_kpages: { bucket: 'pages', perUnits: 1_000n },
}

/** Prices of things no endpoint here offers or no bucket counts; usage of them would be quarantined, never billed 0. */
const UNSUPPORTED_KEYS: ReadonlySet<string> = new Set([
  'storage_searches_kcount',
  'cache_image_read_mtok',
  'input_video_mtok',
  'output_video_mtok',
  'input_audio_hours',
  'input_text_messages_kcount',
  'input_annotated_document_kpages',
  'output_citation_mtok',
])

/**
 * Where a model takes or makes media and the package lists no own price for them, its rule is the price of the next wider unit
 * (image and audio tokens count as input): https://github.com/pydantic/genai-prices/blob/main/prices/units.yml
 */
const WIDER_KEY: readonly {
  readonly bucket: UsageBucket
  readonly ownKey: string
  readonly widerKey: string
  readonly modality: string
  readonly side: 'input' | 'output'
}[] = [
  { bucket: 'image_in', ownKey: 'input_image_mtok', widerKey: 'input_mtok', modality: 'image', side: 'input' },
  { bucket: 'audio_in', ownKey: 'input_audio_mtok', widerKey: 'input_mtok', modality: 'audio', side: 'input' },
  { bucket: 'image_out', ownKey: 'output_image_mtok', widerKey: 'output_mtok', modality: 'image', side: 'output' },
  { bucket: 'audio_out', ownKey: 'output_audio_mtok', widerKey: 'output_mtok', modality: 'audio', side: 'output' },
]

export interface ConversionFacts {
  readonly offeringId: string
  readonly sourceUrl: string
  /** The day of the import: what is in force on it is taken, what starts later is not. */
  readonly today: string
  readonly inputModalities: readonly string[]
  readonly outputModalities: readonly string[]
}

/** One set of prices and when it counts; later in the list = less specific. */
interface PriceSet {
  readonly prices: ModelPrice
  readonly window: DailyWindow | null
  readonly effectiveFrom: string
}

/**
 * Prices of one model of the package as rows, exactly: its floats are read as their shortest decimal text.
 * @throws RangeError for a price key or time nobody has mapped yet.
 */
export const convertModelPrices = (model: ModelInfo, facts: ConversionFacts): readonly PriceRow[] => {
  const sets = setsInForce(model, facts.today)
  const thresholds = [...new Set([0, ...sets.flatMap(({ prices }) => tierThresholds(prices))])].toSorted(
    (a, b) => a - b,
  )
  return sets.flatMap((set) =>
    thresholds.flatMap((contextFrom) =>
      rateEntries(set.prices, facts).map(({ bucket, perUnits, price }): PriceRow => ({
        ...parseRate(decimalTextOf(priceAt(price, contextFrom)), perUnits),
        offeringId: facts.offeringId,
        bucket,
        contextFrom,
        serviceTier: null,
        window: set.window,
        effectiveFrom: set.effectiveFrom,
        sourceUrl: facts.sourceUrl,
        checkedOn: facts.today,
      })),
    ),
  )
}

/**
 * The package tries conditions from the last to the first and takes the first that holds: daily windows stay conditions (a request's own
 * time decides), a start date is decided by `today`, and whatever stands before the first undated or started one never counts.
 */
const setsInForce = (model: ModelInfo, today: string): readonly PriceSet[] => {
  const conditional: readonly ConditionalPrice[] = Array.isArray(model.prices)
    ? model.prices
    : [{ prices: model.prices }]
  const sets: PriceSet[] = []
  for (const { constraint, prices } of conditional.toReversed()) {
    if (constraint === undefined) return [...sets, { prices, window: null, effectiveFrom: today }]
    if (constraint.type === 'time_of_date') {
      sets.push({
        prices,
        window: { fromMinute: minuteOf(constraint.start_time), toMinute: minuteOf(constraint.end_time) },
        effectiveFrom: today,
      })
    } else if (constraint.start_date <= today) {
      return [...sets, { prices, window: null, effectiveFrom: constraint.start_date }]
    }
  }
  return sets
}

const minuteOf = (time: string): number => {
  const match = /^(\d\d):(\d\d):00Z$/.exec(time)
  if (match === null) throw new RangeError(`"${time}" is not a whole UTC minute like 16:30:00Z`)
  return Number(match[1]) * 60 + Number(match[2])
}

type Price = Exclude<ModelPrice[string], undefined>

/** A tier counts for contexts *above* its start, so its rows begin one token later. */
const tierThresholds = (prices: ModelPrice): readonly number[] =>
  Object.values(prices).flatMap((price) => (typeof price === 'object' ? price.tiers.map((tier) => tier.start + 1) : []))

const priceAt = (price: Price, contextFrom: number): number => {
  if (typeof price === 'number') return price
  let amount = price.base
  for (const tier of price.tiers.toSorted((a, b) => a.start - b.start))
    if (contextFrom > tier.start) amount = tier.price
  return amount
}

const rateEntries = (
  prices: ModelPrice,
  facts: ConversionFacts,
): readonly (UnitMapping & { readonly price: Price })[] => {
  const own = Object.entries(prices).flatMap(([key, price]) => {
    if (price === undefined || UNSUPPORTED_KEYS.has(key)) return []
    const mapping = BUCKET_OF_KEY[key]
    if (mapping === undefined)
      throw new RangeError(`The price key "${key}" is new: map it to a bucket or list it as unsupported`)
    return [{ ...mapping, price }]
  })
  const inherited = WIDER_KEY.flatMap(({ bucket, ownKey, widerKey, modality, side }) => {
    const modalities = side === 'input' ? facts.inputModalities : facts.outputModalities
    const price = prices[widerKey]
    if (price === undefined || prices[ownKey] !== undefined || !modalities.includes(modality)) return []
    return [{ bucket, perUnits: MILLION, price }]
  })
  return [...own, ...inherited]
}
