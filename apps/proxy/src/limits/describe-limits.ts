import type { Caller } from '@atpar/core/caller'
import { AppError } from '@atpar/core/errors'
import type { JsonObject } from '@atpar/core/json'
import { counterOf, roomOf } from '@atpar/core/limit-arithmetic'
import type { Budget, BudgetState, LimitFilter } from '@atpar/core/quota'
import type { RateState } from '@atpar/redis/quota'
import type { Deps } from '../deps.ts'
import { formatAmount, resetsAt } from './refusals.ts'

/** Every limit on this key's way up, as it stands now: its own, its member's, its team's, its organization's, and nobody else's. @throws AppError quota_unavailable */
export const describeLimits = async (deps: Deps, caller: Caller, atMs: number): Promise<readonly JsonObject[]> => {
  const counters = caller.budgets.map((budget) => counterOf(budget, atMs))
  const [states, rates] = await Promise.all([
    deps.quota.readStates(caller.orgId, counters),
    deps.quota.readRates(caller.orgId, caller.rateLimits),
  ])
  if (states === null || rates === null)
    throw new AppError('quota_unavailable', {
      message: 'Limits cannot be read right now. Try again in a moment.',
      metadata: { retryAfterSeconds: 2 },
    })
  return [
    ...caller.budgets.flatMap((budget, index) => {
      const state = states[index]
      return state === undefined ? [] : [describeBudget(budget, state, atMs)]
    }),
    ...rates.flatMap(describeRates),
  ]
}

const describeFilter = ({ modelId, tag }: LimitFilter): JsonObject => ({ model: modelId, tag })

const describeBudget = (budget: Budget, state: BudgetState, atMs: number): JsonObject => ({
  id: budget.id,
  kind: 'budget',
  scope: budget.scope,
  ...describeFilter(budget),
  unit: budget.unit,
  period: budget.period,
  time_zone: budget.timeZone,
  hard: budget.hard,
  limit: formatAmount(budget.unit, state.limit),
  used: formatAmount(budget.unit, state.used),
  held: formatAmount(budget.unit, state.held),
  remaining: formatAmount(budget.unit, roomOf(state)),
  resets_at: resetsAt(budget, atMs),
})

const describeRates = ({ limit, ...state }: RateState): readonly JsonObject[] => {
  const { requestsPerMinute, tokensPerMinute, concurrency } = limit
  const of = (kind: string, facts: JsonObject): JsonObject => ({
    id: limit.id,
    kind,
    scope: limit.scope,
    ...describeFilter(limit),
    ...facts,
  })
  const described: JsonObject[] = []
  if (requestsPerMinute !== null)
    described.push(
      of('requests_per_minute', {
        limit: requestsPerMinute,
        used: requestsPerMinute - (state.remainingRequests ?? 0),
        remaining: state.remainingRequests,
        resets_in_ms: state.resetRequestsMs,
      }),
    )
  if (tokensPerMinute !== null)
    described.push(
      of('tokens_per_minute', {
        limit: tokensPerMinute,
        used: tokensPerMinute - (state.remainingTokens ?? 0),
        remaining: state.remainingTokens,
        resets_in_ms: state.resetTokensMs,
      }),
    )
  if (concurrency !== null)
    described.push(
      of('concurrency', {
        limit: concurrency,
        used: state.concurrent,
        remaining: Math.max(0, concurrency - (state.concurrent ?? 0)),
      }),
    )
  return described
}
