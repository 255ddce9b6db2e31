import { collectDeps, leaveUncollected } from '../collect/collect-deps.ts'
import { collectDue as collectAllDue } from '../collect/sweep.ts'
import type { Deps } from '../deps.ts'

/** Events, pushes and refunds that are due, found by looking. Without Stripe an invoice is asked of nobody, and says so. */
export const collectDue = async (deps: Deps): Promise<void> => {
  const collect = await collectDeps(deps)
  if (collect === null) await leaveUncollected(deps.pool)
  else await collectAllDue(collect)
}
