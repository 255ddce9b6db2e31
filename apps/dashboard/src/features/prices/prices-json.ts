import { readModelPrices } from '@atpar/db/price-history'
import { readDeps } from '../../deps.ts'
import { formatPerMillion } from '../../format/money.ts'

/** Every price of one model with its dates and sources. Amounts are exact: `amount_pusd` pico-dollars for `per_units` units. */
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
    prices: model.prices.map((price) => ({
      offering: price.offeringId,
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
    })),
  })
}
