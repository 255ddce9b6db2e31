import { collectDeps } from '../collect/collect-deps.ts'
import { proveAllCash } from '../collect/prove-cash.ts'
import { sweepStripe as sweep } from '../collect/sweep.ts'
import type { Deps } from '../deps.ts'

/** The night's look at Stripe: what no webhook said, what is not at its end, and whether the ledger's cash is what Stripe's book says (P4). */
export const sweepStripe = async (deps: Deps): Promise<void> => {
  const collect = await collectDeps(deps)
  if (collect === null) return
  await sweep(collect, deps.wallMs())
  await proveAllCash(collect)
}
