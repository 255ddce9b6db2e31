import type { ListingParams } from './params.ts'
import { refuseMissing, refuseParameter } from './refusal.ts'

const USUAL_LIMIT = 10
const MOST = 100

export interface Page<T> {
  items: T[]
  hasMore: boolean
}

/**
 * A page of `all`, which is oldest first; Stripe shows the newest first. `starting_after` and `ending_before` are ids
 * that must be in the list.
 */
export function pageOf<T extends { id: string; created?: number }>(
  all: Iterable<T>,
  params: ListingParams,
  order: 'newest_first' | 'as_kept' = 'newest_first',
): Page<T> {
  const limit = params.limit ?? USUAL_LIMIT
  if (limit < 1 || limit > MOST) {
    throw refuseParameter(`This value must be between 1 and ${MOST} (inclusive)`, { param: 'limit' })
  }
  const { created } = params
  const kept = [...all].filter((one) => created === undefined || isWithin(one.created ?? 0, created))
  const ordered = order === 'newest_first' ? kept.toReversed() : kept
  if (params.ending_before !== undefined) {
    const end = positionOf(ordered, params.ending_before, 'ending_before')
    const start = Math.max(0, end - limit)
    return { items: ordered.slice(start, end), hasMore: start > 0 }
  }
  const start =
    params.starting_after === undefined ? 0 : positionOf(ordered, params.starting_after, 'starting_after') + 1
  return { items: ordered.slice(start, start + limit), hasMore: ordered.length > start + limit }
}

function positionOf(all: readonly { id: string }[], id: string, param: string): number {
  const position = all.findIndex((one) => one.id === id)
  if (position === -1) throw refuseMissing('object', id, param)
  return position
}

function isWithin(time: number, range: NonNullable<ListingParams['created']>): boolean {
  if (typeof range === 'number') return time === range
  return (
    time > (range.gt ?? -Infinity) &&
    time >= (range.gte ?? -Infinity) &&
    time < (range.lt ?? Infinity) &&
    time <= (range.lte ?? Infinity)
  )
}
