import { rerateUsage } from '../billing/rerate.ts'
import type { Deps } from '../deps.ts'

/** Gives back what was billed above a price that was learnt later. */
export const rerate = async ({ pool, log }: Deps): Promise<void> => {
  for (const summary of await rerateUsage(pool))
    log.info('usage-rerated', { ...summary, creditedPusd: summary.creditedPusd.toString() })
}
