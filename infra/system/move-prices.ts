import { approvePriceLines, proposePrices, readPricesInForce } from '@atpar/db/price-proposals'
import type { Pool } from 'pg'

export interface PriceMove {
  readonly modelIds: readonly string[]
  /** New = old × times / over, rounded down to a pico-dollar. */
  readonly times: bigint
  readonly over: bigint
}

/** Proposes that every price of these models moves, and approves it as an operator would. @returns the new price book */
export const movePrices = async (owner: Pool, { modelIds, times, over }: PriceMove): Promise<number> => {
  const client = await owner.connect()
  try {
    await client.query('BEGIN')
    await client.query("SELECT pg_advisory_xact_lock(hashtext('atpar:catalogue'))")
    const { rows } = await client.query<{ id: string }>('SELECT id FROM offering WHERE model_id = ANY ($1::text[])', [
      modelIds,
    ])
    const moved = new Set(rows.map((row) => row.id))
    const today = new Date().toISOString().slice(0, 10)
    const changes = (await readPricesInForce(client))
      .filter((row) => moved.has(row.offeringId) && row.amountPusd > 0n)
      .map((before) => ({
        kind: 'changed' as const,
        before,
        after: { ...before, amountPusd: (before.amountPusd * times) / over, effectiveFrom: today, checkedOn: today },
      }))
    const filed = await proposePrices(client, {
      source: 'system test',
      sourceVersion: `${times}/${over} of ${modelIds.join(', ')}`,
      origin: 'operator',
      changes,
    })
    const bookId = await approvePriceLines(client, {
      lineIds: filed?.lines.map((line) => line.lineId) ?? [],
      approver: 'operator',
      isAutomatic: false,
    })
    if (bookId === null) throw new Error(`no price of ${modelIds.join(', ')} is in force`)
    await client.query('COMMIT')
    return bookId
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  } finally {
    client.release()
  }
}
