import { pusd, ZERO_PUSD } from '@atpar/core/money'
import type { Budget, BudgetState, RateLimit } from '@atpar/core/quota'
import type { RateState } from '@atpar/redis/quota'

/** Limits as the tests of this folder need them. */

export const AT_MS = Date.parse('2026-11-22T12:00:00Z')

export const makeBudget = (changes: Partial<Budget> = {}): Budget => ({
  id: 'budget-1',
  scope: 'key',
  scopeId: 'key-1',
  unit: 'usd',
  limitPusd: pusd(1_000_000_000_000n),
  limitTokens: null,
  modelId: null,
  tag: null,
  softThresholds: [],
  period: 'day',
  timeZone: 'UTC',
  hard: true,
  version: 1,
  ...changes,
})

/** Amounts in nano-dollars: a dollar of limit. */
export const makeState = (changes: Partial<BudgetState> = {}): BudgetState => ({
  budgetId: 'budget-1',
  periodId: '2026-11-22',
  unit: 'usd',
  limit: 1_000_000_000n,
  used: 0n,
  held: 0n,
  ...changes,
})

export const makeTokenBudget = (changes: Partial<Budget> = {}): Budget =>
  makeBudget({ id: 'budget-2', unit: 'tokens', limitPusd: ZERO_PUSD, limitTokens: 1_000n, ...changes })

const RATE_LIMIT: RateLimit = {
  id: 'rate-1',
  scope: 'team',
  scopeId: 'team-1',
  requestsPerMinute: 60,
  tokensPerMinute: null,
  concurrency: null,
  modelId: null,
  tag: null,
  version: 1,
}

export const makeRate = (limit: Partial<RateLimit>, state: Partial<Omit<RateState, 'limit'>>): RateState => ({
  limit: { ...RATE_LIMIT, ...limit },
  remainingRequests: null,
  resetRequestsMs: null,
  remainingTokens: null,
  resetTokensMs: null,
  concurrent: null,
  ...state,
})
