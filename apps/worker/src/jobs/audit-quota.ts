import { countSettledAttempts, readCountedUsage } from '@atpar/db/counted-usage'
import { auditDrift, type DriftReport } from '@atpar/redis/drift'
import { counterKey } from '@atpar/redis/quota-keys'
import type { Deps } from '../deps.ts'

/** Remembered for the next round by whichever worker makes it. */
const REMEMBER_MS = 150_000
const memoryKey = (orgId: string): string => `q:{${orgId}}:drift`

const remember = async ({ redis }: Deps, orgId: string, { differences }: DriftReport): Promise<void> => {
  if (differences.size === 0) {
    await redis.del(memoryKey(orgId))
    return
  }
  const text = JSON.stringify([...differences].map(([key, difference]) => [key, difference.toString()]))
  await redis.set(memoryKey(orgId), text, 'PX', REMEMBER_MS)
}

const recall = async ({ redis }: Deps, orgId: string): Promise<ReadonlyMap<string, bigint>> => {
  const text = await redis.get(memoryKey(orgId))
  const pairs = text === null ? [] : (JSON.parse(text) as [string, string][])
  return new Map(pairs.map(([key, difference]) => [key, BigInt(difference)]))
}

/** Compares one organization's counters with its events, and repairs what is off by the same amount for the second time. */
const auditOrganization = async (deps: Deps, orgId: string): Promise<void> => {
  const report = await auditDrift(deps.redis, {
    orgId,
    readUsed: async (_orgId, counters, except) => {
      const sums = await readCountedUsage(deps.pool, orgId, { counters, except, nowMs: deps.wallMs() })
      return new Map(counters.map((counter, index) => [counterKey(counter), sums[index] ?? 0n]))
    },
    countAttempts: async (_orgId, counters) => {
      const counts = await countSettledAttempts(deps.pool, orgId, { counters, nowMs: deps.wallMs() })
      return new Map(counters.map((counter, index) => [counterKey(counter), counts[index] ?? 0n]))
    },
    previous: await recall(deps, orgId),
  })
  await remember(deps, orgId, report)
  for (const { counter, used, expected, isRepaired } of report.drifts) {
    deps.log.warn(isRepaired ? 'quota-drift-repaired' : 'quota-drift-seen', {
      orgId,
      counter: counterKey(counter),
      unit: counter.unit,
      used: used.toString(),
      expected: expected.toString(),
    })
  }
}

/** Every minute. One organization's trouble does not keep the others waiting. */
export const auditQuota = async (deps: Deps): Promise<void> => {
  if (deps.redis.status !== 'ready') {
    deps.log.warn('quota-audit-skipped', { reason: 'Redis is not reachable' })
    return
  }
  const { rows } = await deps.pool.query<{ id: string }>('SELECT id FROM organization ORDER BY id')
  const failures: unknown[] = []
  for (const { id } of rows) {
    try {
      await auditOrganization(deps, id)
    } catch (error) {
      deps.log.error('quota-audit-failed', { orgId: id, error: error instanceof Error ? error.message : String(error) })
      failures.push(error)
    }
  }
  if (failures.length > 0)
    throw new AggregateError(failures, `The quota of ${failures.length} organizations could not be audited.`)
}
