import { postAllUsage } from '../billing/post-ledger.ts'
import type { Deps } from '../deps.ts'

/** Brings the ledger up to the roll-ups. */
export const postUsage = async ({ pool, log }: Deps): Promise<void> => {
  const postings = await postAllUsage(pool)
  if (postings > 0) log.info('usage-posted', { postings })
}
