import { inTransaction, readPricesInForce, todayUtc, writePriceBook } from '@atpar/prisma/seed-catalogue'
import type { Pool } from 'pg'

export interface PriceMove {
  readonly modelIds: readonly string[]
  /** New = old × times / over, rounded down to a pico-dollar. */
  readonly times: bigint
  readonly over: bigint
}

/** Writes a new price book in which every price of these models has moved. @returns its id */
export const movePrices = async (owner: Pool, { modelIds, times, over }: PriceMove): Promise<number> => {
  const client = await owner.connect()
  try {
    return await inTransaction(client, async () => {
      const { rows } = await client.query<{ id: string }>('SELECT id FROM offering WHERE model_id = ANY ($1::text[])', [
        modelIds,
      ])
      const moved = new Set(rows.map((row) => row.id))
      const inForce = await readPricesInForce(client)
      const today = todayUtc()
      const changes = inForce
        .filter((row) => moved.has(row.offeringId) && row.amountPusd > 0n)
        .map((before) => ({
          kind: 'changed' as const,
          before,
          after: { ...before, amountPusd: (before.amountPusd * times) / over, effectiveFrom: today, checkedOn: today },
        }))
      const bookId = await writePriceBook(client, { changes, approvedBy: 'system test', today })
      if (bookId === null) throw new Error(`no price of ${modelIds.join(', ')} is in force`)
      return bookId
    })
  } finally {
    client.release()
  }
}
