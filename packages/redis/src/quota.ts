import type { NanoUsd } from '@atpar/core/money'
import { nanoUsd } from '@atpar/core/money'
import type { BudgetCounter } from '@atpar/core/quota'
import { createOutbox } from './outbox.ts'
import type { Quota, QuotaDeps, ReserveInput, ReserveResult } from './quota-contract.ts'
import { countedOf, counterKey } from './quota-keys.ts'
import {
  readReadReply,
  readReserveReply,
  writeExtend,
  writeInit,
  writeNote,
  writeRead,
  writeRelease,
  writeReserve,
  writeSettle,
} from './quota-operations.ts'
import { createQuotaTransport, type Answer } from './quota-transport.ts'
import { createRebuilder } from './rebuild.ts'

export type {
  HoldSize,
  OwnReport,
  Quota,
  QuotaDeps,
  RateState,
  RebuildSources,
  ReportedHold,
  ReserveInput,
  ReserveResult,
  SettleInput,
} from './quota-contract.ts'

type Unavailable = Extract<ReserveResult, { kind: 'unavailable' }>

interface OpenHold {
  readonly input: ReserveInput
  amount: NanoUsd
  tokens: number
  payload: string
}

const DEFAULT_REBUILD_WAIT_MS = 8_000
const DEFAULT_MAX_PENDING = 100_000
/** Rebuild, then load a counter, then hold: more rounds mean that the data keeps vanishing. */
const MAX_ROUNDS = 6

/**
 * Holds money and rates for requests, in Redis, exactly: a hard budget is never oversold by any number of processes. When Redis cannot
 * say, the answer is `unavailable`; nothing is ever guessed.
 */
export const createQuota = (deps: QuotaDeps): Quota => {
  const { log, clock } = deps
  const transport = createQuotaTransport({
    url: deps.url,
    commandTimeoutMs: deps.commandTimeoutMs,
    log,
    nowMs: () => clock.nowMs(),
  })
  const open = new Map<string, OpenHold>()
  const rebuilder = createRebuilder({ ...deps, transport, ratesOf: (holdId) => open.get(holdId)?.input })
  const rebuildWaitMs = deps.rebuildWaitMs ?? DEFAULT_REBUILD_WAIT_MS
  const outbox = createOutbox({
    send: (orgId, write) => transport.send(orgId, write),
    onRebuilding: (orgId) => void rebuilder.ensure(orgId, rebuildWaitMs),
    onDropped: ({ orgId, holdId }) => log('quota-outbox-full', { orgId, holdId }),
    maxPending: deps.maxPending ?? DEFAULT_MAX_PENDING,
  })
  transport.onReady(() => outbox.retryNow())
  const loads = new Map<string, Promise<boolean>>()

  const putRelease = (orgId: string, holdId: string): void =>
    outbox.put({ orgId, holdId, write: (args) => writeRelease(args, holdId) })

  const loadCounters = async (orgId: string, epoch: string, counters: readonly BudgetCounter[]): Promise<boolean> => {
    try {
      // Nothing open mentions these counters, or this epoch would know them: Postgres alone has the whole sum.
      const used = await deps.rebuild.readUsed(orgId, counters, [])
      const starts = counters.map((counter) => {
        const sum = used.get(counterKey(counter))
        if (sum === undefined)
          throw new Error(`readUsed says nothing about ${counterKey(counter)}; unknown is not zero`)
        return { counter, used: countedOf(counter, sum) }
      })
      const answer = await transport.send(orgId, (args) => writeInit(args, epoch, starts))
      return answer.kind === 'reply'
    } catch (error) {
      log('quota-counter-not-loaded', { orgId, error })
      return false
    }
  }

  /** Single-flight per counter set: a thousand first requests of a month are one query. */
  const load = (
    orgId: string,
    need: { readonly epoch: string; readonly counters: readonly BudgetCounter[] },
  ): Promise<boolean> => {
    const id = `${orgId} ${need.epoch} ${need.counters.map(counterKey).join(' ')}`
    const running = loads.get(id)
    if (running !== undefined) return running
    const started = loadCounters(orgId, need.epoch, need.counters).finally(() => loads.delete(id))
    loads.set(id, started)
    return started
  }

  /** What stood in the way of an answer is put right here; null = ask again. */
  const recover = async (
    orgId: string,
    answer: Extract<Answer, { kind: 'unavailable' }>,
  ): Promise<Unavailable | null> => {
    if (answer.cause === 'rebuilding' && (await rebuilder.ensure(orgId, rebuildWaitMs))) return null
    return { kind: 'unavailable', cause: answer.cause }
  }

  const reserve = async (input: ReserveInput): Promise<ReserveResult> => {
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const answer = await transport.send(input.orgId, (args) => writeReserve(args, input))
      if (answer.kind === 'unavailable') {
        const outcome = await recover(input.orgId, answer)
        if (outcome === null) continue
        // Sent, applied or not: unknown. The release undoes it, and its tombstone stops it should it still be on its way.
        if (answer.wasSent) putRelease(input.orgId, input.holdId)
        return outcome
      }
      const reply = readReserveReply(answer.reply, input)
      if (reply.kind === 'need') {
        if (!(await load(input.orgId, reply))) return { kind: 'unavailable', cause: 'rebuilding' }
        continue
      }
      if (reply.kind === 'gone') return { kind: 'unavailable', cause: 'timeout' }
      if (reply.kind !== 'held') return reply
      if (answer.isStale) {
        // Held in data that was lost while the reply travelled, and not in our report: this hold may not exist.
        putRelease(input.orgId, input.holdId)
        return { kind: 'unavailable', cause: 'rebuilding' }
      }
      open.set(input.holdId, { input, amount: input.amount, tokens: input.tokens, payload: input.payload })
      return reply
    }
    return { kind: 'unavailable', cause: 'rebuilding' }
  }

  const extend: Quota['extend'] = async (orgId, holdId, delta) => {
    for (let round = 0; round < 2; round += 1) {
      const answer = await transport.send(orgId, (args) => writeExtend(args, holdId, delta))
      if (answer.kind === 'unavailable') {
        if (answer.cause !== 'rebuilding' || !(await rebuilder.ensure(orgId, rebuildWaitMs))) return 'unavailable'
        continue
      }
      // Whether a stale extension survived is unknown; a hold that is larger than we believe is freed whole by its settle.
      if (answer.isStale) return 'unavailable'
      if (answer.reply === 'X') return 'refused'
      const hold = open.get(holdId)
      if (hold !== undefined) {
        hold.amount = nanoUsd(hold.amount + delta.amount)
        hold.tokens += delta.tokens
      }
      return 'extended'
    }
    return 'unavailable'
  }

  const readStates: Quota['readStates'] = async (orgId, counters) => {
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const answer = await transport.send(orgId, (args) => writeRead(args, counters))
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
    reserve,
    extend,
    readStates,
    note: (orgId, holdId, payload) => {
      const hold = open.get(holdId)
      if (hold !== undefined) hold.payload = payload
      void transport.send(orgId, (args) => writeNote(args, holdId, payload))
    },
    settle: (input) => {
      open.delete(input.holdId)
      outbox.put({ orgId: input.orgId, holdId: input.holdId, write: (args) => writeSettle(args, input) })
    },
    release: (orgId, holdId) => {
      open.delete(holdId)
      putRelease(orgId, holdId)
    },
    openHolds: (orgId) => {
      const holds = []
      for (const [holdId, { input, amount, tokens, payload }] of open) {
        if (input.orgId === orgId)
          holds.push({ holdId, amount, tokens, counters: input.counters, deadlineMs: input.deadlineMs, payload })
      }
      return holds
    },
    whenReady: (timeoutMs) => transport.whenReady(timeoutMs),
    pending: () => outbox.size(),
    dropped: () => outbox.dropped(),
    drain: async (timeoutMs) => {
      const deadline = clock.nowMs() + timeoutMs
      outbox.retryNow()
      while (outbox.size() > 0 && clock.nowMs() < deadline) await new Promise((resolve) => setTimeout(resolve, 10))
    },
    close: async () => {
      outbox.close()
      transport.close()
      await rebuilder.close()
    },
  }
}
