import type { Need } from './counter-loader.ts'
import { createLeaseHolder, type ExtendAnswer, type LeaseHolder } from './lease-holder.ts'
import { readLeaseReply, writeLease, type LeaseMessage, type LeaseReply } from './lease-message.ts'
import type { LeaseTimes } from './lease-times.ts'
import type { HoldSize, QuotaLog, ReserveInput, ReserveResult } from './quota-contract.ts'
import type { QuotaChannel } from './quota-channel.ts'
import type { QuotaTransport } from './quota-transport.ts'

type Held = Extract<ReserveResult, { kind: 'held' }>

/** Connects a lease holder with Redis and with real time. */
export interface LeaseClient {
  readonly holder: LeaseHolder
  /** After `holder.admit` said `wait`: null = ask Redis for this one. */
  admitLater(input: ReserveInput): Promise<Held | null>
  extend(holdId: string, delta: HoldSize): Promise<ExtendAnswer>
  close(): void
}

interface LeaseClientDeps {
  readonly bootId: string
  readonly transport: QuotaTransport
  readonly channel: QuotaChannel
  readonly times: LeaseTimes
  readonly rebuild: (orgId: string) => Promise<boolean>
  readonly load: (orgId: string, need: Need) => Promise<boolean>
  readonly log: QuotaLog
}

/** A crowd shares what each answer brings; who went away empty this often asks for itself. */
const MAX_WAITS = 8
/** Rebuild, load counters, take the lease; more rounds mean that the data keeps vanishing. */
const MAX_ROUNDS = 4
const MOST_READY = 1_000_000_000n

export const createLeaseClient = (deps: LeaseClientDeps): LeaseClient => {
  const { transport, channel, times } = deps

  const ask = async (orgId: string, message: LeaseMessage): Promise<LeaseReply | null> => {
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const answer = await transport.ask(orgId, (args) => writeLease(args, message))
      if (answer.kind === 'unavailable') {
        if (answer.cause !== 'rebuilding' || !(await deps.rebuild(orgId))) return null
        continue
      }
      // Of a stale one nobody knows whether it survived; the next message says all totals again.
      if (answer.isStale) return null
      const reply = readLeaseReply(answer.reply, message)
      if (reply.kind !== 'need') return reply
      if (!(await deps.load(orgId, reply))) return null
    }
    return null
  }

  const askSafely = async (
    orgId: string,
    message: LeaseMessage,
    done: (reply: LeaseReply | null) => void,
  ): Promise<void> => {
    let reply: LeaseReply | null = null
    try {
      reply = await ask(orgId, message)
    } catch (error) {
      deps.log('quota-lease-failed', { orgId, leaseId: message.leaseId, error })
    }
    done(reply)
  }

  const holder = createLeaseHolder({
    bootId: deps.bootId,
    nowMs: () => performance.now(),
    liveProxies: channel.liveProxies,
    times,
    mostAmount: MOST_READY,
    send: (orgId, message, done) => void askSafely(orgId, message, done),
    after: (ms, run) => void setTimeout(run, ms).unref(),
  })
  channel.onRecall((orgId, key) => holder.recall(orgId, key))
  const timer = setInterval(() => holder.tick(), Math.max(5, Math.min(250, times.renewMs / 8)))
  timer.unref()

  return {
    holder,
    admitLater: async (input) => {
      for (let wait = 0; wait < MAX_WAITS; wait += 1) {
        await new Promise<void>((resolve) => {
          holder.whenAnswered(input, resolve)
        })
        const admitted = holder.admit(input)
        if (admitted === 'strict') return null
        if (admitted !== 'wait') return admitted
      }
      return null
    },
    extend: (holdId, delta) =>
      new Promise((resolve) => {
        holder.extend(holdId, delta, resolve)
      }),
    close: () => clearInterval(timer),
  }
}
