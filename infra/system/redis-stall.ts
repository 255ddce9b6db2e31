import { setTimeout as sleep } from 'node:timers/promises'
import { playBudgetCall } from './budget-calls.ts'
import type { RunningSystem } from './start-system.ts'

export interface StallReport {
  readonly calls: number
  /** Of all answers, refusals of ours included. */
  readonly p99Ms: { readonly before: number; readonly during: number }
  readonly statuses: Readonly<Record<string, number>>
  /** Answers that blame the caller: 401 or 429. */
  readonly blamed: number
}

interface StallPlan {
  readonly key: string
  readonly delayMs: number
  /** What comes before is not counted. */
  readonly breakerOpensMs: number
  readonly perSecond: number
  readonly seconds: number
}

interface Seen {
  readonly status: number
  readonly ms: number
}

/** Calls at a steady rate, whatever the answers take. */
const callSteadily = async (
  system: RunningSystem,
  { key, perSecond, seconds }: StallPlan,
): Promise<readonly Seen[]> => {
  const running: Promise<Seen>[] = []
  for (let index = 0; index < perSecond * seconds; index += 1) {
    const from = performance.now()
    running.push(
      playBudgetCall(system, {
        key,
        dialect: 'openai-chat',
        model: 'gpt-4o-mini',
        stream: false,
        directive: { tokens: 5 },
        maxTokens: 20,
      }).then(({ status }) => ({ status, ms: performance.now() - from })),
    )
    await sleep(1000 / perSecond)
  }
  return Promise.all(running)
}

const p99Of = (seen: readonly Seen[]): number => {
  const sorted = seen.map(({ ms }) => ms).toSorted((one, other) => one - other)
  return sorted[Math.floor(sorted.length * 0.99)] ?? 0
}

/** Redis begins to answer `delayMs` late; what callers see of it, before and from when the breaker has opened. */
export const playRedisStall = async (system: RunningSystem, plan: StallPlan): Promise<StallReport> => {
  const { wire } = system
  if (wire === null) throw new TypeError('a stall is played on a system with a slow wire')
  // The first calls compile what the others run.
  await callSteadily(system, { ...plan, seconds: Math.min(3, plan.seconds) })
  const before = await callSteadily(system, plan)
  wire.setDelayMs(plan.delayMs)
  const opening = callSteadily(system, { ...plan, seconds: plan.breakerOpensMs / 1000 })
  await sleep(plan.breakerOpensMs)
  const during = await callSteadily(system, plan)
  wire.setDelayMs(0)
  const all = [...(await opening), ...during]
  const statuses: Record<string, number> = {}
  for (const { status } of all) statuses[status] = (statuses[status] ?? 0) + 1
  return {
    calls: all.length,
    p99Ms: { before: p99Of(before), during: p99Of(during) },
    statuses,
    blamed: all.filter(({ status }) => status === 401 || status === 429).length,
  }
}
