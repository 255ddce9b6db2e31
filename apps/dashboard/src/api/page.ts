import { AppError } from '@atpar/core/errors'

/** A place in a list: the key of the last row that was shown. Opaque to callers, so that it may change. */
const encodeCursor = (place: string): string => Buffer.from(place, 'utf8').toString('base64url')

/** @throws AppError invalid_request when the text is no cursor of ours. */
export const decodeCursor = (cursor: string | undefined): string | undefined => {
  if (cursor === undefined) return undefined
  const place = Buffer.from(cursor, 'base64url').toString('utf8')
  if (encodeCursor(place) === cursor && place !== '' && !place.includes('\uFFFD')) return place
  throw new AppError('invalid_request', { message: 'This is no cursor of a page before.', param: 'cursor' })
}

export interface Page<Item> {
  readonly data: Item[]
  readonly next_cursor: string | null
}

/** Of rows read one more than wanted: the page and where the next one begins. */
export const cutPage = <Row, Item>(
  rows: readonly Row[],
  cut: { readonly limit: number; readonly placeOf: (row: Row) => string; readonly show: (row: Row) => Item },
): Page<Item> => {
  const shown = rows.slice(0, cut.limit)
  const last = shown.at(-1)
  return {
    data: shown.map(cut.show),
    next_cursor: rows.length > cut.limit && last !== undefined ? encodeCursor(cut.placeOf(last)) : null,
  }
}

interface WholeList<Row, Item> {
  readonly query: { readonly limit: number; readonly cursor?: string | undefined }
  /** Unique, and growing with the row's age or its name: the order of the list. */
  readonly placeOf: (row: Row) => string
  readonly show: (row: Row) => Item
}

const byCodeUnits = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)

/** A page of a list that is read whole, in the order of its places: a row that went meanwhile moves no other. */
export const pageOfAll = <Row, Item>(rows: readonly Row[], list: WholeList<Row, Item>): Page<Item> => {
  const { limit, cursor } = list.query
  const after = decodeCursor(cursor)
  const ordered = rows
    .toSorted((left, right) => byCodeUnits(list.placeOf(left), list.placeOf(right)))
    .filter((row) => after === undefined || list.placeOf(row) > after)
  return cutPage(ordered, { limit, placeOf: list.placeOf, show: list.show })
}
