import type { BudgetCounter } from '@atpar/core/quota'
import type { Redis } from './client.ts'
import { parseLeaseId } from './lease-message.ts'
import type { RebuildSources } from './quota-contract.ts'
import { countedOf, counterKey, heldOn, requestIdOf } from './quota-keys.ts'
import { readServerStamp, runQuotaOperations } from './quota-script.ts'
import { MAX_SURVEYED_SETTLES, takeSurvey } from './survey.ts'

export interface DriftAudit {
  readonly orgId: string
  readonly readUsed: RebuildSources['readUsed']
  /** How many attempts Postgres has settled on each counter, by `counterKey`: each was rounded up on its way into Redis. */
  countAttempts(orgId: string, counters: readonly BudgetCounter[]): Promise<ReadonlyMap<string, bigint>>
  /** The `differences` of the round before: only what is off by the same amount twice is repaired. */
  readonly previous: ReadonlyMap<string, bigint>
}

export interface Drift {
  readonly counter: BudgetCounter
  readonly used: bigint
  readonly expected: bigint
  readonly isRepaired: boolean
}

export interface DriftReport {
  readonly drifts: readonly Drift[]
  readonly differences: ReadonlyMap<string, bigint>
}

const NOTHING: DriftReport = { drifts: [], differences: new Map() }

/**
 * Compares every counter of an organization with Postgres, and repairs what stays wrong, such as the holds of a boot that a rebuild could
 * not hear. Requests that are open, or counted here and perhaps not there yet, are left out of Postgres' sum and taken from Redis instead,
 * so a busy organization can be audited too; what begins and ends within one round passes by the next.
 */
export const auditDrift = async (redis: Redis, audit: DriftAudit): Promise<DriftReport> => {
  const { orgId } = audit
  const stamp = await readServerStamp(redis)
  const survey = await takeSurvey(redis, orgId)
  // No valid epoch: the next request rebuilds. Too much under way: Postgres is behind, and a comparison says nothing.
  if (
    !survey.epoch.startsWith(`${stamp}:`) ||
    survey.settled.length >= MAX_SURVEYED_SETTLES ||
    survey.counters.length === 0
  )
    return NOTHING
  const told = [...survey.leases, ...survey.returned]
  const except = {
    requestIds: [...new Set([...survey.holds, ...survey.settled].map(({ holdId }) => requestIdOf(holdId)))],
    // What was spent on a lease is told here from time to time and there at once: left out there, and taken as told.
    leases: told.flatMap(({ leaseId }) => parseLeaseId(leaseId) ?? []),
  }
  const billed = await audit.readUsed(
    orgId,
    survey.counters.map(({ counter }) => counter),
    except,
  )
  const differing = survey.counters.flatMap(({ counter, used }) => {
    const key = counterKey(counter)
    const sum = billed.get(key)
    if (sum === undefined) return []
    const unshipped = survey.settled.reduce(
      (total, settle) =>
        settle.counterKeys.includes(key)
          ? total + heldOn(counter, { amount: settle.used, tokens: settle.tokens })
          : total,
      0n,
    )
    const leased = told.reduce(
      (total, lease) => (lease.counterKeys.includes(key) ? total + heldOn(counter, lease.consumed) : total),
      0n,
    )
    const expected = countedOf(counter, sum) + unshipped + leased
    return used === expected ? [] : [{ counter, key, used, expected, difference: used - expected }]
  })
  if (differing.length === 0) return NOTHING
  const attempts = await audit.countAttempts(
    orgId,
    differing.map(({ counter }) => counter),
  )
  const drifts: Drift[] = []
  const differences = new Map<string, bigint>()
  for (const { counter, key, used, expected, difference } of differing) {
    // Every settle is rounded up by less than 1 nUSD, so an honest counter stands above the sum by less than that for each.
    const tolerance = attempts.get(key) ?? 0n
    if (magnitude(difference) <= tolerance) continue
    const before = audit.previous.get(key)
    const isSteady = before !== undefined && magnitude(difference - before) <= tolerance
    const isRepaired =
      isSteady && (await repair(redis, orgId, { epoch: survey.epoch, stamp, counter, by: -difference }))
    drifts.push({ counter, used, expected, isRepaired })
    if (!isRepaired) differences.set(key, difference)
  }
  return { drifts, differences }
}

const magnitude = (amount: bigint): bigint => (amount < 0n ? -amount : amount)

interface Repair {
  readonly epoch: string
  readonly stamp: string
  readonly counter: BudgetCounter
  readonly by: bigint
}

const repair = async (redis: Redis, orgId: string, { epoch, stamp, counter, by }: Repair): Promise<boolean> => {
  const reply = await runQuotaOperations(redis, orgId, {
    stamp,
    operations: ['j', epoch, counterKey(counter), String(counter.version), by.toString()],
  })
  return reply[0] === '+'
}
