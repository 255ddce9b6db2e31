import type { OfferingRates } from '@atpar/core/pricing'
import type { PriceRow } from '@atpar/core/price-row'
import type { Offering } from '@atpar/core/snapshot'
import type { Queryable } from './price-proposals.ts'
import { readPriceRows } from './price-proposals.ts'
import { assembleRates, inBook, PRICE_COLUMNS, PRICE_ORDER, type PriceRecord } from './rates.ts'

/** Prices that came with one book. */
export const readPricesIntroduced = (client: Queryable, bookId: number): Promise<readonly PriceRow[]> =>
  readPriceRows(client, { where: 'price_book_id = $1', values: [bookId] })

/** Rates of some offerings as one book has them: what events that pinned it were billed with. */
export const readRatesOfBook = async (
  client: Queryable,
  { bookId, offeringIds }: { readonly bookId: number; readonly offeringIds: readonly string[] },
): Promise<ReadonlyMap<string, OfferingRates>> => {
  const { rows } = await client.query<PriceRecord>(
    `SELECT ${PRICE_COLUMNS} FROM price_version p WHERE p.offering_id = ANY ($2) AND ${inBook('$1::int')} ORDER BY ${PRICE_ORDER}`,
    [bookId, offeringIds],
  )
  return assembleRates(rows)
}

/** Every offering by the name its provider gives the model. */
export const readOfferingNames = async (
  client: Queryable,
): Promise<readonly Pick<Offering, 'id' | 'providerId' | 'upstreamModel'>[]> => {
  const { rows } = await client.query<{ id: string; provider_id: string; upstream_model: string }>(
    'SELECT id, provider_id, upstream_model FROM offering ORDER BY priority, id',
  )
  return rows.map((row) => ({ id: row.id, providerId: row.provider_id, upstreamModel: row.upstream_model }))
}
