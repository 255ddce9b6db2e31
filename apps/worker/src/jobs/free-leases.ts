import type { Deps } from '../deps.ts'
import { freeDeadLeases } from '../quota/dead-leases.ts'

/** Longer than a lease lives after its proxy died. */
const LATELY_MINUTES = 15

/** Soon after a proxy died; whatever takes longer to be concluded is left to the minute's sweep. */
export const freeLeasesOfLateBoots = async (deps: Deps): Promise<void> => {
  if (deps.redis.status !== 'ready') return
  const { rows } = await deps.pool.query<{ org_id: string }>(
    `SELECT DISTINCT e.org_id FROM proxy_boot b JOIN usage_event e ON e.proxy_boot_id = b.boot_id AND e.lease_number IS NOT NULL
    WHERE b.ended_at IS NOT NULL AND b.shipped_position = $1 AND b.ended_at > now() - make_interval(mins => $2)`,
    [Number.MAX_SAFE_INTEGER, LATELY_MINUTES],
  )
  for (const { org_id: orgId } of rows) await freeDeadLeases(deps, orgId)
}
