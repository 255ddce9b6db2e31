import { nanoUsd } from '@atpar/core/money'
import type { BudgetState } from '@atpar/core/quota'
import { NO_SIZE, parseLeaseId, type LeaseMessage, type LeaseSize } from './lease-message.ts'
import type { HoldSize } from './quota-contract.ts'
import { counterKey, heldOn } from './quota-keys.ts'
import type { ModelCounter, ModelData, ModelLease, ModelReply } from './quota-model-contract.ts'

/** The lease half of the model of quota.lua: what a message of a lease's holder must do, over the maps of the other half. */

interface LeaseModelState {
  readonly counters: Map<string, ModelCounter>
  readonly change: (
    key: string,
    by: { readonly used?: bigint; readonly held?: bigint; readonly leased?: bigint },
  ) => void
  readonly requestMinutes: Map<string, number>
  readonly tokenMinutes: Map<string, number>
  readonly nowMs: () => number
}

export interface LeaseModel {
  readonly leases: ReadonlyMap<string, ModelLease>
  hear(message: LeaseMessage): ModelReply
  expire(): void
  list(): ModelReply
  free(leaseId: string, spent: HoldSize): ModelReply
  restore(data: ModelData): void
}

const minus = (a: LeaseSize, b: LeaseSize): LeaseSize => ({
  amount: nanoUsd(a.amount - b.amount),
  tokens: a.tokens - b.tokens,
  requests: a.requests - b.requests,
})
const plus = (a: LeaseSize, b: LeaseSize): LeaseSize => ({
  amount: nanoUsd(a.amount + b.amount),
  tokens: a.tokens + b.tokens,
  requests: a.requests + b.requests,
})

/** A tenth of the room over the live proxies, at least twenty requests, at most a twentieth; null when that is less than twenty requests. */
const shareOf = (room: number, typical: number, liveProxies: number): number | null => {
  const share = Math.floor(Math.min(room / 20, Math.max(room / 10 / liveProxies, 20 * typical)))
  return share >= 20 * typical ? share : null
}

export const createLeaseModel = (state: LeaseModelState): LeaseModel => {
  const { counters, change, requestMinutes, tokenMinutes, nowMs } = state
  const leases = new Map<string, ModelLease>()
  let floors: ModelData['leaseFloors'] = new Map()

  const expire = (): void => {
    for (const [leaseId, lease] of leases) {
      if (lease.state !== 'lease' || lease.expiresMs > nowMs()) continue
      for (const wanted of lease.message.counters) change(counterKey(wanted), { leased: -freeOn(wanted, lease.free) })
      leases.set(leaseId, { ...lease, state: 'lease-suspense', free: NO_SIZE })
    }
  }

  const freeOn = (wanted: LeaseMessage['counters'][number], free: HoldSize): bigint =>
    heldOn(counters.get(counterKey(wanted)) ?? wanted, free)

  const moveMinutes = (message: LeaseMessage, by: LeaseSize): void => {
    for (const { id, requestsPerMinute, tokensPerMinute } of message.rates) {
      if (requestsPerMinute !== null)
        requestMinutes.set(id, Math.max(0, requestMinutes.get(id) ?? 0) + by.requests / requestsPerMinute)
      if (tokensPerMinute !== null)
        tokenMinutes.set(id, Math.max(0, tokenMinutes.get(id) ?? 0) + by.tokens / tokensPerMinute)
    }
  }

  const grantOf = (message: LeaseMessage, free: LeaseSize): LeaseSize | null => {
    const { typical, liveProxies } = message
    const bounds = { amount: [Number(message.mostAmount)], tokens: [1_000 * typical.tokens], requests: [1_000] }
    let isAmple = true
    const narrow = (part: keyof typeof bounds, room: number, size: number): void => {
      const share = shareOf(room, size, liveProxies)
      if (share === null) isAmple = false
      else bounds[part].push(share)
    }
    for (const wanted of message.counters) {
      const counter = counters.get(counterKey(wanted))
      if (counter?.hard !== true) continue
      const room = Number(counter.limit - counter.used - counter.held + heldOn(counter, free))
      if (counter.unit === 'tokens') narrow('tokens', room, typical.tokens)
      else narrow('amount', room, Number(typical.amount))
    }
    for (const { id, requestsPerMinute, tokensPerMinute } of message.rates) {
      if (requestsPerMinute !== null)
        narrow('requests', (1 - Math.max(0, requestMinutes.get(id) ?? 0)) * requestsPerMinute + free.requests, 1)
      if (tokensPerMinute !== null)
        narrow('tokens', (1 - Math.max(0, tokenMinutes.get(id) ?? 0)) * tokensPerMinute + free.tokens, typical.tokens)
    }
    const amount = Math.min(...bounds.amount)
    if (!isAmple || amount < 5 * Number(typical.amount)) return null
    return {
      amount: nanoUsd(BigInt(amount)),
      tokens: Math.min(...bounds.tokens),
      requests: Math.min(...bounds.requests),
    }
  }

  const statesOf = (message: LeaseMessage): readonly BudgetState[] =>
    message.counters.flatMap((wanted) => {
      const counter = counters.get(counterKey(wanted))
      if (counter === undefined) return []
      const { unit, limit, used, held } = counter
      return [{ budgetId: wanted.budgetId, periodId: wanted.periodId, unit, limit, used, held }]
    })

  const takeVersions = (message: LeaseMessage): readonly string[] =>
    message.counters.flatMap((wanted) => {
      const key = counterKey(wanted)
      const counter = counters.get(key)
      if (counter === undefined) return [key]
      if (wanted.version > counter.version)
        counters.set(key, { ...counter, limit: wanted.limit, version: wanted.version, hard: wanted.hard })
      return []
    })

  const hear = (message: LeaseMessage): ModelReply => {
    const missing = takeVersions(message)
    expire()
    const known = leases.get(message.leaseId)
    const isStale =
      known === undefined &&
      message.revision === 1 &&
      (parseLeaseId(message.leaseId)?.number ?? 0) <= (floors.get(message.bootId) ?? 0)
    if (known?.state === 'returned' || isStale) return { kind: 'gone' }
    if (missing.length > 0) return { kind: 'need', counterKeys: missing }
    if (known !== undefined && message.revision <= known.message.revision)
      return { kind: 'lease', answer: 'granted', add: NO_SIZE, states: statesOf(message) }

    const isLost = known === undefined && message.revision > 1
    const isClosing = message.mode === 'c'
    const running = isClosing ? NO_SIZE : message.running
    const keep = isClosing ? NO_SIZE : isLost ? message.running : message.keep
    const before = known?.keep ?? NO_SIZE
    const spent = minus(message.consumed, isLost ? message.consumed : (known?.message.consumed ?? NO_SIZE))
    for (const wanted of message.counters) {
      const key = counterKey(wanted)
      const counter = counters.get(key) ?? wanted
      change(key, { used: heldOn(counter, spent), held: heldOn(counter, keep) - heldOn(counter, before) })
    }
    moveMinutes(message, minus(plus(keep, spent), before))
    const free = { ...minus(keep, running), requests: keep.requests }

    let add = NO_SIZE
    let answer: 'granted' | 'tight' | 'lost' = isLost ? 'lost' : 'granted'
    let refusal: ModelReply | null = null
    if (message.mode === 'g' && !isLost) {
      const grant = grantOf(message, free)
      if (grant === null) answer = 'tight'
      else {
        add = {
          amount: grant.amount > free.amount ? nanoUsd(grant.amount - free.amount) : NO_SIZE.amount,
          tokens: Math.max(0, grant.tokens - free.tokens),
          requests: Math.max(0, grant.requests - free.requests),
        }
      }
    } else if (message.mode === 'e' && !isLost) {
      for (const wanted of message.counters) {
        const counter = counters.get(counterKey(wanted))
        if (counter?.hard === true && counter.limit - counter.used - counter.held < heldOn(counter, message.extra))
          refusal = { kind: 'lease-refused', mayRetry: counter.leased > 0n }
      }
      if (refusal === null) add = message.extra
    }
    for (const wanted of message.counters) {
      const counter = counters.get(counterKey(wanted)) ?? wanted
      const ready = heldOn(counter, free) + heldOn(counter, add)
      change(counterKey(wanted), {
        held: heldOn(counter, add),
        leased: ready - heldOn(counter, known?.free ?? NO_SIZE),
      })
    }
    moveMinutes(message, add)
    leases.set(message.leaseId, {
      state: isClosing ? 'returned' : 'lease',
      message,
      keep: plus(keep, add),
      free: { amount: nanoUsd(free.amount + add.amount), tokens: free.tokens + add.tokens },
      expiresMs: nowMs() + message.ttlMs,
    })
    return refusal ?? { kind: 'lease', answer, add, states: statesOf(message) }
  }

  return {
    leases,
    hear,
    expire,
    restore: ({ leases: restored, leaseFloors }) => {
      leases.clear()
      floors = leaseFloors
      for (const { state: standing, message, keep } of restored) {
        leases.set(message.leaseId, {
          state: standing,
          message,
          keep,
          free: NO_SIZE,
          expiresMs: nowMs() + message.ttlMs,
        })
        for (const wanted of message.counters) change(counterKey(wanted), { held: heldOn(wanted, keep) })
      }
    },
    list: () => {
      expire()
      return {
        kind: 'leases',
        leaseIds: [...leases].filter(([, lease]) => lease.state === 'lease-suspense').map(([leaseId]) => leaseId),
      }
    },
    free: (leaseId, spent) => {
      const lease = leases.get(leaseId)
      if (lease?.state !== 'lease-suspense') return { kind: 'done' }
      const { consumed } = lease.message
      const late: LeaseSize = {
        amount: spent.amount > consumed.amount ? nanoUsd(spent.amount - consumed.amount) : NO_SIZE.amount,
        tokens: Math.max(0, spent.tokens - consumed.tokens),
        requests: 0,
      }
      for (const wanted of lease.message.counters) {
        const counter = counters.get(counterKey(wanted)) ?? wanted
        change(counterKey(wanted), { used: heldOn(counter, late), held: -heldOn(counter, lease.keep) })
      }
      for (const { id, tokensPerMinute } of lease.message.rates)
        if (tokensPerMinute !== null)
          tokenMinutes.set(id, (tokenMinutes.get(id) ?? 0) + (late.tokens - lease.keep.tokens) / tokensPerMinute)
      leases.set(leaseId, { ...lease, state: 'returned' })
      return { kind: 'done' }
    },
  }
}
