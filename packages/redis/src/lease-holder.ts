import { ChurningMap } from './churning-map.ts'
import {
  addGrant,
  admitTo,
  canAdmit,
  canExtend,
  couldAdmit,
  describeLease,
  growRunning,
  isForSame,
  isLow,
  nextMessage,
  openLease,
  releaseOn,
  settleOn,
  tell,
  type Lease,
} from './lease.ts'
import { NO_SIZE, type LeaseMessage, type LeaseMode, type LeaseReply, type LeaseSize } from './lease-message.ts'
import type { HoldSize, ReserveInput, ReserveResult } from './quota-contract.ts'
import type { LeaseTimes } from './lease-times.ts'
import { counterKey } from './quota-keys.ts'

export interface LeaseHolderDeps {
  readonly bootId: string
  /** Monotonic: a wall clock that is set back would make a lease last too long. */
  readonly nowMs: () => number
  readonly liveProxies: () => number
  readonly times: LeaseTimes
  /** No lease has more money ready than this. */
  readonly mostAmount: bigint
  /** null = no answer, or one that cannot be relied on. Never calls back before it returns. */
  readonly send: (orgId: string, message: LeaseMessage, done: (reply: LeaseReply | null) => void) => void
  readonly after: (ms: number, run: () => void) => void
}

type Held = Extract<ReserveResult, { kind: 'held' }>

export interface ReportedLease {
  readonly leaseId: string
  readonly revision: number
  readonly keep: LeaseSize
  readonly running: LeaseSize
  readonly consumed: LeaseSize
  readonly counters: Lease['counters']
  readonly rates: Lease['rates']
  readonly openRequests: readonly string[]
}

export type ExtendAnswer = 'extended' | 'refused' | 'recalled' | 'unavailable'

/**
 * Holds leases and decides by them. Everything is synchronous and every effect is handed in, so that a fleet of them can be simulated.
 * What may be decided: admit only what lies ready, only while the lease stands by our own clock; give back what is called for; say what was
 * spent in totals.
 */
export interface LeaseHolder {
  /** `wait` = an answer that may bring room is under way: ask again when `whenAnswered` calls. `strict` = ask Redis for this one. */
  admit(input: ReserveInput): Held | 'wait' | 'strict'
  whenAnswered(input: ReserveInput, resume: () => void): void
  owns(holdId: string): boolean
  extend(holdId: string, delta: HoldSize, done: (answer: ExtendAnswer) => void): void
  /** False: no lease admitted it. */
  settle(holdId: string, used: HoldSize): boolean
  release(holdId: string): boolean
  /** Room of this counter is wanted elsewhere. */
  recall(orgId: string, key: string): void
  drainAll(): void
  /** Call it often: renews, returns and retries what is due. */
  tick(): void
  report(orgId: string): readonly ReportedLease[]
  /** Every lease of the organization up to this number is over, but for those in the report. */
  floor(orgId: string): number
  /** Leases that Redis has not taken back yet. */
  count(): number
}

interface LeaseHold {
  readonly lease: Lease
  readonly size: { amount: bigint; tokens: number }
}

/** One set of counters and rate limits: its lease, if there is one, and who waits for it. */
interface Slot {
  lease: Lease | null
  strictUntilMs: number
  backoffMs: number
  waiting: (() => void)[]
}

interface Extension {
  readonly lease: Lease
  readonly hold: LeaseHold
  readonly delta: HoldSize
  readonly done: (answer: ExtendAnswer) => void
}

const MAX_BACKOFF_FACTOR = 8

/** Asked for, and not answered yet: it holds nothing that this process knows of. */
const isUnheard = (lease: Lease): boolean =>
  lease.usableUntilMs === 0 && lease.running.requests === 0 && lease.revision <= 1
/** Long, and the same for every call of a key whose lists of limits are the same arrays. */
const lastKeys = new WeakMap<
  ReserveInput['counters'],
  Pick<ReserveInput, 'orgId' | 'rates'> & { readonly key: string }
>()

const keyOf = (input: ReserveInput): string => {
  const last = lastKeys.get(input.counters)
  if (last?.rates === input.rates && last.orgId === input.orgId) return last.key
  const key = writeKey(input)
  lastKeys.set(input.counters, { orgId: input.orgId, rates: input.rates, key })
  return key
}

const writeKey = (input: ReserveInput): string => {
  let key = input.orgId
  for (const counter of input.counters) key += ` ${counter.budgetId}:${counter.periodId}`
  for (const rate of input.rates) key += ` ${rate.id}`
  return key
}

export const createLeaseHolder = (deps: LeaseHolderDeps): LeaseHolder => {
  const { nowMs, times } = deps
  const slots = new Map<string, Slot>()
  /** Every lease that Redis may hold something for, draining ones included. */
  const leases = new Set<Lease>()
  const open = new ChurningMap<string, LeaseHold>()
  const extensions: Extension[] = []
  let lastNumber = 0
  let isClosed = false

  const wake = (slot: Slot): void => {
    if (slot.waiting.length === 0) return
    for (const resume of slot.waiting.splice(0)) resume()
  }

  const slotOf = (lease: Lease): Slot | undefined => {
    const slot = slots.get(lease.key)
    return slot?.lease === lease ? slot : undefined
  }

  const ask = (lease: Lease, mode: LeaseMode, extension?: Extension): void => {
    lease.isAsking = true
    lease.isDirty = false
    lease.isUsedSinceAsk = false
    lease.askedMs = nowMs()
    const terms = {
      bootId: deps.bootId,
      liveProxies: deps.liveProxies(),
      mostAmount: deps.mostAmount,
      ttlMs: times.ttlMs + times.guardMs,
    }
    const message = nextMessage(lease, { mode, extra: extension?.delta ?? NO_SIZE }, terms)
    deps.send(lease.orgId, message, (reply) => hear(lease, message, { reply, extension }))
  }

  const hear = (
    lease: Lease,
    message: LeaseMessage,
    { reply, extension }: { reply: LeaseReply | null; extension: Extension | undefined },
  ): void => {
    lease.isAsking = false
    if (reply === null || reply.kind === 'need') {
      lease.isDirty = true
      lease.isUsedSinceAsk = true
      lease.nextAskMs = nowMs() + times.retryMs
      extension?.done('unavailable')
    } else if (reply.kind === 'gone' || message.mode === 'c') {
      stop(lease, 0)
      leases.delete(lease)
      extension?.done('unavailable')
    } else if (reply.kind === 'refused') {
      extension?.done(reply.mayRetry ? 'recalled' : 'refused')
      lease.usableUntilMs = endOf(lease)
    } else take(lease, message, { reply, extension })
    goOn(lease)
  }

  /** Counted from when it was asked for, which is before the server began to count. */
  const endOf = (lease: Lease): number => lease.askedMs + times.ttlMs - times.guardMs

  const take = (
    lease: Lease,
    message: LeaseMessage,
    { reply, extension }: { reply: Extract<LeaseReply, { states: unknown }>; extension: Extension | undefined },
  ): void => {
    tell(lease, reply)
    if (reply.kind === 'lost') {
      // Only what ran when we asked is held now.
      lease.keep.amount -= message.keep.amount - message.running.amount
      lease.keep.tokens -= message.keep.tokens - message.running.tokens
      lease.keep.requests -= message.keep.requests
      drain(lease, times.tightMs)
      extension?.done('unavailable')
      return
    }
    lease.usableUntilMs = endOf(lease)
    addGrant(lease, reply.add)
    if (extension !== undefined) {
      grow(extension.hold, extension.delta)
      extension.done('extended')
    }
    const slot = slotOf(lease)
    if (reply.kind === 'tight') drain(lease, slot?.backoffMs ?? times.tightMs)
    else if (slot !== undefined && message.mode === 'g') slot.backoffMs = times.tightMs
  }

  const grow = (hold: LeaseHold, delta: HoldSize): void => {
    hold.size.amount += delta.amount
    hold.size.tokens += delta.tokens
    growRunning(hold.lease, delta)
  }

  /** What is due for a lease that nobody is asking about. */
  const goOn = (lease: Lease): void => {
    if (lease.isAsking) return
    const slot = slots.get(lease.key)
    const next = extensions.findIndex((extension) => extension.lease === lease)
    const [extension] = next === -1 ? [] : extensions.splice(next, 1)
    if (extension !== undefined) {
      if (nowMs() < lease.nextAskMs) extension.done('unavailable')
      else ask(lease, 'e', extension)
    } else if (!lease.isAdmitting && lease.isDirty && leases.has(lease)) report(lease)
    if (slot !== undefined) wake(slot)
  }

  const report = (lease: Lease): void => {
    if (!lease.isAsking && nowMs() >= lease.nextAskMs) ask(lease, lease.running.requests === 0 ? 'c' : 'k')
  }

  /** Nothing more is admitted by it, and what lay ready goes back. */
  const drain = (lease: Lease, strictMs: number): void => {
    const slot = stop(lease, strictMs)
    report(lease)
    if (slot !== undefined) wake(slot)
  }

  const stop = (lease: Lease, strictMs: number): Slot | undefined => {
    const slot = slotOf(lease)
    if (slot !== undefined) {
      slot.lease = null
      slot.strictUntilMs = nowMs() + strictMs
      if (strictMs > 0) slot.backoffMs = Math.min(slot.backoffMs * 2, times.tightMs * MAX_BACKOFF_FACTOR)
    }
    lease.isAdmitting = false
    lease.isDirty = true
    return slot
  }

  const openIn = (slot: Slot, key: string, input: ReserveInput): void => {
    lastNumber += 1
    const lease = openLease({
      orgId: input.orgId,
      key,
      number: lastNumber,
      bootId: deps.bootId,
      counters: input.counters,
      rates: input.rates,
      first: input,
      nowMs: nowMs(),
    })
    slot.lease = lease
    leases.add(lease)
    ask(lease, 'g')
  }

  const admit = (input: ReserveInput): Held | 'wait' | 'strict' => {
    if (isClosed) return 'strict'
    const now = nowMs()
    const key = keyOf(input)
    let slot = slots.get(key)
    if (slot === undefined) {
      // Places among concurrent requests are too few to be shared out: such limits are always asked.
      if (input.rates.some((rate) => rate.concurrency !== null)) return 'strict'
      slot = { lease: null, strictUntilMs: 0, backoffMs: times.tightMs, waiting: [] }
      slots.set(key, slot)
    }
    const { lease } = slot
    if (lease === null || !isForSame(lease, input.counters, input.rates)) {
      if (lease !== null) drain(lease, 0)
      if (now < slot.strictUntilMs) return 'strict'
      openIn(slot, key, input)
      return 'wait'
    }
    const isKnown = open.has(input.holdId)
    if (isKnown || canAdmit(lease, input, now)) {
      if (!isKnown) admitTo(lease, input, now)
      if (!isKnown) open.set(input.holdId, { lease, size: { amount: input.amount, tokens: input.tokens } })
      if (!lease.isAsking && isLow(lease) && now >= lease.nextAskMs) ask(lease, 'g')
      return lease.told
    }
    if (lease.isAsking) return couldAdmit(lease, input) ? 'wait' : 'strict'
    if (now < lease.nextAskMs || !couldAdmit(lease, input)) return 'strict'
    ask(lease, 'g')
    return 'wait'
  }

  const end = (holdId: string, used: HoldSize | null): boolean => {
    const hold = open.get(holdId)
    if (hold === undefined) return false
    open.delete(holdId)
    const { lease, size } = hold
    const wasDirty = lease.isDirty
    if (used === null) releaseOn(lease, size)
    else settleOn(lease, size, used)
    if (!lease.isAdmitting && !wasDirty && !lease.isAsking) deps.after(times.reportMs, () => goOn(lease))
    return true
  }

  const tickLease = (lease: Lease, now: number): void => {
    if (lease.isAsking || now < lease.nextAskMs) return
    const isDue = now - lease.askedMs >= times.renewMs
    if (!lease.isAdmitting) {
      if (lease.isDirty || isDue) report(lease)
    } else if (lease.running.requests === 0 && now - lease.usedMs >= times.idleMs) drain(lease, 0)
    else if (now - lease.bornMs >= times.maxAgeMs) drain(lease, 0)
    else if (isDue && (lease.isUsedSinceAsk || lease.running.requests > 0)) ask(lease, 'g')
  }

  return {
    admit,
    whenAnswered: (input, resume) => {
      const slot = slots.get(keyOf(input))
      if (slot?.lease?.isAsking === true) slot.waiting.push(resume)
      else resume()
    },
    owns: (holdId) => open.has(holdId),
    extend: (holdId, delta, done) => {
      const hold = open.get(holdId)
      if (hold === undefined) {
        done('refused')
        return
      }
      if (canExtend(hold.lease, delta, nowMs())) {
        grow(hold, delta)
        done('extended')
        return
      }
      extensions.push({ lease: hold.lease, hold, delta, done })
      goOn(hold.lease)
    },
    settle: end,
    release: (holdId) => end(holdId, null),
    recall: (orgId, key) => {
      for (const lease of leases)
        if (lease.orgId === orgId && lease.isAdmitting && lease.counters.some((counter) => counterKey(counter) === key))
          drain(lease, times.tightMs * 2)
    },
    drainAll: () => {
      isClosed = true
      for (const lease of leases) {
        if (lease.isAdmitting) drain(lease, 0)
        else report(lease)
      }
    },
    tick: () => {
      const now = nowMs()
      for (const lease of leases) tickLease(lease, now)
      for (const [key, slot] of slots)
        if (slot.lease === null && slot.waiting.length === 0 && now - slot.strictUntilMs > times.idleMs)
          slots.delete(key)
    },
    report: (orgId) => {
      const requests = new Map<Lease, string[]>()
      for (const lease of leases) {
        if (lease.orgId !== orgId || isUnheard(lease)) continue
        // What is admitted from here on could be in the sum and in no report: this lease admits nothing more.
        if (lease.isAdmitting) stop(lease, 0)
        requests.set(lease, [])
      }
      for (const [holdId, { lease }] of open) requests.get(lease)?.push(holdId)
      return [...requests].map(([lease, openRequests]) => ({
        leaseId: lease.id,
        revision: lease.revision,
        ...describeLease(lease),
        counters: lease.counters,
        rates: lease.rates,
        openRequests,
      }))
    },
    floor: (orgId) => {
      let floor = lastNumber
      for (const lease of leases)
        if (lease.orgId === orgId && isUnheard(lease)) floor = Math.min(floor, lease.number - 1)
      return floor
    },
    count: () => leases.size,
  }
}
