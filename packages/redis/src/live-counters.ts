import type { BudgetCounter } from '@atpar/core/quota'
import type { Redis } from './client.ts'
import { counterKey, epochKey, keyPrefix } from './quota-keys.ts'
import { readServerStamp } from './quota-script.ts'

export interface LiveCountersQuestion {
  readonly counters: readonly Pick<BudgetCounter, 'budgetId' | 'periodId'>[]
  readonly rateLimitIds: readonly string[]
}

/** Nano-USD, or tokens. */
export interface LiveBudget {
  readonly used: bigint
  readonly held: bigint
}

export interface LiveRate {
  /** Until every request (or token) of the last minute is forgotten: 60,000 when the limit is used up. */
  readonly requestsBacklogMs: number
  readonly tokensBacklogMs: number
  readonly concurrent: number
}

export interface LiveCounters {
  /** By `counterKey`; a budget that nothing has counted in this period is absent. */
  readonly budgets: ReadonlyMap<string, LiveBudget>
  readonly rates: ReadonlyMap<string, LiveRate>
}

type Reply = readonly [error: Error | null, value: unknown]

/** @throws the first command's error */
const unwrap = (replies: readonly Reply[] | null): readonly unknown[] =>
  (replies ?? []).map(([error, value]) => {
    if (error !== null) throw error
    return value
  })

const MICROSECONDS = 1_000_000n

/**
 * What limits count at this moment, for people to look at: plain reads beside the quota script, which change nothing and block nobody. null when
 * the counters do not belong to this run of Redis (the next request makes them again from Postgres).
 * @throws when Redis cannot be asked
 */
export const readLiveCounters = async (
  redis: Redis,
  orgId: string,
  { counters, rateLimitIds }: LiveCountersQuestion,
): Promise<LiveCounters | null> => {
  const prefix = keyPrefix(orgId)
  const pipeline = redis.pipeline().get(epochKey(orgId)).time()
  for (const counter of counters) pipeline.hmget(`${prefix}b:${counterKey(counter)}`, 'used', 'held')
  for (const id of rateLimitIds)
    pipeline.hmget(`${prefix}r:${id}`, 'rt', 'tt').zcount(`${prefix}c:${id}`, Date.now(), '+inf')
  const [stamp, replies] = await Promise.all([readServerStamp(redis), pipeline.exec()])
  const [epoch, time, ...rest] = unwrap(replies)
  if (typeof epoch !== 'string' || !epoch.startsWith(`${stamp}:`)) return null
  const [seconds = 0, microseconds = 0] = time as readonly number[]
  const nowUs = BigInt(seconds) * MICROSECONDS + BigInt(microseconds)
  const budgets = new Map<string, LiveBudget>()
  for (const [index, counter] of counters.entries()) {
    const [used, held] = rest[index] as readonly (string | null)[]
    if (typeof used === 'string' && typeof held === 'string')
      budgets.set(counterKey(counter), { used: BigInt(used), held: BigInt(held) })
  }
  const rates = new Map<string, LiveRate>()
  for (const [index, id] of rateLimitIds.entries()) {
    const [requests, tokens] = rest[counters.length + 2 * index] as readonly (string | null)[]
    rates.set(id, {
      requestsBacklogMs: backlogMs(requests, nowUs),
      tokensBacklogMs: backlogMs(tokens, nowUs),
      concurrent: Number(rest[counters.length + 2 * index + 1]),
    })
  }
  return { budgets, rates }
}

const backlogMs = (clock: string | null | undefined, nowUs: bigint): number => {
  const ahead = BigInt(clock ?? '0') - nowUs
  return ahead > 0n ? Number(ahead / 1_000n) : 0
}
