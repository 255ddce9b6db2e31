import { decodeUsageEvent, RECORD_FIELDS, type UsageEvent } from './usage-event.ts'

declare const rowBrand: unique symbol

/**
 * An event as the text it is written in: `[json,\tjson,\t…]`, the JSON of each field in the order of `RECORD_FIELDS`. Between the journal and Postgres
 * nothing of an event is computed with, so it need not become values only to be written again: Postgres takes the text apart (`usage-ingest-sql` of db),
 * and relies on every field being of its kind.
 */
export type UsageRow = string & { readonly [rowBrand]: true }

/** Of a name that stands twice the later place counts. */
const PLACES: ReadonlyMap<keyof UsageEvent, number> = new Map(RECORD_FIELDS.map((name, place) => [name, place]))

/** Where a row has this field, from 0. */
export const placeOf = (field: keyof UsageEvent): number => {
  const place = PLACES.get(field)
  if (place === undefined) throw new RangeError(`an event has no field "${field}"`)
  return place
}

/** Numbers and truths, without quotes. */
const BARE_FIELDS: ReadonlySet<keyof UsageEvent> = new Set([
  'attempt',
  'streamed',
  'startedAtMs',
  'priceBookId',
  'leaseNumber',
  'seq',
  'firstByteAtMs',
  'endedAtMs',
  'isFinal',
  'httpStatus',
  'proxySeq',
])
/** Lists and objects. */
const NESTED_FIELDS: ReadonlySet<keyof UsageEvent> = new Set(['tags', 'units', 'providerUsageRaw', 'trail'])

/** Texts, ids, dates and amounts stand in quotes. */
export const isQuoted = (field: keyof UsageEvent): boolean => !BARE_FIELDS.has(field) && !NESTED_FIELDS.has(field)

/**
 * Between the fields of a record. JSON has white space there for every reader to pass over, and no text of JSON holds a tab: what looks like the end
 * of a field is one, and a record falls apart into its fields without being read.
 */
export const BETWEEN_FIELDS = ',\t'

/** A text with nothing escaped in it, or null. */
const QUOTED = String.raw`(?:"[^"\\\x00-\x1f]*"|null)`
const BARE = '(?:0|-?[1-9][0-9]*|true|false|null)'
/** Whether it is JSON is for Postgres to say, which refuses the row alone. */
const NESTED = String.raw`[^\t\0]*`
const patternOf = (field: keyof UsageEvent): string =>
  isQuoted(field) ? QUOTED : BARE_FIELDS.has(field) ? BARE : NESTED
/** Nearly every record of a journal: one look over it, a quarter of what parting it would take. */
const PLAIN_RECORD = new RegExp(String.raw`^\[${RECORD_FIELDS.map(patternOf).join(BETWEEN_FIELDS)}\]$`)

/**
 * What JSON.stringify writes for half of a surrogate pair. Postgres refuses to read one as text, and a caller's odd label must not keep an event from
 * being billed.
 */
const HALF = '\\ud'
const ESCAPES = /\\(?:ud[89a-f][\da-f]{2}|[^])/g
const mendHalves = (json: string): string =>
  json.includes(HALF) ? json.replaceAll(ESCAPES, (escape) => (escape.length > 2 ? '\uFFFD' : escape)) : json

/**
 * Takes a journal's record as it is, where it is plain; others (with something escaped, or of an earlier version, with names or without tabs) are
 * written anew.
 * @throws SyntaxError on damaged or incomplete text.
 */
export const readUsageRow = (text: string): UsageRow => {
  if (PLAIN_RECORD.test(text) && !text.includes(HALF)) return text as UsageRow
  if (text.includes('\0')) throw new SyntaxError('the record is damaged: a disk that lost a block leaves zeros')
  return rowOf(decodeUsageEvent(text))
}

/** Also of what is no text although its field is: a record of another hand may hold it. */
const quote = (value: unknown): string => {
  if (typeof value === 'bigint') return `"${value}"`
  return JSON.stringify(typeof value === 'string' ? value : JSON.stringify(value))
}

const WRITERS = RECORD_FIELDS.map((name) => ({
  name,
  write: isQuoted(name) ? quote : (value: unknown) => JSON.stringify(value),
}))

export const rowOf = (event: UsageEvent): UsageRow => {
  const fields = WRITERS.map(({ name, write }) => {
    const value = event[name]
    return value === null || value === undefined ? 'null' : write(value)
  })
  return mendHalves(`[${fields.join(BETWEEN_FIELDS)}]`) as UsageRow
}

/** Whether all of it is an event's JSON: a record may be damaged inside its lists and objects, where taking it for a row does not look. */
export const isReadable = (row: UsageRow): boolean => {
  try {
    decodeUsageEvent(row)
    return true
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

/** The JSON of a field, looked for from the nearer end. */
export const fieldOf = (row: UsageRow, field: keyof UsageEvent): string => {
  const place = placeOf(field)
  return place < RECORD_FIELDS.length / 2 ? cutFromStart(row, place) : cutFromEnd(row, RECORD_FIELDS.length - 1 - place)
}

const cutFromStart = (row: UsageRow, before: number): string => {
  let start = 1
  for (let passed = 0; passed < before; passed += 1) start = row.indexOf('\t', start) + 1
  return row.slice(start, row.indexOf(BETWEEN_FIELDS, start))
}

const cutFromEnd = (row: UsageRow, behind: number): string => {
  let end = row.length - 1
  for (let passed = 0; passed < behind; passed += 1) end = row.lastIndexOf('\t', end - 1) - 1
  return row.slice(row.lastIndexOf('\t', end - 1) + 1, end)
}

/** A field that is text. @throws SyntaxError */
export const wordOf = (row: UsageRow, field: keyof UsageEvent): string => {
  const word: unknown = JSON.parse(fieldOf(row, field))
  if (typeof word !== 'string') throw new SyntaxError(`${field} is no text`)
  return word
}
