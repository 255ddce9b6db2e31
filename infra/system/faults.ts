import { loadSnapshot } from '@atpar/db/gateway'
import { createRandom } from './random.ts'
import { readEvents, reconcile, type Reconciliation } from './reconcile.ts'
import { waitUntilSettled } from './settled.ts'
import { strike, type Fault } from './strike.ts'
import type { RunningSystem } from './start-system.ts'
import type { SeededTenant } from './tenant.ts'
import { planTraffic, playTraffic, type CallResult } from './traffic.ts'

export interface FaultPlan {
  readonly fault: Fault
  readonly seed: number
  readonly calls: number
  readonly concurrency: number
}

export interface FaultReport {
  readonly results: readonly CallResult[]
  readonly reconciliation: Reconciliation
  /** Answers a caller holds complete without an event, or whose event says that the proxy was killed. */
  readonly unaccounted: readonly string[]
  /** Our own fault shown as the caller's. */
  readonly mislabelled: readonly string[]
}

/** Kills one part with `kill -9` in the middle of a mix of traffic, brings it back, and holds the books against the events afterwards. */
export const playFault = async (system: RunningSystem, tenant: SeededTenant, plan: FaultPlan): Promise<FaultReport> => {
  const { simulators } = system
  const proxyUrl = system.proxyUrls[0]
  if (simulators === null || proxyUrl === undefined)
    throw new TypeError('faults are played against simulators and a proxy')
  const since = new Date()
  const traffic = planTraffic(createRandom(plan.seed), plan.calls)
  let struck = null as Promise<void> | null
  const results = await playTraffic(traffic, {
    proxyUrl,
    key: tenant.key,
    concurrency: plan.concurrency,
    onProgress: (done) => {
      if (struck === null && done >= plan.calls / 3) struck = strike(system, plan.fault)
    },
  })
  await struck
  await settleOrExplain(system)
  const events = await readEvents(system.owner, tenant.orgId)
  const reconciliation = reconcile(events, simulators.books.entries({ since }), await loadSnapshot(system.owner))
  const outcomes = new Map(events.map((event) => [event.requestId, event.outcome]))
  return {
    results,
    reconciliation,
    unaccounted: results.flatMap((result) => {
      if (result.status !== 200 || !result.complete || result.requestId === null) return []
      const outcome = outcomes.get(result.requestId)
      return outcome === undefined || outcome === 'killed' ? [`${result.requestId}: ${outcome ?? 'no event'}`] : []
    }),
    mislabelled: results.flatMap((result) =>
      result.status === 401 || (result.status === 429 && result.plan.kind !== 'failed')
        ? [`${result.status}: ${result.body.slice(0, 200)}`]
        : [],
    ),
  }
}

/** @throws with the last words of every part, because "not settled" alone says nothing. */
const settleOrExplain = async (system: RunningSystem): Promise<void> => {
  try {
    await waitUntilSettled(system)
  } catch (cause) {
    const words = [...system.proxies, system.shipper].map(
      (part) => `${part.name} (${part.isRunning() ? 'running' : 'ended'}): ${part.output().slice(-1_500)}`,
    )
    throw new Error(`${cause instanceof Error ? cause.message : String(cause)}\n${words.join('\n')}`, { cause })
  }
}
