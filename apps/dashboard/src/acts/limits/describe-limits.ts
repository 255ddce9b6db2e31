import type { JsonObject } from '@atpar/core/json'
import { formatUsd } from '@atpar/core/money'
import type { Budget, RateLimit } from '@atpar/core/quota'

/** For the record of acts: money as text, since JSON's numbers would round it. */
export const describeBudget = (budget: Budget): JsonObject => ({
  scope: budget.scope,
  scopeId: budget.scopeId,
  period: budget.period,
  timeZone: budget.timeZone,
  unit: budget.unit,
  limit: budget.limitTokens === null ? formatUsd(budget.limitPusd) : budget.limitTokens.toString(),
  hard: budget.hard,
  softThresholds: [...budget.softThresholds],
  ...(budget.modelId === null ? {} : { modelId: budget.modelId }),
  ...(budget.tag === null ? {} : { tag: budget.tag }),
})

export const describeRateLimit = (limit: RateLimit): JsonObject => ({
  scope: limit.scope,
  scopeId: limit.scopeId,
  requestsPerMinute: limit.requestsPerMinute,
  tokensPerMinute: limit.tokensPerMinute,
  concurrency: limit.concurrency,
  ...(limit.modelId === null ? {} : { modelId: limit.modelId }),
  ...(limit.tag === null ? {} : { tag: limit.tag }),
})
