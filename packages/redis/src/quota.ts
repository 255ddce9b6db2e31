import type { NanoUsd } from '@atpar/core/money'
import { nanoUsd } from '@atpar/core/money'
import type { BudgetCounter } from '@atpar/core/quota'
import { createAllowance, unusedOf } from './allowance.ts'
import { ChurningMap } from './churning-map.ts'
import { createCounterLoader } from './counter-loader.ts'
import { createLeaseClient } from './lease-client.ts'
import { LEASE_TIMES } from './lease-times.ts'
import { createOutbox } from './outbox.ts'
import { openQuotaChannel } from './quota-channel.ts'
import type { Quota, QuotaDeps, ReserveInput, ReserveResult } from './quota-contract.ts'
import {
  payloadOf,
  readReadReply,
  readRatesReply,
  readReserveReply,
  writeBook,
  writeExtend,
  writeNote,
  writeRead,
  writeReadRates,
  writeRelease,
  writeReserve,
  writeSettle,
  type ReserveReply,
} from './quota-operations.ts'
import { createQuotaTransport, type Answer } from './quota-transport.ts'
import { createRebuilder } from './rebuild.ts'

export type {
  HoldSize,
  LeftOut,
  OwnReport,
  Quota,
  QuotaDeps,
  QuotaStats,
  RateState,
  RebuildSources,
  ReportedHold,
  ReserveInput,
  ReserveResult,
  SettleInput,
} from './quota-contract.ts'

type Held = Extract<ReserveResult, { kind: 'held' }>
type Unavailable = Extract<ReserveResult, { kind: 'unavailable' }>

interface OpenHold extends Pick<ReserveInput, 'orgId' | 'counters' | 'rates' | 'deadlineMs'> {
  amount: NanoUsd
  tokens: number
  /** As the reserve gave it or as noted last; through it hangs the whole call. */
  payload: ReserveInput['payload']
  /** Admitted while Redis could not be asked: it knows nothing of this hold, unless a rebuild told it since. */
  isUnseen: boolean
}

const DEFAULT_REBUILD_WAIT_MS = 8_000
const DEFAULT_MAX_PENDING = 100_000
const DEFAULT_ALLOWANCE_MS = 300_000
/** Rebuild, then load a counter, then hold: more rounds mean that the data keeps vanishing. */
const MAX_ROUNDS = 6
/** How long a refused request waits, each time, for room that was called back from leases; a stream's extension waits the first two only. */
const RECALL_WAITS_MS = [20, 60, 150]
const EXTEND_RECALLS = 2

const isHard = ({ hard }: BudgetCounter): boolean => hard

const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

/**
 * Holds money and rates for requests, in Redis, exactly: a hard budget is never oversold by any number of processes. Where there is ample
 * room a lease decides here, without asking. When Redis cannot say and no lease can, a hard budget's answer is `unavailable`; nothing is guessed.
 */
export const createQuota = (deps: QuotaDeps): Quota => {
  const { log, clock } = deps
  const transport = createQuotaTransport({
    url: deps.url,
    commandTimeoutMs: deps.commandTimeoutMs,
    log,
    nowMs: () => performance.now(),
  })
  const rebuildWaitMs = deps.rebuildWaitMs ?? DEFAULT_REBUILD_WAIT_MS
  const open = new ChurningMap<string, OpenHold>()
  const channel = openQuotaChannel({ redis: transport.redis, log })
  const load = createCounterLoader({ transport, readUsed: deps.rebuild.readUsed, log })
  const times = { ...LEASE_TIMES, ...deps.leaseTimes }
  const leases = createLeaseClient({
    bootId: deps.bootId,
    transport,
    channel,
    times,
    load,
    log,
    rebuild: (orgId) => rebuilder.ensure(orgId, rebuildWaitMs),
  })
  const { holder } = leases
  const allowance = createAllowance(deps.allowanceMs ?? DEFAULT_ALLOWANCE_MS)
  /** Room of the tightest soft budget, by organization, as of the last answer. */
  const lastRoom = new Map<string, bigint>()
  /** Grows with every report to a rebuild: what ended before one is in the rebuilt sum. */
  const eras = new Map<string, number>()
  const eraOf = (orgId: string): number => eras.get(orgId) ?? 0
  const counts = { byLease: 0, byRedis: 0, byAllowance: 0, refused: 0, unavailable: 0 }

  const rebuilder = createRebuilder({
    ...deps,
    transport,
    channel,
    leaseTtlMs: times.ttlMs,
    leaseFloor: holder.floor,
    ratesOf: (holdId) => open.get(holdId),
    reportLeases: (orgId) => {
      eras.set(orgId, eraOf(orgId) + 1)
      for (const hold of open.values()) if (hold.orgId === orgId) hold.isUnseen = false
      return holder.report(orgId)
    },
  })
  const outbox = createOutbox({
    send: transport.send,
    onRebuilding: (orgId) => void rebuilder.ensure(orgId, rebuildWaitMs),
    onDropped: ({ orgId, holdId }) => log('quota-outbox-full', { orgId, holdId }),
    maxPending: deps.maxPending ?? DEFAULT_MAX_PENDING,
  })
  transport.onReady(() => outbox.retryNow())

  const putRelease = (orgId: string, holdId: string): void =>
    outbox.put({ orgId, holdId, write: (args) => writeRelease(args, holdId) })

  /** What stood in the way of an answer is put right here; null = ask again. */
  const recover = async (
    orgId: string,
    answer: Extract<Answer, { kind: 'unavailable' }>,
  ): Promise<Unavailable | null> => {
    if (answer.cause === 'rebuilding' && (await rebuilder.ensure(orgId, rebuildWaitMs))) return null
    return { kind: 'unavailable', cause: answer.cause }
  }

  const keep = (input: ReserveInput, isUnseen: boolean): void => {
    const { orgId, counters, rates, deadlineMs, amount, tokens, payload } = input
    open.set(input.holdId, { orgId, counters, rates, deadlineMs, amount, tokens, payload, isUnseen })
  }

  /** Whatever may keep the hold for a while, it does not keep its call. */
  const forget = (holdId: string): OpenHold | undefined => {
    const hold = open.get(holdId)
    open.delete(holdId)
    if (hold !== undefined) hold.payload = ''
    return hold
  }

  /** From the first answer on, which may need more than reading: counters to load, data to rebuild. */
  const askRedis = async (input: ReserveInput, first?: Answer): Promise<ReserveResult> => {
    let answer = first
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      answer ??= await transport.ask(input.orgId, (args) => writeReserve(args, input))
      if (answer.kind === 'unavailable') {
        const outcome = await recover(input.orgId, answer)
        if (outcome !== null) {
          // Sent, applied or not: unknown. The release undoes it, and its tombstone stops it should it still be on its way.
          if (answer.wasSent) putRelease(input.orgId, input.holdId)
          return outcome
        }
      } else {
        const reply = readReserveReply(answer.reply, input)
        if (reply.kind !== 'need') return concludeReserve(input, reply, answer.isStale)
        if (!(await load(input.orgId, reply))) return { kind: 'unavailable', cause: 'rebuilding' }
      }
      answer = undefined
    }
    return { kind: 'unavailable', cause: 'rebuilding' }
  }

  const concludeReserve = (
    input: ReserveInput,
    reply: Exclude<ReserveReply, { kind: 'need' }>,
    isStale: boolean,
  ): ReserveResult => {
    if (reply.kind === 'gone') return { kind: 'unavailable', cause: 'timeout' }
    if (reply.kind !== 'held') return reply
    if (isStale) {
      // Held in data that was lost while the reply travelled, and not in our report: this hold may not exist.
      putRelease(input.orgId, input.holdId)
      return { kind: 'unavailable', cause: 'rebuilding' }
    }
    keep(input, false)
    return reply
  }

  /** Room that lies ready in leases was called back by the refusal itself: a moment later it may be there. */
  const isRecalled = (result: ReserveResult): boolean =>
    result.kind === 'refused' && result.reason === 'budget' && result.retryAfterMs !== null

  const goWithout = (input: ReserveInput, outcome: Unavailable): ReserveResult => {
    if (outcome.cause === 'rebuilding' || input.counters.some(isHard)) return outcome
    const answer = allowance.take({
      orgId: input.orgId,
      size: input,
      rates: input.rates,
      lastRoom: input.counters.length === 0 ? null : (lastRoom.get(input.orgId) ?? null),
      liveProxies: channel.liveProxies(),
      nowMs: performance.now(),
    })
    if (answer.kind === 'spent') return outcome
    if (answer.kind === 'limited')
      return { kind: 'refused', reason: answer.reason, limit: answer.limit, retryAfterMs: answer.retryAfterMs }
    keep(input, true)
    return { kind: 'held', states: [], rates: [], leaseNumber: null }
  }

  const rememberRoom = (input: ReserveInput, result: Held): void => {
    allowance.reset(input.orgId)
    let least: bigint | null = null
    for (const { unit, limit, used, held } of result.states) {
      const room = limit - used - held
      if (unit === 'usd' && (least === null || room < least)) least = room
    }
    if (least !== null) lastRoom.set(input.orgId, least)
  }

  const noteHeld = (input: ReserveInput, result: Held): Held => {
    counts.byRedis += 1
    if (!input.counters.some(isHard)) rememberRoom(input, result)
    return result
  }

  /** Nearly always the first answer is the whole answer: it is read where it is heard, and one promise is all that this costs. */
  const askForOne = (input: ReserveInput): Promise<ReserveResult> =>
    new Promise((resolve, reject) => {
      const hear = (answer: Answer): void => {
        try {
          const reply = answer.kind === 'reply' && !answer.isStale ? readReserveReply(answer.reply, input) : null
          if (reply?.kind !== 'held') {
            resolve(goOn(input, answer))
            return
          }
          keep(input, false)
          resolve(noteHeld(input, reply))
        } catch (error) {
          reject(error)
        }
      }
      transport.send(input.orgId, (args) => writeReserve(args, input), hear)
    })

  const goOn = async (input: ReserveInput, answer: Answer): Promise<ReserveResult> => {
    let result = await askRedis(input, answer)
    for (const waitMs of isRecalled(result) ? RECALL_WAITS_MS : []) {
      await sleep(waitMs)
      result = await askRedis(input)
      if (!isRecalled(result)) break
    }
    if (result.kind === 'held') return noteHeld(input, result)
    const outcome = result.kind === 'unavailable' ? goWithout(input, result) : result
    if (outcome.kind === 'held') counts.byAllowance += 1
    else counts[outcome.kind] += 1
    return outcome
  }

  const reserveLater = async (input: ReserveInput): Promise<ReserveResult> => {
    const admitted = await leases.admitLater(input)
    if (admitted === null) return askForOne(input)
    counts.byLease += 1
    return admitted
  }

  const extendStrictly: Quota['extend'] = async (orgId, holdId, delta) => {
    for (let round = 0; round < 2 + EXTEND_RECALLS; round += 1) {
      const answer = await transport.ask(orgId, (args) => writeExtend(args, holdId, delta))
      if (answer.kind === 'unavailable') {
        if (answer.cause !== 'rebuilding' || !(await rebuilder.ensure(orgId, rebuildWaitMs))) return 'unavailable'
        continue
      }
      // Whether a stale extension survived is unknown; a hold that is larger than we believe is freed whole by its settle.
      if (answer.isStale) return 'unavailable'
      if (answer.reply === 'X') return 'refused'
      if (answer.reply === 'X1') {
        const waitMs = RECALL_WAITS_MS[round]
        if (waitMs === undefined || round >= EXTEND_RECALLS) return 'refused'
        await sleep(waitMs)
        continue
      }
      const hold = open.get(holdId)
      if (hold !== undefined) {
        hold.amount = nanoUsd(hold.amount + delta.amount)
        hold.tokens += delta.tokens
      }
      return 'extended'
    }
    return 'unavailable'
  }

  const extendLeased: Quota['extend'] = async (_orgId, holdId, delta) => {
    for (const waitMs of [...RECALL_WAITS_MS.slice(0, EXTEND_RECALLS), null]) {
      const answer = await leases.extend(holdId, delta)
      if (answer !== 'recalled') return answer
      if (waitMs !== null) await sleep(waitMs)
    }
    return 'refused'
  }

  const extend: Quota['extend'] = async (orgId, holdId, delta) => {
    if (holder.owns(holdId)) return extendLeased(orgId, holdId, delta)
    // Where there is no hard budget nothing is refused, and what Redis has not seen it cannot extend.
    return open.get(holdId)?.isUnseen === true ? 'extended' : extendStrictly(orgId, holdId, delta)
  }

  const readStates: Quota['readStates'] = async (orgId, counters) => {
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const answer = await transport.ask(orgId, (args) => writeRead(args, counters))
      if (answer.kind === 'unavailable') {
        if ((await recover(orgId, answer)) !== null) return null
        continue
      }
      const reply = readReadReply(answer.reply, counters)
      if (reply.kind === 'states') return reply.states
      if (!(await load(orgId, reply))) return null
    }
    return null
  }

  return {
    reserve: (input) => {
      const admitted = deps.areLeasesOff === true ? 'strict' : holder.admit(input)
      if (admitted === 'wait') return reserveLater(input)
      if (admitted === 'strict') return askForOne(input)
      counts.byLease += 1
      return admitted
    },
    extend,
    readStates,
    readRates: async (orgId, rates) => {
      for (let round = 0; round < 2; round += 1) {
        const answer = await transport.ask(orgId, (args) => writeReadRates(args, rates))
        if (answer.kind === 'reply') return readRatesReply(answer.reply, rates)
        if ((await recover(orgId, answer)) !== null) return null
      }
      return null
    },
    note: (orgId, holdId, payload) => {
      const hold = open.get(holdId)
      if (hold === undefined) return
      hold.payload = payload
      if (!hold.isUnseen) void transport.ask(orgId, (args) => writeNote(args, holdId, payload))
    },
    settle: (input) => {
      if (holder.settle(input.holdId, { amount: input.used, tokens: input.tokens })) return
      const { orgId, holdId } = input
      const hold = forget(holdId)
      if (hold?.isUnseen !== true) {
        outbox.put({ orgId, holdId, write: (args) => writeSettle(args, input) })
        return
      }
      allowance.end(hold, unusedOf(hold.amount, input.used))
      const era = eraOf(orgId)
      outbox.put({
        orgId,
        holdId,
        write: (args) => (era === eraOf(orgId) ? writeBook(args, input, hold.counters) : writeSettle(args, input)),
      })
    },
    release: (orgId, holdId) => {
      if (holder.release(holdId)) return
      const hold = forget(holdId)
      if (hold?.isUnseen === true) allowance.end(hold, hold.amount)
      putRelease(orgId, holdId)
    },
    openHolds: (orgId) => {
      const holds = []
      for (const [holdId, hold] of open) {
        const { amount, tokens, counters, deadlineMs } = hold
        if (hold.orgId === orgId) holds.push({ holdId, amount, tokens, counters, deadlineMs, payload: payloadOf(hold) })
      }
      return holds
    },
    stats: () => ({
      ...counts,
      roundTrips: transport.calls(),
      leases: holder.count(),
      liveProxies: channel.liveProxies(),
    }),
    whenReady: (timeoutMs) => transport.whenReady(timeoutMs),
    pending: () => outbox.size(),
    dropped: () => outbox.dropped(),
    drain: async (timeoutMs) => {
      const deadline = clock.nowMs() + timeoutMs
      outbox.retryNow()
      holder.drainAll()
      while ((outbox.size() > 0 || holder.count() > 0) && clock.nowMs() < deadline) await sleep(10)
    },
    close: async () => {
      outbox.close()
      leases.close()
      channel.close()
      transport.close()
      await rebuilder.close()
    },
  }
}
