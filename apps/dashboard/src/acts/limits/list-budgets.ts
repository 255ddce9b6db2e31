import { byFullness } from '../../limits/blocking.ts'
import type { BudgetView } from '../../limits/limit-state.ts'
import { readLimits } from '../../limits/read-limits.ts'
import { defineAct } from '../define-act.ts'
import { holderFilter, listVisibleHolders } from './limit-reach.ts'

/** Every budget they may see, with what it has counted in its current period; the fullest first. Those of revoked keys are left out. */
export const listBudgetsAct = defineAct({
  name: 'list-budgets',
  effect: 'read',
  permission: 'budget:read',
  input: holderFilter,
  run: async (act, filter): Promise<{ readonly budgets: readonly BudgetView[]; readonly isLive: boolean }> => {
    const { budgets, isLive } = await readLimits(act, await listVisibleHolders(act, filter))
    return { budgets: budgets.toSorted(byFullness), isLive }
  },
})
