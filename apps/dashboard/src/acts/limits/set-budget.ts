import { AppError } from '@atpar/core/errors'
import { listBudgets, setBudget, type StoredBudget } from '@atpar/db/budgets'
import type { Level } from '@atpar/db/limit-holders'
import { defineAct, type Act } from '../define-act.ts'
import { describeBudget } from './describe-limits.ts'
import { limitHolder, newBudget, readAmount, TOO_LARGE, type NewBudgetInput } from './limit-inputs.ts'
import { requireManageable } from './limit-reach.ts'
import { requireKnownModels } from './require-known-models.ts'

/** Sets one budget of a level that is known to be within reach, with its entry in the record of acts. */
export const writeBudget = async (act: Act, level: Level, input: NewBudgetInput): Promise<StoredBudget> => {
  if (input.modelId !== null) await requireKnownModels(act, 'modelId', [input.modelId])
  const amount = readAmount(input.limit, input.unit)
  if (amount === null) throw new AppError('invalid_request', { message: `limit: ${TOO_LARGE}`, param: 'limit' })
  const before = (await listBudgets(act.tx, act.orgId, level)).find(
    (known) =>
      !known.isCredit &&
      known.period === input.period &&
      known.unit === input.unit &&
      known.modelId === input.modelId &&
      known.tag === input.tag,
  )
  const budget = await setBudget(act.tx, act.orgId, {
    ...level,
    period: input.period,
    unit: input.unit,
    limitPusd: amount.limitPusd,
    ...(amount.limitTokens === null ? {} : { limitTokens: amount.limitTokens }),
    filter: { modelId: input.modelId, tag: input.tag },
    softThresholds: input.softThresholds,
    hard: input.hard,
    ...(input.timeZone === undefined ? {} : { timeZone: input.timeZone }),
  })
  await act.audit({
    action: 'budget-set',
    subjectKind: 'budget',
    subjectId: budget.id,
    ...(before === undefined ? {} : { before: describeBudget(before) }),
    after: describeBudget(budget),
  })
  return budget
}

/**
 * Sets the budget of a key, member, team or the organization for a period (and one model or tag), or changes the one there is: what was spent
 * stays spent. A lower level may be given more than a higher one; each request must fit all of them.
 * @throws AppError not_found when the level is not within reach, conflict for another time zone than the budget has
 */
export const setBudgetAct = defineAct({
  name: 'set-budget',
  effect: 'write',
  permission: 'budget:manage',
  input: newBudget.safeExtend(limitHolder),
  run: async (act, { scope, scopeId, ...input }) => {
    const level = { scope, scopeId }
    await requireManageable(act, level)
    return writeBudget(act, level, input)
  },
})
