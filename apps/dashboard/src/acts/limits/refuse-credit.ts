import { AppError } from '@atpar/core/errors'
import type { StoredBudget } from '@atpar/db/budgets'

/** @throws AppError forbidden when this is what the platform lets the organization spend */
export const refuseCredit = (budget: StoredBudget): void => {
  if (budget.isCredit)
    throw new AppError('forbidden', {
      message: 'This is the credit Atpar gives to the organization. Set a budget of your own beside it.',
    })
}
