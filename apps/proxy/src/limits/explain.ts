import type { AppError } from '@atpar/core/errors'
import { dearestCost, fittingOutput, hardRoomOf, type TokenBounds } from '@atpar/core/hold-arithmetic'
import { toNanoUsdCeil } from '@atpar/core/money'
import type { Budget, BudgetCounter, BudgetState } from '@atpar/core/quota'
import type { Offering } from '@atpar/core/snapshot'
import type { RateState } from '@atpar/redis/quota'
import type { Size } from '../holds/size-up.ts'
import { budgetExceeded, formatAmount, rateLimited } from './refusals.ts'

export interface Obstacle {
  readonly error: AppError
  /** What the limit lacks for this request, decimal dollars, tokens or requests. */
  readonly missing: string
  /** When it lets the request through by itself: once running requests have ended, once time has passed, or not before it is raised. */
  readonly frees: 'when_running_requests_end' | 'in_time' | 'when_raised'
}

export interface Prospect {
  readonly obstacle: Obstacle | null
  /** The output limit the request would be sent with; null = its own. */
  readonly outputLimit: number | null
}

export interface ExplainInput {
  readonly candidates: readonly Pick<Offering, 'rates' | 'funding'>[]
  readonly size: Size
  readonly budgets: readonly Budget[]
  /** Both of the same order as `budgets`. */
  readonly counters: readonly BudgetCounter[]
  readonly states: readonly BudgetState[]
  readonly rates: readonly RateState[]
  readonly atMs: number
}

/** What the next request of this size would meet, by the same arithmetic that admits it. Nothing is held or counted. */
export const foresee = (input: ExplainInput): Prospect => {
  const { candidates, size, counters, states } = input
  const byRate = findSlowest(input)
  if (byRate !== null) return { obstacle: byRate, outputLimit: null }
  const room = hardRoomOf(counters, states)
  const fitting = fittingOutput(candidates, size.worst, room)
  if (fitting === null || fitting < size.floorTokens) return { obstacle: findTightest(input), outputLimit: null }
  const expected = dearestCost(candidates, size.expected)
  const isShort = room.pusd !== null && room.pusd < expected * 4n
  return { obstacle: null, outputLimit: isShort && fitting < size.worst.outputTokens ? fitting : null }
}

/** The smallest request that would still be sent. */
const leastOf = ({ size }: ExplainInput): TokenBounds => ({
  inputTokens: size.worst.inputTokens,
  outputTokens: Math.min(size.floorTokens, size.worst.outputTokens),
})

/** Of the hard budgets that even the smallest request does not fit, the one with the smallest part left: the one a refusal names. */
const findTightest = (input: ExplainInput): Obstacle | null => {
  const { candidates, budgets, states, atMs } = input
  const least = leastOf(input)
  const cost = toNanoUsdCeil(dearestCost(candidates, least))
  const tokens = BigInt(least.inputTokens + least.outputTokens)
  let tightest: Obstacle | null = null
  let smallest = Number.POSITIVE_INFINITY
  for (const [index, state] of states.entries()) {
    const budget = budgets[index]
    const needed = state.unit === 'tokens' ? tokens : cost
    const room = state.limit - state.used - state.held
    if (budget === undefined || !budget.hard || room >= needed) continue
    const part = Number(room) / Math.max(1, Number(state.limit))
    if (part >= smallest) continue
    smallest = part
    tightest = {
      error: budgetExceeded({ budget, state, atMs, when: 'before', retryAfterMs: null }),
      missing: formatAmount(state.unit, needed - (room > 0n ? room : 0n)),
      frees:
        room + state.held >= needed
          ? 'when_running_requests_end'
          : budget.period === 'total'
            ? 'when_raised'
            : 'in_time',
    }
  }
  return tightest
}

const findSlowest = ({ rates, size }: ExplainInput): Obstacle | null => {
  const tokens = size.expected.inputTokens + size.expected.outputTokens
  for (const { limit, ...state } of rates) {
    if (limit.concurrency !== null && (state.concurrent ?? 0) >= limit.concurrency)
      return { error: rateLimited(limit, 'concurrency', 1_000), missing: '1', frees: 'when_running_requests_end' }
    if (limit.requestsPerMinute !== null && state.remainingRequests !== null && state.remainingRequests < 1)
      return {
        error: rateLimited(limit, 'requests_per_minute', 60_000 / limit.requestsPerMinute),
        missing: '1',
        frees: 'in_time',
      }
    // A request larger than the whole limit runs when the limit is entirely free.
    const remaining = state.remainingTokens
    if (limit.tokensPerMinute !== null && remaining !== null && remaining < tokens && (state.resetTokensMs ?? 0) > 0) {
      const waitMs = Math.min(state.resetTokensMs ?? 0, ((tokens - remaining) * 60_000) / limit.tokensPerMinute)
      return {
        error: rateLimited(limit, 'tokens_per_minute', waitMs),
        missing: String(tokens - remaining),
        frees: 'in_time',
      }
    }
  }
  return null
}
