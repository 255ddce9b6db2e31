import { DAY_MS } from '@atpar/core/durations'
import { createDb } from '@atpar/db/client'
import { asOrgId, withTenant } from '@atpar/db/tenant'
import { readExportPage } from '@atpar/db/usage-export'
import { createOrganizations, eventOf, FROM_MS, multiplyEvents, withPools, type BillingBench } from './billing-bench.ts'
import type { Figure } from './figures.ts'
import { withPeakMemory } from './memory-peak.ts'

/** As the dashboard's download reads them. */
const PAGE = 2_000
const MOST_MEGABYTES = 200

/** A month of one organization, page after page by the statement of the usage export, each in a transaction of its own as the download does it. */
export const measureExport = (bench: BillingBench, events: number): Promise<Figure> =>
  withPools(bench, async (pools) => {
    const [org] = await createOrganizations(pools.owner, 1)
    if (org === undefined) throw new RangeError('no organization')
    const made = await multiplyEvents(pools, eventOf(org, 1), events)
    bench.note(`exporting ${made} events`)
    const db = createDb({ url: bench.postgres.urlFor('app'), max: 2, applicationName: 'bench-export' })
    try {
      const orgId = asOrgId(org.id)
      const span = { from: new Date(FROM_MS), to: new Date(FROM_MS + 31 * DAY_MS), limit: PAGE }
      const readAll = async (): Promise<number> => {
        let rows = 0
        for (let after: string | undefined; ;) {
          const page = await withTenant(db, { orgId, userId: null }, (tx) =>
            readExportPage(tx, orgId, { ...span, after }),
          )
          rows += page.length
          after = page.at(-1)?.cursor
          if (page.length < PAGE) return rows
        }
      }
      const startedAt = performance.now()
      const { result: rows, peakMegabytes } = await withPeakMemory(readAll)
      const seconds = (performance.now() - startedAt) / 1_000
      return {
        name: `export of ${made} events`,
        value: `${rows} rows, ${Math.round(rows / seconds)}/s, ${peakMegabytes} MB more at most`,
        reach: `each once, within ${MOST_MEGABYTES} MB`,
        ok: rows === made && peakMegabytes <= MOST_MEGABYTES,
      }
    } finally {
      await db.$disconnect()
    }
  })
