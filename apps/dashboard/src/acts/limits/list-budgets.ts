import { z } from 'zod'
import { listLimitHolders } from '@atpar/db/limit-holders'
import { byFullness } from '../../limits/blocking.ts'
import type { BudgetView } from '../../limits/limit-state.ts'
import { readLimits } from '../../limits/read-limits.ts'
import { defineAct } from '../define-act.ts'
import { limitScope } from './limit-inputs.ts'
import { maySeeLimits } from './limit-reach.ts'

/** Every budget they may see, with what it has counted in its current period; the fullest first. Those of revoked keys are left out. */
export const listBudgetsAct = defineAct({
  name: 'list-budgets',
  effect: 'read',
  permission: 'budget:read',
  input: z.strictObject({ scope: limitScope.optional(), scopeId: z.uuid().optional() }),
  run: async (
    act,
    { scope, scopeId },
  ): Promise<{ readonly budgets: readonly BudgetView[]; readonly isLive: boolean }> => {
    const holders = (await listLimitHolders(act.tx, act.orgId)).filter(
      (holder) =>
        holder.isActive &&
        maySeeLimits(act, holder) &&
        (scope === undefined || holder.scope === scope) &&
        (scopeId === undefined || holder.scopeId === scopeId),
    )
    const { budgets, isLive } = await readLimits(act, holders)
    return { budgets: budgets.toSorted(byFullness), isLive }
  },
})
