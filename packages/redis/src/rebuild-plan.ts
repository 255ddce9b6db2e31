import { nanoUsd } from '@atpar/core/money'
import type { BudgetCounter } from '@atpar/core/quota'
import { NO_SIZE, parseLeaseId, type LeaseSize } from './lease-message.ts'
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

/** What is known of the boots that the old data names, besides what they report. */
export interface KnownBoots {
  readonly live: ReadonlySet<string>
  /** Over, and everything that was spent on their leases is in the sum. */
  readonly concluded: ReadonlySet<string>
}

/**
 * Which holds and leases the new data has. A boot that reported is believed, whatever the old data says. Old holds of a boot that said nothing
 * are kept: as held when it heartbeats (it may yet settle them), in suspense when it is dead (its journal says what they cost; until the
 * worker has looked they narrow the room). Its old leases are over with its journal; before that they are kept in suspense, as if nothing had been
 * spent on them: all that was is left out of the sum, narrows the room with what lay ready, and is added by the boot when it speaks again or by
 * the worker from its journal.
 */
export const planRebuild = (
  survey: Survey,
  reports: readonly BootReport[],
  { live, concluded }: KnownBoots,
): RebuildPlan => {
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
    if (name === null || reporters.has(old.bootId) || concluded.has(old.bootId)) continue
    silent.push(name)
    leases.push({
      state: 'lease-suspense',
      lease: {
        ...old,
        keep: addSizes(old.keep, old.consumed),
        consumed: NO_SIZE,
        counters: knownOf(counterKeys),
        openRequests: [],
      },
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

/** What may have been spent on it: requests per minute are not held. */
const addSizes = (ready: LeaseSize, spent: LeaseSize): LeaseSize => ({
  amount: nanoUsd(ready.amount + spent.amount),
  tokens: ready.tokens + spent.tokens,
  requests: ready.requests,
})

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
