import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { changeBudget, findBudget } from '@atpar/db/budgets'
import { defineAct } from '../define-act.ts'
import { describeBudget } from './describe-limits.ts'
import { budgetChange, readAmount, TOO_LARGE } from './limit-inputs.ts'
import { requireManageable } from './limit-reach.ts'
import { refuseCredit } from './refuse-credit.ts'

/**
 * Changes how much a budget allows, whether it refuses, and when people are told. What was spent stays spent; period, unit, zone and filter say
 * which budget it is and cannot change. @throws AppError not_found when it is not within reach, forbidden for the platform's credit
 */
export const updateBudgetAct = defineAct({
  name: 'update-budget',
  effect: 'write',
  permission: 'budget:manage',
  input: z.strictObject({ budgetId: z.uuid(), ...budgetChange }),
  run: async (act, { budgetId, limit, hard, softThresholds }) => {
    const before = await findBudget(act.tx, act.orgId, budgetId)
    if (before === null) throw new AppError('not_found')
    await requireManageable(act, before)
    refuseCredit(before)
    const amount = limit === undefined ? {} : readAmount(limit, before.unit)
    if (amount === null) throw new AppError('invalid_request', { message: `limit: ${TOO_LARGE}`, param: 'limit' })
    const after = await changeBudget(act.tx, act.orgId, {
      budgetId,
      change: {
        ...amount,
        ...(hard === undefined ? {} : { hard }),
        ...(softThresholds === undefined ? {} : { softThresholds }),
      },
    })
    if (after === null) throw new AppError('not_found')
    await act.audit({
      action: 'budget-changed',
      subjectKind: 'budget',
      subjectId: budgetId,
      before: describeBudget(before),
      after: describeBudget(after),
    })
    return after
  },
})
