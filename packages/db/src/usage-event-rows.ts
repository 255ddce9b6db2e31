import { pusd } from '@atpar/core/money'
import type { UsageEvent } from '@atpar/core/usage-event'
import { EVENT_FIELDS, type ColumnType } from './usage-ingest-sql.ts'

/** A column as text, number, boolean or JSON: nothing of it passes through a float or a time zone. */
const select = (column: string, type: ColumnType): string => {
  switch (type) {
    case 'instant':
      return `(extract(epoch FROM e.${column}) * 1000)::bigint::text`
    case 'bigint':
    case 'date':
    case 'uuid':
      return `e.${column}::text`
    case 'text':
    case 'texts':
    case 'smallint':
    case 'integer':
    case 'boolean':
    case 'jsonb':
      return `e.${column}`
  }
}

/** What `readEventRow` reads, `FROM usage_event e`. */
export const EVENT_COLUMNS = EVENT_FIELDS.map(([field, column, type]) => `${select(column, type)} AS "${field}"`).join(
  ', ',
)

const MONEY: ReadonlySet<string> = new Set(
  EVENT_FIELDS.map(([field]) => field).filter((field) => field.endsWith('Pusd')),
)

const valueOf = (field: string, type: ColumnType, value: unknown): unknown => {
  if (typeof value !== 'string') return value
  if (MONEY.has(field)) return pusd(BigInt(value))
  return type === 'instant' || type === 'bigint' ? Number(value) : value
}

/** An event as the proxy wrote it, from a row of `EVENT_COLUMNS`. */
export const readEventRow = (row: Readonly<Record<string, unknown>>): UsageEvent =>
  Object.fromEntries(
    EVENT_FIELDS.map(([field, , type]) => [field, valueOf(field, type, row[field])]),
  ) as unknown as UsageEvent
