import { readCountedUsage } from '@atpar/db/counted-usage'
import { readLiveBoots } from '@atpar/db/gateway'
import type { Pool } from '@atpar/db/pool'
import { readShippedPosition, withOrganizationLock } from '@atpar/db/quota-rebuild'
import type { RebuildSources } from '@atpar/redis/quota'
import { counterKey } from '@atpar/redis/quota-keys'

const SHIPPED_POLL_MS = 20
const HEARTBEAT_MS = 5_000
/** Three heartbeats; or as long as a boot that is cut off from everything may go on by its leases. */
const LIVE_WITHIN_MS = 15_000

interface SourceDeps {
  readonly pool: Pool
  readonly nowMs: () => number
  readonly leaseMs: number
  readonly ownReport: RebuildSources['ownReport']
}

/** Where lost counters are made again from: Postgres, and what every live proxy still holds open. */
export const createRebuildSources = ({ pool, nowMs, leaseMs, ownReport }: SourceDeps): RebuildSources => ({
  withOrgLock: (orgId, run) => withOrganizationLock(pool, orgId, run),
  readUsed: async (orgId, counters, except) => {
    const sums = await readCountedUsage(pool, orgId, { counters, except, nowMs: nowMs() })
    return new Map(counters.map((counter, index) => [counterKey(counter), sums[index] ?? 0n]))
  },
  liveBoots: async () =>
    (await readLiveBoots(pool, Math.max(LIVE_WITHIN_MS, leaseMs + HEARTBEAT_MS))).map((boot) => boot.bootId),
  isConcluded: async (bootId) => (await readShippedPosition(pool, bootId)) === Number.MAX_SAFE_INTEGER,
  waitShipped: async (bootId, position, timeoutMs) => {
    const deadlineMs = performance.now() + timeoutMs
    while (performance.now() < deadlineMs) {
      const shipped = await readShippedPosition(pool, bootId)
      if (shipped !== null && shipped >= position) return true
      await new Promise((resolve) => {
        setTimeout(resolve, SHIPPED_POLL_MS)
      })
    }
    return false
  },
  ownReport,
})
