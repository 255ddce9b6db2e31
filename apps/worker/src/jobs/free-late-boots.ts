import type { Deps } from '../deps.ts'
import { freeDeadLeases } from '../quota/dead-leases.ts'
import { listLateBoots, listServedOrganizations } from '../quota/late-boots.ts'
import { resolveHolds } from '../quota/resolve-holds.ts'

/** Soon after a proxy died, what it held for its callers comes back; whatever takes longer to be concluded is left to the minute's sweep. */
export const freeLateBoots = async (deps: Deps): Promise<void> => {
  if (deps.redis.status !== 'ready') return
  const bootIds = await listLateBoots(deps.pool)
  if (bootIds.length === 0) return
  for (const orgId of await listServedOrganizations(deps.pool, bootIds)) {
    await resolveHolds(deps, orgId, bootIds)
    await freeDeadLeases(deps, orgId)
  }
}
