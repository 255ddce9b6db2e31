import type { BudgetCounter } from '@atpar/core/quota'
import { NO_SIZE, parseLeaseId } from './lease-message.ts'
import type { LeftOut } from './quota-contract.ts'
import { counterKey, requestIdOf } from './quota-keys.ts'
import type { BootReport, RebuiltHold, RebuiltLease } from './rebuild-report.ts'
import type { Survey } from './survey.ts'

export interface RebuildPlan {
  readonly counters: readonly BudgetCounter[]
  readonly holds: readonly { readonly state: 'held' | 'suspense'; readonly hold: RebuiltHold }[]
  readonly leases: readonly { readonly state: 'lease' | 'lease-suspense'; readonly lease: RebuiltLease }[]
  /** What the sum leaves out: whatever ends these adds it. */
  readonly except: LeftOut
}

/**
 * Which holds and leases the new data has. A boot that reported is believed, whatever the old data says. Old holds of a boot that said nothing
 * are kept: as held when it heartbeats (it may yet settle them), in suspense when it is dead (its journal says what they cost; until the
 * worker has looked they narrow the room). Its old leases are kept in suspense, as if nothing had been spent on them: all that was is left
 * out of the sum, and added by the boot when it speaks again or by the worker from its journal.
 */
export const planRebuild = (survey: Survey, reports: readonly BootReport[], live: ReadonlySet<string>): RebuildPlan => {
  const reporters = new Set(reports.map((report) => report.bootId))
  const oldCounters = new Map(survey.counters.map(({ counter }) => [counterKey(counter), counter]))
  const knownOf = (keys: readonly string[]): readonly BudgetCounter[] =>
    keys.flatMap((key) => oldCounters.get(key) ?? [])

  const holds: { state: 'held' | 'suspense'; hold: RebuiltHold }[] = reports.flatMap((report) =>
    report.holds.map((hold) => ({ state: 'held' as const, hold })),
  )
  for (const { counterKeys, ...old } of survey.holds) {
    if (reporters.has(old.bootId)) continue
    holds.push({ state: live.has(old.bootId) ? 'held' : 'suspense', hold: { ...old, counters: knownOf(counterKeys) } })
  }

  const leases: { state: 'lease' | 'lease-suspense'; lease: RebuiltLease }[] = reports.flatMap((report) =>
    report.leases.map((lease) => ({ state: 'lease' as const, lease })),
  )
  const silent: { bootId: string; number: number }[] = []
  for (const { counterKeys, ...old } of survey.leases) {
    const name = parseLeaseId(old.leaseId)
    if (name === null || reporters.has(old.bootId)) continue
    silent.push(name)
    leases.push({
      state: 'lease-suspense',
      lease: { ...old, consumed: NO_SIZE, counters: knownOf(counterKeys), openRequests: [] },
    })
  }

  return {
    counters: newestOf([...holds.map(({ hold }) => hold), ...leases.map(({ lease }) => lease)], oldCounters),
    holds,
    leases,
    except: {
      requestIds: [
        ...new Set([
          ...holds.map(({ hold }) => requestIdOf(hold.holdId)),
          ...leases.flatMap(({ lease }) => lease.openRequests.map(requestIdOf)),
        ]),
      ],
      leases: silent,
    },
  }
}

/** Every counter that something is held on, by the newest limit that anybody knows. */
const newestOf = (
  holders: readonly { readonly counters: readonly BudgetCounter[] }[],
  oldCounters: ReadonlyMap<string, BudgetCounter>,
): readonly BudgetCounter[] => {
  const newest = new Map<string, BudgetCounter>()
  const add = (counter: BudgetCounter): void => {
    const known = newest.get(counterKey(counter))
    if (known === undefined || known.version < counter.version) newest.set(counterKey(counter), counter)
  }
  for (const { counters } of holders) counters.forEach(add)
  for (const [key, counter] of oldCounters) if (newest.has(key)) add(counter)
  return [...newest.values()]
}
