import { periodIdOf } from './period.ts'
import type { Budget, BudgetCounter, BudgetState } from './quota.ts'

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
