import { BUCKETS } from './usage-row.mjs'

/**
 * @typedef {object} Price
 * @property {string} ref
 * @property {string} offering
 * @property {string} bucket
 * @property {bigint} amount pico-dollars for `perUnits` units
 * @property {bigint} perUnits
 * @property {bigint} minimumUnits what is billed at least, once any was used
 * @property {bigint} contextFrom counts when the whole input is at least this many tokens
 * @property {string | null} serviceTier
 * @property {number | null} fromMinute of the UTC day
 * @property {number | null} toMinute
 * @property {bigint} introducedIn
 * @property {bigint | null} retiredIn
 */

const INPUT = [
  'input_uncached',
  'cache_read',
  'cache_read_audio',
  'cache_write_5m',
  'cache_write_1h',
  'audio_in',
  'image_in',
]

/** Where a provider publishes no price of its own for a bucket, this one counts. @type {Readonly<Record<string, string>>} */
const FALLBACK = {
  output_reasoning: 'output_text',
  cache_read: 'input_uncached',
  cache_read_audio: 'cache_read',
  cache_write_5m: 'input_uncached',
  cache_write_1h: 'cache_write_5m',
}

/** @param {Price} price @param {bigint} book */
const isInBook = (price, book) => price.introducedIn <= book && (price.retiredIn === null || price.retiredIn > book)

/** @param {Price} price */
const conditionOf = ({ contextFrom, serviceTier, fromMinute, toMinute }) =>
  JSON.stringify([contextFrom.toString(), serviceTier, fromMinute, toMinute])

/**
 * @param {Price} price
 * @param {number} minute
 */
function isInWindow({ fromMinute, toMinute }, minute) {
  if (fromMinute === null || toMinute === null) return true
  return fromMinute <= toMinute ? minute >= fromMinute && minute < toMinute : minute >= fromMinute || minute < toMinute
}

/** @param {Price} price */
const specificity = (price) => price.contextFrom * 2n + (price.fromMinute === null ? 0n : 1n)

/** What providers call the tier that everybody gets; its price is the one without a tier. */
const STANDARD_TIERS = ['', 'default', 'standard', 'standard_only', 'auto', 'on_demand', 'unspecified']

/** The tier as prices name it; null for the standard one, whatever the provider calls it. @param {string | undefined} tier */
function namedTier(tier) {
  const name = (tier ?? '').toLowerCase().replace(/^service_tier_/, '')
  return STANDARD_TIERS.includes(name) ? null : name
}

/**
 * What a call costs at list price: the most specific set of prices of its offering and tier in its price book, one price per bucket, floored per bucket.
 * @param {import('./usage-row.mjs').UsageRow} row
 * @param {readonly Price[]} offered all prices of the offering
 * @returns {{ cost: bigint, refs: readonly string[] } | string}
 */
export function rateRow({ fields, units }, offered) {
  const book = BigInt(fields['price_book'] ?? 0)
  const started = new Date(fields['started_at'] ?? '')
  const minute = started.getUTCHours() * 60 + started.getUTCMinutes()
  const input = INPUT.reduce((sum, bucket) => sum + (units.get(bucket) ?? 0n), 0n)
  const tier = namedTier(fields['service_tier'])
  const fitting = offered.filter(
    (price) =>
      isInBook(price, book) && input >= price.contextFrom && price.serviceTier === tier && isInWindow(price, minute),
  )
  const [first, ...others] = fitting
  if (first === undefined) return `prices.json has no price for it in book ${book}`
  const best = others.reduce((one, other) => (specificity(other) > specificity(one) ? other : one), first)
  const condition = conditionOf(best)
  const set = new Map(fitting.filter((price) => conditionOf(price) === condition).map((price) => [price.bucket, price]))
  let cost = 0n
  /** @type {string[]} */
  const refs = []
  for (const bucket of BUCKETS) {
    const count = units.get(bucket) ?? 0n
    if (count === 0n) continue
    let from = bucket
    while (!set.has(from) && FALLBACK[from] !== undefined) from = FALLBACK[from] ?? ''
    const price = set.get(from)
    if (price === undefined) return `prices.json has no price for ${bucket} in book ${book}`
    cost += ((count < price.minimumUnits ? price.minimumUnits : count) * price.amount) / price.perUnits
    refs.push(price.ref)
  }
  return { cost, refs }
}
