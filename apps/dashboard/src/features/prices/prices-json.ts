import {
  readAllPrices,
  readModelPrices,
  readPricesVersion,
  type DatedPrice,
  type PricedOffering,
} from '@atpar/db/price-history'
import { readDeps } from '../../deps.ts'
import { formatPerMillion } from '../../format/money.ts'

/** Public lists of prices as data: amounts are exact, `amount_pusd` pico-dollars for `per_units` units. */

const describePrice = (price: DatedPrice) => ({
  bucket: price.bucket,
  usd_per_million: formatPerMillion(price),
  amount_pusd: price.amountPusd.toString(),
  per_units: price.perUnits.toString(),
  minimum_units: price.minimumUnits.toString(),
  context_from: price.contextFrom,
  service_tier: price.serviceTier,
  window_utc_minutes: price.window === null ? null : [price.window.fromMinute, price.window.toMinute],
  effective_from: price.effectiveFrom,
  source_url: price.sourceUrl,
  checked_on: price.checkedOn,
  price_book: price.priceBookId,
  retired_by_price_book: price.retiredBookId,
})

/** Every price of one model with its dates and sources. */
export const servePrices = async (
  _request: Request,
  { params }: { readonly params: Promise<{ model: string }> },
): Promise<Response> => {
  const model = await readModelPrices(readDeps().db, decodeURIComponent((await params).model))
  if (model === null)
    return Response.json({ error: { code: 'not_found', message: 'There is no such model.' } }, { status: 404 })
  return Response.json({
    model: model.modelId,
    markup_usd: '0',
    prices: model.prices.map((price) => ({ offering: price.offeringId, ...describePrice(price) })),
  })
}

const describeOffering = (offering: PricedOffering) => ({
  offering: offering.offeringId,
  model: offering.modelId,
  model_name: offering.modelName,
  author: offering.author,
  provider: offering.providerId,
  provider_name: offering.providerName,
  upstream_model: offering.upstreamModel,
  context_tokens: offering.contextTokens,
  max_output_tokens: offering.maxOutputTokens,
  not_priced_because: offering.unpricedReason,
  retires_on: offering.retiresOn,
  successor: offering.successorId,
  prices: offering.prices.map(describePrice),
})

/** The last list made, for as long as it is true: it is large, and anybody may ask for it. */
let kept: { readonly version: string; readonly text: string } | null = null

const writeList = async (version: string): Promise<string> => {
  if (kept?.version === version) return kept.text
  const offerings = await readAllPrices(readDeps().db)
  const text = JSON.stringify({ markup_usd: '0', offerings: offerings.map(describeOffering) })
  kept = { version, text }
  return text
}

/** `GET /prices.json`: every offering with every price it ever had here, those in force first. Whoever has this version gets 304. */
export const serveAllPrices = async (request: Request): Promise<Response> => {
  const version = await readPricesVersion(readDeps().db)
  const etag = `"${version}"`
  const headers = {
    etag,
    'cache-control': 'public, max-age=300',
    'access-control-allow-origin': '*',
    'content-type': 'application/json',
  }
  if (namesTag(request.headers.get('if-none-match'), etag)) return new Response(null, { status: 304, headers })
  return new Response(await writeList(version), { headers })
}

/** A weak tag is the same list: only its bytes may have been compressed on the way. */
const namesTag = (header: string | null, etag: string): boolean =>
  header?.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag) === true
