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
 * Reads a journal's record. What is inside its fields the database judges, as it does for every event.
 * @throws SyntaxError on text that is visibly damaged or incomplete.
 */
export const readUsageRow = (text: string): UsageRow => {
  // Journals of earlier versions name the fields.
  if (!text.startsWith('[')) return rowOf(decodeUsageEvent(text))
  if (CONTROL.test(text)) throw damaged()
  const row = splitArray(text)
  if (row.length !== RECORD_FIELDS.length)
    throw new SyntaxError(`the record is incomplete: it has ${row.length} fields of ${RECORD_FIELDS.length}`)
  for (const { name, place } of TEXTS_REQUIRED)
    if (row[place]?.startsWith('"') !== true) throw new SyntaxError(`the record is incomplete: ${name} is missing`)
  return row
}

export const rowOf = (event: UsageEvent): UsageRow =>
  RECORD_FIELDS.map((name) => {
    const value = event[name]
    return typeof value === 'bigint' ? `"${value}"` : (JSON.stringify(value) ?? 'null')
  })

export const textOfRow = (row: UsageRow): string => `[${row.join(',')}]`

/** @throws SyntaxError on fields that are no JSON after all. */
export const eventOfRow = (row: UsageRow): UsageEvent => decodeUsageEvent(textOfRow(row))

/** A field that is text. @throws SyntaxError */
export const wordOf = (row: UsageRow, field: keyof UsageEvent): string => {
  const word: unknown = JSON.parse(row[placeOf(field)] ?? 'null')
  if (typeof word !== 'string') throw new SyntaxError(`${field} is no text`)
  return word
}

const QUOTE = 0x22
const COMMA = 0x2c
const OPEN_ARRAY = 0x5b
const BACKSLASH = 0x5c
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/** JSON text has none inside, and what is written here has none around it: a disk that lost a block leaves them. */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f]/

/** The texts of an array's elements. A comma in a text or in an element's inside parts nothing. @throws SyntaxError where quotes or brackets do not match. */
const splitArray = (text: string): string[] => {
  const elements: string[] = []
  const end = text.length - 1
  let from = 1
  let depth = 0
  for (let at = 1; at < end; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfText(text, at)
    else if (code === COMMA) {
      if (depth > 0) continue
      elements.push(text.slice(from, at))
      from = at + 1
    } else if (code === OPEN_ARRAY || code === OPEN_OBJECT) depth += 1
    else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) {
      depth -= 1
      if (depth < 0) throw damaged()
    }
  }
  if (depth !== 0 || text.charCodeAt(end) !== CLOSE_ARRAY) throw damaged()
  elements.push(text.slice(from, end))
  return elements
}

/** From the opening quote to the closing one: the first with an even number of backslashes before it. */
const endOfText = (text: string, start: number): number => {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let before = at - 1
    while (text.charCodeAt(before) === BACKSLASH) before -= 1
    if ((at - before) % 2 === 1) return at
  }
  throw damaged()
}

const damaged = (): SyntaxError =>
  new SyntaxError('the record is damaged: its quotes or brackets do not match, or it holds control characters')
