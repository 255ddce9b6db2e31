import { randomUUID } from 'node:crypto'
import { pusd } from '@atpar/core/money'
import type { Pool } from '@atpar/db/pool'
import { rerateUsage } from '../../apps/worker/src/billing/rerate.ts'
import { createOrganizations, eventOf, multiplyEvents, PERIOD, withPools, type BillingBench } from './billing-bench.ts'
import type { Figure } from './figures.ts'
import { withPeakMemory } from './memory-peak.ts'

const OFFERING = 'openai/bench-model'
const LIST_PRICE = 200_000n
const UNITS = { input_uncached: 700, output_text: 40 }
/** A batch and its corrections, and what the garbage collector leaves lying about. */
const MOST_MEGABYTES = 200

const addBook = async (owner: Pool, perToken: bigint): Promise<number> => {
  const { rows } = await owner.query<{ id: number }>(
    `INSERT INTO price_book (source, source_version, approved_by) VALUES ('bench', '1', 'bench') RETURNING id`,
  )
  const book = rows[0]?.id ?? 0
  await owner.query('UPDATE price_version SET retired_book_id = $1 WHERE offering_id = $2', [book, OFFERING])
  for (const bucket of Object.keys(UNITS))
    await owner.query(
      `INSERT INTO price_version (id, offering_id, price_book_id, bucket, amount_pusd, per_units, effective_from, source_url, checked_on)
      VALUES ($1, $2, $3, $4, $5, 1, '2026-01-01', 'https://example.test/prices', '2026-11-22')`,
      [randomUUID(), OFFERING, book, bucket, perToken.toString()],
    )
  return book
}

/** Every event of a month was billed too high: how fast a price that was learnt late gives all of them their corrections. */
export const measureRerating = (bench: BillingBench, events: number): Promise<Figure> =>
  withPools(bench, async ({ owner, shipper, worker }) => {
    await owner.query(
      `INSERT INTO provider (id, display_name, dialect) VALUES ('openai', 'OpenAI', 'openai-chat') ON CONFLICT DO NOTHING`,
    )
    await owner.query(
      `INSERT INTO model (id, display_name, family, author) VALUES ('bench-model', 'Bench', 'bench', 'OpenAI')`,
    )
    await owner.query(
      `INSERT INTO offering (id, model_id, provider_id, upstream_model) VALUES ($1, 'bench-model', 'openai', 'bench-model')`,
      [OFFERING],
    )
    const priceBookId = await addBook(owner, LIST_PRICE)
    const [org] = await createOrganizations(owner, 1)
    if (org === undefined) throw new RangeError('no organization')
    const costPusd = pusd(740n * LIST_PRICE)
    const made = await multiplyEvents(
      { owner, shipper, worker },
      {
        ...eventOf(org, 1),
        offeringId: OFFERING,
        modelServed: null,
        provider: 'openai',
        priceBookId,
        units: UNITS,
        costPusd,
        billedPusd: costPusd,
        absorbedPusd: pusd(0n),
      },
      events,
    )
    await owner.query('INSERT INTO price_rerating (price_book_id, from_day) VALUES ($1, $2)', [
      await addBook(owner, LIST_PRICE / 2n),
      PERIOD,
    ])
    bench.note(`re-rating ${made} events`)
    const startedAt = performance.now()
    const { result, peakMegabytes } = await withPeakMemory(() => rerateUsage(worker))
    const seconds = (performance.now() - startedAt) / 1_000
    const corrected = result.reduce((sum, summary) => sum + summary.corrected, 0)
    return {
      name: `a price learnt late re-rates ${made} events`,
      value: `${corrected} corrected, ${Math.round(corrected / seconds)}/s, ${peakMegabytes} MB more at most`,
      reach: `all of them, within ${MOST_MEGABYTES} MB`,
      ok: corrected === made && peakMegabytes <= MOST_MEGABYTES,
    }
  })
