import type { UnitPrice } from './money.ts'
import { chargesSame, priceKeyOf, usdPerMillion, type PriceRow } from './price-row.ts'

export interface PriceChange {
  readonly kind: 'added' | 'changed' | 'removed'
  readonly before: PriceRow | null
  readonly after: PriceRow | null
}

/** Rows that differ between the book in force and a proposal, only among the offerings that the proposal speaks of. */
export const diffPrices = (inForce: readonly PriceRow[], proposed: readonly PriceRow[]): readonly PriceChange[] => {
  const spokenOf = new Set(proposed.map(({ offeringId }) => offeringId))
  const before = new Map(
    inForce.filter(({ offeringId }) => spokenOf.has(offeringId)).map((row) => [priceKeyOf(row), row]),
  )
  const after = new Map(proposed.map((row) => [priceKeyOf(row), row]))
  const changes: PriceChange[] = []
  for (const [key, row] of after) {
    const old = before.get(key)
    if (old === undefined) changes.push({ kind: 'added', before: null, after: row })
    else if (!chargesSame(old, row)) changes.push({ kind: 'changed', before: old, after: row })
  }
  for (const [key, row] of before) if (!after.has(key)) changes.push({ kind: 'removed', before: row, after: null })
  return changes
}

const LARGEST_UNATTENDED_FACTOR = 3n

/** A price that moves by more than ×3 either way (to or from 0 included) is more often a mistake than a sale: a person says yes first (money.md, decision 4). */
export const needsPerson = ({ before, after }: PriceChange): boolean => {
  if (before === null || after === null) return false
  const old = before.amountPusd * after.perUnits
  const next = after.amountPusd * before.perUnits
  return next > old * LARGEST_UNATTENDED_FACTOR || old > next * LARGEST_UNATTENDED_FACTOR
}

/** The diff as a table a person can read; dollars per million units. */
export const formatDiff = (changes: readonly PriceChange[]): string => {
  const header = ['', 'offering', 'bucket', 'when', 'before', 'after', 'factor']
  const rows = changes.map((change) => {
    const row = change.after ?? change.before
    return [
      needsPerson(change) ? '!' : '',
      row?.offeringId ?? '',
      row?.bucket ?? '',
      row === null ? '' : describeCondition(row),
      change.before === null ? '–' : usdPerMillion(change.before),
      change.after === null ? '–' : usdPerMillion(change.after),
      change.kind === 'changed' ? describeFactor(change) : change.kind,
    ]
  })
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)))
  return [header, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** When a price counts, in words; empty for the plain one. */
export const describeCondition = (row: Pick<PriceRow, 'contextFrom' | 'serviceTier' | 'window'>): string => {
  const parts = [
    row.contextFrom > 0 ? `≥ ${row.contextFrom} tokens` : '',
    row.serviceTier ?? '',
    row.window === null ? '' : `${clock(row.window.fromMinute)}–${clock(row.window.toMinute)} UTC`,
  ]
  return parts.filter((part) => part !== '').join(', ')
}

const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`

/** For reading only: hundredths, made from integers. */
export const describeFactor = ({
  before,
  after,
}: {
  readonly before: UnitPrice | null
  readonly after: UnitPrice | null
}): string => {
  if (before === null || after === null || before.amountPusd === 0n) return 'from 0'
  const hundredths = (after.amountPusd * before.perUnits * 100n) / (before.amountPusd * after.perUnits)
  return `×${hundredths / 100n}.${(hundredths % 100n).toString().padStart(2, '0')}`
}
