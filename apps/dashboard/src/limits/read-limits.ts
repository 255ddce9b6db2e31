import { MINUTE_MS } from '@atpar/core/durations'
import { fromNanoUsd, nanoUsd } from '@atpar/core/money'
import { periodBounds, periodIdOf } from '@atpar/core/period'
import type { RateLimit } from '@atpar/core/quota'
import { listBudgets, readBudgetUsage, type BudgetUsage, type StoredBudget } from '@atpar/db/budgets'
import type { Tx } from '@atpar/db/client'
import type { LimitHolder } from '@atpar/db/limit-holders'
import { listRateLimits } from '@atpar/db/rate-limits'
import type { OrgId } from '@atpar/db/tenant'
import type { LiveBudget, LiveCounters, LiveRate } from '@atpar/redis/live-counters'
import { readDeps } from '../deps.ts'
import type { BudgetView, LimitViews, RatePart, RateView } from './limit-state.ts'

export interface LimitsQuestion {
  readonly tx: Tx
  readonly orgId: OrgId
  /** Now by the installation's clock: which periods are current. */
  readonly atMs: number
}

const nameOf = (scope: string, scopeId: string): string => `${scope}:${scopeId}`

/** Every limit of these holders with what it counts now: from Redis as the proxies do, from Postgres where Redis cannot say. */
export const readLimits = async (
  { tx, orgId, atMs }: LimitsQuestion,
  holders: readonly LimitHolder[],
): Promise<LimitViews> => {
  const byName = new Map(holders.map((holder) => [nameOf(holder.scope, holder.scopeId), holder]))
  const isWanted = (limit: StoredBudget | RateLimit) => byName.has(nameOf(limit.scope, limit.scopeId))
  const budgets = (await listBudgets(tx, orgId)).filter(isWanted)
  const rates = (await listRateLimits(tx, orgId)).filter(isWanted)
  const live = await readDeps().readCounters(orgId, {
    counters: budgets.map((budget) => ({
      budgetId: budget.id,
      periodId: periodIdOf(budget.period, budget.timeZone, atMs),
    })),
    rateLimitIds: rates.map((rate) => rate.id),
  })
  const isCounted = (budget: StoredBudget) => findLive(live, budget, atMs) !== undefined
  const recorded = await readBudgetUsage(tx, orgId, { budgets: budgets.filter((budget) => !isCounted(budget)), atMs })
  return {
    budgets: budgets.flatMap((budget) => {
      const holder = byName.get(nameOf(budget.scope, budget.scopeId))
      if (holder === undefined) return []
      const counted = findLive(live, budget, atMs)
      return [toBudgetView({ holder, budget, counted, recorded: recorded.get(budget.id), atMs, isLive: live !== null })]
    }),
    rates: rates.flatMap((limit) => {
      const holder = byName.get(nameOf(limit.scope, limit.scopeId))
      return holder === undefined
        ? []
        : [toRateView({ holder, limit, counted: live?.rates.get(limit.id), isLive: live !== null })]
    }),
    isLive: live !== null,
  }
}

const findLive = (live: LiveCounters | null, budget: StoredBudget, atMs: number): LiveBudget | undefined =>
  live?.budgets.get(`${budget.id}:${periodIdOf(budget.period, budget.timeZone, atMs)}`)

interface BudgetFacts {
  readonly holder: LimitHolder
  readonly budget: StoredBudget
  readonly counted: LiveBudget | undefined
  readonly recorded: BudgetUsage | undefined
  readonly atMs: number
  readonly isLive: boolean
}

const toBudgetView = ({ holder, budget, counted, recorded, atMs, isLive }: BudgetFacts): BudgetView => {
  const inUnit = (amount: bigint): bigint => (budget.unit === 'tokens' ? amount : fromNanoUsd(nanoUsd(amount)))
  return {
    kind: 'budget',
    holder,
    budget,
    limit: budget.limitTokens ?? budget.limitPusd,
    used: counted === undefined ? (recorded?.used ?? 0n) : inUnit(counted.used),
    held: counted === undefined ? 0n : inUnit(counted.held),
    endsAtMs: periodBounds(budget.period, budget.timeZone, atMs).toMs,
    isLive,
  }
}

interface RateFacts {
  readonly holder: LimitHolder
  readonly limit: RateLimit
  readonly counted: LiveRate | undefined
  readonly isLive: boolean
}

const toRateView = ({ holder, limit, counted, isLive }: RateFacts): RateView => {
  const ofMinute = (ceiling: number | null, backlogMs: number): RatePart | null =>
    ceiling === null ? null : { limit: ceiling, used: Math.min(ceiling, Math.ceil((backlogMs / MINUTE_MS) * ceiling)) }
  return {
    kind: 'rate',
    holder,
    limit,
    requests: ofMinute(limit.requestsPerMinute, counted?.requestsBacklogMs ?? 0),
    tokens: ofMinute(limit.tokensPerMinute, counted?.tokensBacklogMs ?? 0),
    concurrent: limit.concurrency === null ? null : { limit: limit.concurrency, used: counted?.concurrent ?? 0 },
    isLive,
  }
}
