import { periodBounds, periodIdOf } from './period.ts'
import type { Budget, BudgetCounter, BudgetState, LimitFilter } from './quota.ts'

const PUSD_PER_NANO = 1_000n

/** A budget as it is counted at an instant. The limit is rounded down, as everything counted against it is rounded up. */
export const counterOf = (budget: Budget, atMs: number): BudgetCounter => ({
  budgetId: budget.id,
  periodId: periodIdOf(budget.period, budget.timeZone, atMs),
  unit: budget.unit,
  limit: budget.limitTokens ?? budget.limitPusd / PUSD_PER_NANO,
  version: budget.version,
  hard: budget.hard,
})

interface KnownCounters {
  readonly fromMs: number
  readonly toMs: number
  readonly counters: readonly BudgetCounter[]
}

/** A memo of a pure function: the counters last made of a list of budgets, good until the first of their periods ends. */
const lastCounters = new WeakMap<readonly Budget[], KnownCounters>()

/** The counters of some budgets. The same array for the same list of budgets within the same periods. */
export const countersOf = (budgets: readonly Budget[], atMs: number): readonly BudgetCounter[] => {
  const last = lastCounters.get(budgets)
  if (last !== undefined && atMs >= last.fromMs && atMs < last.toMs) return last.counters
  let fromMs = Number.NEGATIVE_INFINITY
  let toMs = Number.POSITIVE_INFINITY
  for (const { period, timeZone } of budgets) {
    const bounds = periodBounds(period, timeZone, atMs)
    fromMs = Math.max(fromMs, bounds.fromMs ?? fromMs)
    toMs = Math.min(toMs, bounds.toMs ?? toMs)
  }
  const counters = budgets.map((budget) => counterOf(budget, atMs))
  lastCounters.set(budgets, { fromMs, toMs, counters })
  return counters
}

/** What may still be held; never below zero, though a lowered limit or an overrun may leave less than nothing. */
export const roomOf = (state: BudgetState): bigint => {
  const room = state.limit - state.used - state.held
  return room > 0n ? room : 0n
}

/** The state with the least room; undefined when there is no budget at all, which is not the same as no room. */
export const tightestOf = (states: readonly BudgetState[]): BudgetState | undefined =>
  states.reduce<BudgetState | undefined>(
    (tightest, state) => (tightest === undefined || roomOf(state) < roomOf(tightest) ? state : tightest),
    undefined,
  )

/** What a filter looks at. `modelId` is the model the request is counted under: the first of its plan, whichever served in the end. */
export interface CountedRequest {
  readonly modelId: string
  readonly tags: readonly string[]
}

const isCounted = (filter: LimitFilter, request: CountedRequest): boolean =>
  (filter.modelId === null || filter.modelId === request.modelId) &&
  (filter.tag === null || request.tags.includes(filter.tag))

/** The limits that count this request. The same array when all do, which is nearly always: it costs the request path nothing. */
export const limitsOn = <Limit extends LimitFilter>(
  limits: readonly Limit[],
  request: CountedRequest,
): readonly Limit[] => {
  for (const limit of limits) if (!isCounted(limit, request)) return limits.filter((each) => isCounted(each, request))
  return limits
}
