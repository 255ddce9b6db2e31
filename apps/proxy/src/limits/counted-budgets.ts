import type { Caller } from '@atpar/core/caller'
import { limitsOn, type CountedRequest } from '@atpar/core/limit-arithmetic'
import type { Budget } from '@atpar/core/quota'
import type { Offering } from '@atpar/core/snapshot'

/**
 * The budgets that a request draws on. One that we do not bill draws on none of money, and so no spent one is in its way; its tokens count like any.
 */
export const budgetsOn = (
  caller: Caller,
  candidates: readonly Pick<Offering, 'funding'>[],
  counted: CountedRequest,
): readonly Budget[] => {
  const budgets = limitsOn(caller.budgets, counted)
  return candidates.some(({ funding }) => funding === 'platform')
    ? budgets
    : budgets.filter(({ unit }) => unit === 'tokens')
}
