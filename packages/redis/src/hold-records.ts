import type { NanoUsd } from '@atpar/core/money'
import type { Redis } from './client.ts'
import { readServerStamp, runQuotaOperations, type ScriptReply } from './quota-script.ts'

/**
 * The second witness, for the worker and the shipper: what Redis remembers of requests that nobody finished, and of events that Postgres
 * may not have. Any Redis connection will do.
 */

export interface ExpiredHold {
  readonly holdId: string
  readonly bootId: string
  readonly amount: NanoUsd
  readonly deadlineMs: number
  /** As given to `reserve` or last `note`d. */
  readonly payload: string
}

export interface SettledRecord {
  readonly holdId: string
  readonly eventText: string
}

const BATCH = 500

const first = (reply: ScriptReply): readonly (readonly string[])[] => {
  // REBUILD: nothing here can be trusted until a proxy has rebuilt it.
  if (typeof reply === 'string') return []
  return reply[0] as readonly (readonly string[])[]
}

const onCurrentData = async (redis: Redis, orgId: string, operations: readonly string[]): Promise<ScriptReply> =>
  runQuotaOperations(redis, orgId, { stamp: await readServerStamp(redis), operations })

export interface Sweep {
  /** Real time, as the deadlines are. */
  readonly nowMs: number
  /** Boots that will settle nothing any more: their holds are taken for expired. */
  readonly deadBoots?: readonly string[]
}

/**
 * Moves every hold whose deadline or boot is over to suspense, where it still narrows the room, and returns all that is in suspense: at most
 * 500 at a time. Look what became of each, then `dropSuspense`.
 */
export const sweepExpired = async (
  redis: Redis,
  orgId: string,
  { nowMs, deadBoots = [] }: Sweep,
): Promise<readonly ExpiredHold[]> => {
  if (deadBoots.length > 0) await onCurrentData(redis, orgId, ['z', String(deadBoots.length), ...deadBoots])
  return first(await onCurrentData(redis, orgId, ['w', String(Math.floor(nowMs)), String(BATCH)])).map(
    ([holdId = '', bootId = '', amount = '0', deadline = '0', payload = '']) => ({
      holdId,
      bootId,
      amount: BigInt(amount) as NanoUsd,
      deadlineMs: Number(deadline),
      payload,
    }),
  )
}

/** A hold in suspense whose end is known, and what its request was billed and took in tokens, never settled here. */
export interface ResolvedHold {
  readonly holdId: string
  readonly used: NanoUsd
  readonly tokens: number
}

/** Ends suspense: held goes down, and used up by what was billed, if anything. Repeating it changes nothing. */
export const dropSuspense = async (redis: Redis, orgId: string, holds: readonly ResolvedHold[]): Promise<void> => {
  if (holds.length === 0) return
  const fields = holds.flatMap((hold) => [hold.holdId, hold.used.toString(), String(Math.ceil(hold.tokens))])
  await onCurrentData(redis, orgId, ['d', String(holds.length), ...fields])
}

/** Settled longer ago than `olderThanMs` and not acknowledged: their events may have reached Postgres by no other way. At most 500, oldest first. */
export const listSettled = async (
  redis: Redis,
  orgId: string,
  olderThanMs: number,
): Promise<readonly SettledRecord[]> => {
  const [seconds] = await redis.time()
  const before = Number(seconds) * 1_000 - olderThanMs
  return first(
    await runQuotaOperations(redis, orgId, { stamp: '', operations: ['l', String(Math.floor(before)), String(BATCH)] }),
  ).map(([holdId = '', eventText = '']) => ({ holdId, eventText }))
}

/** Forgets settled records whose events Postgres has. Safe to repeat and safe on data of any epoch: only records already settled are touched. */
export const ackSettled = async (
  redis: Redis,
  settled: readonly { readonly orgId: string; readonly holdId: string }[],
): Promise<void> => {
  const byOrg = new Map<string, string[]>()
  for (const { orgId, holdId } of settled) {
    const ids = byOrg.get(orgId)
    if (ids === undefined) byOrg.set(orgId, [holdId])
    else ids.push(holdId)
  }
  await Promise.all(
    [...byOrg].map(([orgId, ids]) =>
      runQuotaOperations(redis, orgId, { stamp: '', operations: ['a', String(ids.length), ...ids] }),
    ),
  )
}
