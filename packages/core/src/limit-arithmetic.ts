import { periodIdOf } from './period.ts'
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
