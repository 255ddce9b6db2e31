import type { CatalogueModel } from '@atpar/db/catalogue'
import { toPriceRows, type PriceRow } from '../../catalogue/price-rows.ts'

const ROWS = 6

/** One fully priced model of each author, those with the most models first: a taste of the list, never a hand-kept one. */
export const pickTeaser = (models: readonly CatalogueModel[]): readonly PriceRow[] => {
  const byAuthor = Map.groupBy(models, (model) => model.author)
  const authors = [...byAuthor.entries()].toSorted((a, b) => b[1].length - a[1].length || a[0].localeCompare(b[0]))
  const rows: PriceRow[] = []
  for (const [, candidates] of authors) {
    const newestFirst = candidates.toSorted((a, b) => b.createdAtMs - a.createdAtMs || a.id.localeCompare(b.id))
    const row = toPriceRows(newestFirst).find((candidate) => candidate.input !== null && candidate.output !== null)
    if (row !== undefined) rows.push(row)
    if (rows.length === ROWS) break
  }
  return rows
}
