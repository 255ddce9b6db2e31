import { byFullness } from '../../limits/blocking.ts'
import type { BudgetView } from '../../limits/limit-state.ts'
import { readLimits } from '../../limits/read-limits.ts'
import { defineAct } from '../define-act.ts'
import { holderFilter, listVisibleHolders, mayManageLimits } from './limit-reach.ts'

interface BudgetListing {
  readonly budgets: readonly BudgetView[]
  readonly isLive: boolean
  /** Of the levels whose limits are theirs to set: the `scopeId`s. */
  readonly manageable: ReadonlySet<string>
}

/** Every budget they may see, with what it has counted in its current period; the fullest first. Those of revoked keys are left out. */
export const listBudgetsAct = defineAct({
  name: 'list-budgets',
  effect: 'read',
  permission: 'budget:read',
  input: holderFilter,
  run: async (act, filter): Promise<BudgetListing> => {
    const holders = await listVisibleHolders(act, filter)
    const { budgets, isLive } = await readLimits(act, holders)
    const manageable = holders.filter((holder) => mayManageLimits(act, holder)).map(({ scopeId }) => scopeId)
    return { budgets: budgets.toSorted(byFullness), isLive, manageable: new Set(manageable) }
  },
})
