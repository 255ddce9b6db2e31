import type { CatalogueModel } from '@atpar/db/catalogue'
import { toPriceRows, type PriceRow } from '../../catalogue/price-rows.ts'

const ROWS = 6

/** Of each author the priced model that stays and that most providers offer, authors with the most models first: a taste of the list, never a hand-kept one. */
export const pickTeaser = (models: readonly CatalogueModel[], nowMs: number): readonly PriceRow[] => {
  const byAuthor = Map.groupBy(models, (model) => model.author)
  const authors = [...byAuthor.entries()].toSorted((a, b) => b[1].length - a[1].length || a[0].localeCompare(b[0]))
  const rows: PriceRow[] = []
  for (const [, candidates] of authors) {
    const mostOffered = candidates.toSorted(
      (a, b) => b.offerings.length - a.offerings.length || b.id.localeCompare(a.id),
    )
    const row = toPriceRows(mostOffered, nowMs).find(
      ({ input, output, end }) => input !== null && output !== null && end === null,
    )
    if (row !== undefined) rows.push(row)
    if (rows.length === ROWS) break
  }
  return rows
}
