import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { findBudget, removeBudget } from '@atpar/db/budgets'
import { defineAct } from '../define-act.ts'
import { describeBudget } from './describe-limits.ts'
import { requireManageable } from './limit-reach.ts'
import { refuseCredit } from './refuse-credit.ts'

/** Removes a budget; the ones above it still bind. @throws AppError not_found when it is not within reach, forbidden for the platform's credit */
export const removeBudgetAct = defineAct({
  name: 'remove-budget',
  effect: 'write',
  permission: 'budget:manage',
  input: z.strictObject({ budgetId: z.uuid() }),
  run: async (act, { budgetId }) => {
    const budget = await findBudget(act.tx, act.orgId, budgetId)
    if (budget === null) throw new AppError('not_found')
    await requireManageable(act, budget)
    refuseCredit(budget)
    if (!(await removeBudget(act.tx, act.orgId, budgetId))) throw new AppError('not_found')
    await act.audit({
      action: 'budget-removed',
      subjectKind: 'budget',
      subjectId: budgetId,
      before: describeBudget(budget),
    })
  },
})
