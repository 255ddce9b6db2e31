import { decodeUsageEvent, EVENT_AMOUNTS, RECORD_FIELDS, type UsageEvent } from './usage-event.ts'

/**
 * An event as the texts it is written in: the JSON of each field, in the order of `RECORD_FIELDS`. Between the journal and Postgres nothing of an event
 * is computed with, so it need not become values only to be written again.
 */
export type UsageRow = readonly string[]

/** Of a name that stands twice the later place counts. */
const PLACES: ReadonlyMap<keyof UsageEvent, number> = new Map(RECORD_FIELDS.map((name, place) => [name, place]))

/** Where a row has this field. */
export const placeOf = (field: keyof UsageEvent): number => {
  const place = PLACES.get(field)
  if (place === undefined) throw new RangeError(`an event has no field "${field}"`)
  return place
}

const TEXTS_REQUIRED = (['requestId', 'orgId', ...EVENT_AMOUNTS] as const).map((name) => ({
  name,
  place: placeOf(name),
}))

/**
 * Between the fields of a record. JSON has white space there for every reader to pass over, and no text of JSON holds a tab: what looks like the end
 * of a field is one, and a record falls apart into its fields without being read.
 */
const BETWEEN_FIELDS = ',\t'

/**
 * Reads a journal's record. What is inside its fields is for those to judge who write them into Postgres, and for Postgres.
 * @throws SyntaxError on text that is visibly damaged or incomplete.
 */
export const readUsageRow = (text: string): UsageRow => {
  if (text.includes('\0')) throw new SyntaxError('the record is damaged: a disk that lost a block leaves zeros')
  const row = text.slice(1, -1).split(BETWEEN_FIELDS)
  // Journals of earlier versions name the fields, or have no tabs between them. Of anything else the reader of JSON says what is wrong with it.
  if (row.length !== RECORD_FIELDS.length || !text.startsWith('[') || !text.endsWith(']'))
    return rowOf(decodeUsageEvent(text))
  for (const { name, place } of TEXTS_REQUIRED)
    if (row[place]?.startsWith('"') !== true) throw new SyntaxError(`the record is incomplete: ${name} is missing`)
  return row
}

export const rowOf = (event: UsageEvent): UsageRow =>
  RECORD_FIELDS.map((name) => {
    const value = event[name]
    return typeof value === 'bigint' ? `"${value}"` : (JSON.stringify(value) ?? 'null')
  })

export const textOfRow = (row: UsageRow): string => `[${row.join(BETWEEN_FIELDS)}]`

/** @throws SyntaxError on fields that are no JSON after all. */
export const eventOfRow = (row: UsageRow): UsageEvent => decodeUsageEvent(textOfRow(row))

/** Whether all its fields are JSON: a line may be damaged where reading it into a row does not look. */
export const isReadable = (row: UsageRow): boolean => {
  try {
    eventOfRow(row)
    return true
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

/** A field that is text. @throws SyntaxError */
export const wordOf = (row: UsageRow, field: keyof UsageEvent): string => {
  const word: unknown = JSON.parse(row[placeOf(field)] ?? 'null')
  if (typeof word !== 'string') throw new SyntaxError(`${field} is no text`)
  return word
}
