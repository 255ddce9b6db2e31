import type { Offering } from '@atpar/core/snapshot'

/** How an offering has served lately, as this process saw it: what `GET /v1/models/{id}/endpoints` tells. Nothing is decided by it. */
export interface ServiceFigures {
  /** Share of attempts that were answered, 0 to 1. Null when there was none. */
  readonly uptime: number | null
  /** Mean milliseconds to the first byte. */
  readonly latencyMs: number | null
  /** Mean tokens a second from the first byte on. */
  readonly tokensPerSecond: number | null
}

/** What an offering's figures go by. Two organizations may give models at their own endpoints the same name. */
export const serviceIdOf = ({ id, credentialId }: Pick<Offering, 'id' | 'credentialId'>): string =>
  credentialId === undefined ? id : `${credentialId} ${id}`

export interface RecentService {
  noteServed(
    offeringId: string,
    facts: { readonly waitedMs: number; readonly outputTokens: number; readonly wroteMs: number },
  ): void
  noteLost(offeringId: string): void
  figuresOf(offeringId: string): ServiceFigures
}

const SLICE_MS = 5 * 60_000
/** Half an hour. */
const SLICES = 6
/** A shorter stream says more about the network than about the model. */
const MIN_WROTE_MS = 50

interface Slice {
  number: number
  served: number
  lost: number
  waitedMs: number
  tokens: number
  wroteMs: number
}

const emptySlice = (): Slice => ({ number: -1, served: 0, lost: 0, waitedMs: 0, tokens: 0, wroteMs: 0 })

export const createRecentService = (deps: { readonly monotonicMs: () => number }): RecentService => {
  const slices = new Map<string, readonly Slice[]>()

  const currentSlice = (offeringId: string): Slice => {
    let ring = slices.get(offeringId)
    if (ring === undefined) {
      ring = Array.from({ length: SLICES }, emptySlice)
      slices.set(offeringId, ring)
    }
    const number = Math.floor(deps.monotonicMs() / SLICE_MS)
    const slice = ring[number % SLICES] ?? emptySlice()
    if (slice.number !== number) Object.assign(slice, emptySlice(), { number })
    return slice
  }

  return {
    noteServed: (offeringId, { waitedMs, outputTokens, wroteMs }) => {
      const slice = currentSlice(offeringId)
      slice.served += 1
      slice.waitedMs += waitedMs
      if (wroteMs < MIN_WROTE_MS) return
      slice.tokens += outputTokens
      slice.wroteMs += wroteMs
    },
    noteLost: (offeringId) => {
      currentSlice(offeringId).lost += 1
    },
    figuresOf: (offeringId) => {
      const oldest = Math.floor(deps.monotonicMs() / SLICE_MS) - SLICES
      const recent = (slices.get(offeringId) ?? []).filter(({ number }) => number > oldest)
      const sum = (field: Exclude<keyof Slice, 'number'>): number =>
        recent.reduce((total, slice) => total + slice[field], 0)
      const served = sum('served')
      return {
        uptime: ratio(served, served + sum('lost')),
        latencyMs: ratio(sum('waitedMs'), served),
        tokensPerSecond: ratio(sum('tokens') * 1_000, sum('wroteMs')),
      }
    },
  }
}

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)
