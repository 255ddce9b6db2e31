import type { BudgetCounter } from '@atpar/core/quota'
import { counterKey, requestIdOf } from './quota-keys.ts'
import type { BootReport, RebuiltHold } from './rebuild-report.ts'
import type { Survey } from './survey.ts'

export interface RebuildPlan {
  readonly counters: readonly BudgetCounter[]
  readonly holds: readonly { readonly state: 'held' | 'suspense'; readonly hold: RebuiltHold }[]
  readonly exceptRequestIds: readonly string[]
}

/**
 * Which holds the new data has. A boot that reported is believed, whatever the old data says. Old holds of a boot that said nothing are kept:
 * as held when it heartbeats (it may yet settle them, so Postgres must not count them too), in suspense when it is dead (its journal
 * says what they cost; until the worker has looked they narrow the room).
 */
export const planRebuild = (survey: Survey, reports: readonly BootReport[], live: ReadonlySet<string>): RebuildPlan => {
  const counters = new Map<string, BudgetCounter>()
  const addCounter = (counter: BudgetCounter): void => {
    const known = counters.get(counterKey(counter))
    if (known === undefined || known.version < counter.version) counters.set(counterKey(counter), counter)
  }
  const reporters = new Set(reports.map((report) => report.bootId))
  const holds: { state: 'held' | 'suspense'; hold: RebuiltHold }[] = reports.flatMap((report) =>
    report.holds.map((hold) => ({ state: 'held' as const, hold })),
  )
  const oldCounters = new Map(survey.counters.map(({ counter }) => [counterKey(counter), counter]))
  for (const { counterKeys, ...old } of survey.holds) {
    if (reporters.has(old.bootId)) continue
    const known = counterKeys.flatMap((key) => oldCounters.get(key) ?? [])
    holds.push({ state: live.has(old.bootId) ? 'held' : 'suspense', hold: { ...old, counters: known } })
  }
  for (const { hold } of holds) hold.counters.forEach(addCounter)
  for (const counter of oldCounters.values()) if (counters.has(counterKey(counter))) addCounter(counter)
  return {
    counters: [...counters.values()],
    holds,
    exceptRequestIds: [
      ...new Set(holds.filter(({ state }) => state === 'held').map(({ hold }) => requestIdOf(hold.holdId))),
    ],
  }
}
