import { MINUTE_MS } from '@atpar/core/durations'
import { nanoUsd, type NanoUsd } from '@atpar/core/money'
import type { RateLimit } from '@atpar/core/quota'
import type { HoldSize, RateReason } from './quota-contract.ts'

/**
 * What may be admitted while Redis cannot say and no lease is left: nothing under a hard budget, a little for everybody else, and rate limits
 * by a clock of this process at its share of the fleet's limit.
 */
export interface Allowance {
  /** `reason` null = admitted. */
  take(ask: AllowanceAsk): AllowanceAnswer
  /** A request that was admitted here ended; `unused` of what it held is there again. */
  end(ask: Pick<AllowanceAsk, 'orgId' | 'rates'>, unused: NanoUsd): void
  /** Redis answers again. */
  reset(orgId: string): void
}

export interface AllowanceAsk {
  readonly orgId: string
  readonly size: HoldSize
  readonly rates: readonly RateLimit[]
  /** Of the tightest budget, when anybody last knew; null = no budget at all. */
  readonly lastRoom: bigint | null
  readonly liveProxies: number
  readonly nowMs: number
}

export type AllowanceAnswer =
  | { readonly kind: 'admitted' }
  | { readonly kind: 'spent' }
  | { readonly kind: 'limited'; readonly limit: RateLimit; readonly reason: RateReason; readonly retryAfterMs: number }

const MOST = 500_000_000n

interface Purse {
  readonly sinceMs: number
  left: bigint
}

interface LocalClock {
  running: number
  requestsMs: number
  tokensMs: number
}

export const createAllowance = (allowanceMs: number): Allowance => {
  const purses = new Map<string, Purse>()
  const clocks = new Map<string, LocalClock>()

  const purseOf = ({ orgId, lastRoom, liveProxies, nowMs }: AllowanceAsk): Purse => {
    const known = purses.get(orgId)
    if (known !== undefined) return known
    const part = lastRoom === null ? MOST : (lastRoom > 0n ? lastRoom : 0n) / 100n / BigInt(Math.max(1, liveProxies))
    const purse = { sinceMs: nowMs, left: part < MOST ? part : MOST }
    purses.set(orgId, purse)
    return purse
  }

  /** A full minute ahead of now is as much as a clock may run; null = it fits, and is taken. */
  const limitLocally = (ask: AllowanceAsk): AllowanceAnswer | null => {
    const moves: (() => void)[] = []
    for (const limit of ask.rates) {
      const clock = clocks.get(limit.id) ?? { running: 0, requestsMs: 0, tokensMs: 0 }
      const share = (whole: number): number => whole / Math.max(1, ask.liveProxies)
      if (limit.concurrency !== null) {
        if (clock.running >= Math.max(1, Math.floor(share(limit.concurrency))))
          return { kind: 'limited', limit, reason: 'concurrency', retryAfterMs: 1_000 }
      }
      moves.push(() => {
        clock.running += 1
      })
      if (limit.requestsPerMinute !== null) {
        const next = Math.max(clock.requestsMs, ask.nowMs) + MINUTE_MS / share(limit.requestsPerMinute)
        const excess = next - ask.nowMs - MINUTE_MS
        // One request a minute must fit even where the share of it is less than one.
        if (excess > 0 && clock.requestsMs > ask.nowMs)
          return { kind: 'limited', limit, reason: 'requests_per_minute', retryAfterMs: Math.ceil(excess) }
        moves.push(() => {
          clock.requestsMs = next
        })
      }
      if (limit.tokensPerMinute !== null) {
        const next = Math.max(clock.tokensMs, ask.nowMs) + (ask.size.tokens * MINUTE_MS) / share(limit.tokensPerMinute)
        const excess = next - ask.nowMs - MINUTE_MS
        if (excess > 0 && clock.tokensMs > ask.nowMs)
          return {
            kind: 'limited',
            limit,
            reason: 'tokens_per_minute',
            retryAfterMs: Math.ceil(Math.min(excess, clock.tokensMs - ask.nowMs)),
          }
        moves.push(() => {
          clock.tokensMs = next
        })
      }
      clocks.set(limit.id, clock)
    }
    for (const move of moves) move()
    return null
  }

  return {
    take: (ask) => {
      const purse = purseOf(ask)
      if (ask.nowMs - purse.sinceMs > allowanceMs || ask.size.amount > purse.left) return { kind: 'spent' }
      const limited = limitLocally(ask)
      if (limited !== null) return limited
      purse.left -= ask.size.amount
      return { kind: 'admitted' }
    },
    end: ({ orgId, rates }, unused) => {
      const purse = purses.get(orgId)
      if (purse !== undefined) purse.left += unused
      for (const { id } of rates) {
        const clock = clocks.get(id)
        if (clock !== undefined) clock.running -= 1
      }
    },
    reset: (orgId) => {
      purses.delete(orgId)
    },
  }
}

export const unusedOf = (held: NanoUsd, used: NanoUsd): NanoUsd => nanoUsd(held > used ? held - used : 0n)
