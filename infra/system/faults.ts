import { loadSnapshot } from '@atpar/db/gateway'
import { createRandom } from './random.ts'
import { readEvents, reconcile, type Reconciliation } from './reconcile.ts'
import { waitUntilSettled } from './settled.ts'
import { strike, type Fault } from './strike.ts'
import type { RunningSystem } from './start-system.ts'
import type { SeededTenant } from './tenant.ts'
import { planTraffic, playTraffic, type CallResult, type PlannedCall } from './traffic.ts'

export interface FaultPlan {
  readonly fault: Fault
  readonly seed: number
  readonly calls: number
  readonly concurrency: number
}

export interface DisturbancePlan extends Omit<FaultPlan, 'fault'> {
  /** Begun when a third of the calls has been answered, and waited for. */
  readonly disturb: () => Promise<void>
  /** How long the system may take to settle afterwards. */
  readonly settleMs?: number
  /** In place of the usual mix. */
  readonly traffic?: readonly PlannedCall[]
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
export const playFault = (system: RunningSystem, tenant: SeededTenant, plan: FaultPlan): Promise<FaultReport> =>
  playDisturbed(system, tenant, { ...plan, disturb: () => strike(system, plan.fault) })

/** A mix of traffic through every proxy with something happening in the middle of it, and the books held against the events afterwards. */
export const playDisturbed = async (
  system: RunningSystem,
  tenant: SeededTenant,
  plan: DisturbancePlan,
): Promise<FaultReport> => {
  const { simulators, proxyUrls } = system
  if (simulators === null) throw new TypeError('faults are played against simulators')
  const since = new Date()
  const traffic = plan.traffic ?? planTraffic(createRandom(plan.seed), plan.calls)
  let done = 0
  let disturbance = null as Promise<void> | null
  const lanes = await Promise.all(
    proxyUrls.map((proxyUrl, lane) =>
      playTraffic(
        traffic.filter((_call, index) => index % proxyUrls.length === lane),
        {
          proxyUrl,
          key: tenant.key,
          concurrency: Math.ceil(plan.concurrency / proxyUrls.length),
          onProgress: () => {
            done += 1
            if (disturbance === null && done >= traffic.length / 3) disturbance = plan.disturb()
          },
        },
      ),
    ),
  )
  await disturbance
  const results = lanes.flat()
  await settleOrExplain(system, plan.settleMs)
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
const settleOrExplain = async (system: RunningSystem, settleMs?: number): Promise<void> => {
  try {
    await waitUntilSettled(system, settleMs)
  } catch (cause) {
    const words = [...system.proxies, system.shipper].map(
      (part) => `${part.name} (${part.isRunning() ? 'running' : 'ended'}): ${part.output().slice(-1_500)}`,
    )
    throw new Error(`${cause instanceof Error ? cause.message : String(cause)}\n${words.join('\n')}`, { cause })
  }
}
