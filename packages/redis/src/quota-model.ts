import { nanoUsd, type NanoUsd } from '@atpar/core/money'
import type { BudgetCounter, BudgetState, RateLimit } from '@atpar/core/quota'
import type { HoldSize, RateReason, ReserveInput, SettleInput } from './quota-contract.ts'
import { createLeaseModel } from './lease-model.ts'
import type { ModelCounter, ModelHold, ModelReply, QuotaModel } from './quota-model-contract.ts'
import { counterKey, heldOn } from './quota-keys.ts'
import { payloadOf, type CounterStart } from './quota-operations.ts'

/**
 * What quota.lua must do, said once more in TypeScript over plain maps. The property test gives both the same operations and compares
 * every reply and every state. Time stands still here: minutes are spent, never regained.
 */

const DONE: ModelReply = { kind: 'done' }
const NOTHING: ModelReply = { kind: 'nothing' }
const EPSILON = 1e-9
const EMPTY: HoldSize = { amount: nanoUsd(0n), tokens: 0 }
const sumOf = (a: NanoUsd, b: NanoUsd): NanoUsd => nanoUsd(a + b)

export const createQuotaModel = (epoch: string, nowMs: () => number = () => 0): QuotaModel => {
  const counters = new Map<string, ModelCounter>()
  const holds = new Map<string, ModelHold>()
  /** Part of a minute that is spent, per limit. */
  const requestMinutes = new Map<string, number>()
  const tokenMinutes = new Map<string, number>()

  const change = (
    key: string,
    by: { readonly used?: bigint; readonly held?: bigint; readonly leased?: bigint },
  ): void => {
    const counter = counters.get(key)
    if (counter === undefined) throw new Error(`${key} is on a hold but not counted`)
    counters.set(key, {
      ...counter,
      used: counter.used + (by.used ?? 0n),
      held: counter.held + (by.held ?? 0n),
      leased: counter.leased + (by.leased ?? 0n),
    })
  }

  /** A counter counts in the unit it was set with. */
  const unitOf = (wanted: BudgetCounter): Pick<ModelCounter, 'unit'> => counters.get(counterKey(wanted)) ?? wanted

  const spend = (minutes: Map<string, number>, limitId: string, by: number): void => {
    minutes.set(limitId, (minutes.get(limitId) ?? 0) + by)
  }

  const leasing = createLeaseModel({ counters, change, requestMinutes, tokenMinutes, nowMs })
  const recall = (key: string): boolean => {
    leasing.expire()
    return (counters.get(key)?.leased ?? 0n) > 0n
  }

  const running = (limit: RateLimit): number =>
    [...holds.values()].filter(
      (hold) =>
        (hold.state === 'held' || hold.state === 'suspense') &&
        hold.input?.rates.some((rate) => rate.id === limit.id && rate.concurrency !== null),
    ).length

  const refusingRate = (input: ReserveInput): ModelReply | null => {
    for (const limit of input.rates) {
      const refuse = (reason: RateReason): ModelReply => ({ kind: 'rate', reason, limitId: limit.id })
      if (limit.concurrency !== null && running(limit) >= limit.concurrency) return refuse('concurrency')
      const requests = Math.max(0, requestMinutes.get(limit.id) ?? 0)
      if (limit.requestsPerMinute !== null && requests + 1 / limit.requestsPerMinute > 1 + EPSILON)
        return refuse('requests_per_minute')
      const tokens = Math.max(0, tokenMinutes.get(limit.id) ?? 0)
      if (
        limit.tokensPerMinute !== null &&
        tokens > EPSILON &&
        tokens + input.tokens / limit.tokensPerMinute > 1 + EPSILON
      )
        return refuse('tokens_per_minute')
    }
    return null
  }

  const reserve = (input: ReserveInput): ModelReply => {
    const missing: string[] = []
    const states: BudgetState[] = []
    let refused: BudgetState | null = null
    let leastPart = 0
    for (const wanted of input.counters) {
      const key = counterKey(wanted)
      let counter = counters.get(key)
      if (counter === undefined) {
        missing.push(key)
        continue
      }
      if (wanted.version > counter.version) {
        counter = { ...counter, limit: wanted.limit, version: wanted.version, hard: wanted.hard }
        counters.set(key, counter)
      }
      const state: BudgetState = {
        budgetId: wanted.budgetId,
        periodId: wanted.periodId,
        unit: counter.unit,
        limit: counter.limit,
        used: counter.used,
        held: counter.held,
      }
      states.push(state)
      const room = counter.limit - counter.used - counter.held
      const part = Number(room) / Math.max(Number(counter.limit), 1)
      if (counter.hard && room < heldOn(counter, input) && (refused === null || part < leastPart)) {
        refused = state
        leastPart = part
      }
    }
    const known = holds.get(input.holdId)
    if (known?.state === 'released') return { kind: 'gone' }
    if (missing.length > 0) return { kind: 'need', counterKeys: missing }
    if (known !== undefined) return { kind: 'held', states }
    const rate = refusingRate(input)
    if (rate !== null) return rate
    if (refused !== null) return { kind: 'budget', state: refused, mayRetry: recall(counterKey(refused)) }

    for (const counter of input.counters) change(counterKey(counter), { held: heldOn(unitOf(counter), input) })
    for (const limit of input.rates) {
      if (limit.requestsPerMinute !== null)
        requestMinutes.set(limit.id, Math.max(0, requestMinutes.get(limit.id) ?? 0) + 1 / limit.requestsPerMinute)
      if (limit.tokensPerMinute !== null)
        tokenMinutes.set(limit.id, Math.max(0, tokenMinutes.get(limit.id) ?? 0) + input.tokens / limit.tokensPerMinute)
    }
    holds.set(input.holdId, {
      state: 'held',
      size: { amount: input.amount, tokens: input.tokens },
      input,
      payload: payloadOf(input),
      eventText: '',
    })
    return { kind: 'held', states: states.map((state) => ({ ...state, held: state.held + heldOn(state, input) })) }
  }

  const extend = (holdId: string, delta: HoldSize): ModelReply => {
    const hold = holds.get(holdId)
    if (hold?.state !== 'held' || hold.input === null) return { kind: 'refused' }
    const narrow = hold.input.counters.find((wanted) => {
      const counter = counters.get(counterKey(wanted))
      return counter?.hard === true && counter.limit - counter.used - counter.held < heldOn(counter, delta)
    })
    if (narrow !== undefined) return { kind: recall(counterKey(narrow)) ? 'recalled' : 'refused' }
    for (const counter of hold.input.counters) change(counterKey(counter), { held: heldOn(unitOf(counter), delta) })
    const size = { amount: sumOf(hold.size.amount, delta.amount), tokens: hold.size.tokens + delta.tokens }
    holds.set(holdId, { ...hold, size })
    return { kind: 'extended' }
  }

  /** Takes an unfinished hold off its counters; null when there is none. */
  const leave = (holdId: string, used: HoldSize): (ModelHold & { readonly input: ReserveInput }) | null => {
    const hold = holds.get(holdId)
    if ((hold?.state !== 'held' && hold?.state !== 'suspense') || hold.input === null) return null
    for (const counter of hold.input.counters)
      change(counterKey(counter), { held: -heldOn(unitOf(counter), hold.size), used: heldOn(unitOf(counter), used) })
    return { ...hold, input: hold.input }
  }

  const correctTokens = (input: ReserveInput, tokens: number): void => {
    for (const limit of input.rates)
      if (limit.tokensPerMinute !== null) spend(tokenMinutes, limit.id, (tokens - input.tokens) / limit.tokensPerMinute)
  }

  const settle = (input: SettleInput): ModelReply => {
    const hold = leave(input.holdId, { amount: input.used, tokens: input.tokens })
    if (hold === null) return NOTHING
    correctTokens(hold.input, input.tokens)
    holds.set(input.holdId, { ...hold, state: 'settled', payload: '', eventText: input.eventText })
    return DONE
  }

  const release = (holdId: string): ModelReply => {
    if (holds.get(holdId)?.state === 'settled') return NOTHING
    const hold = leave(holdId, EMPTY)
    if (hold !== null) {
      correctTokens(hold.input, 0)
      for (const limit of hold.input.rates)
        if (limit.requestsPerMinute !== null) spend(requestMinutes, limit.id, -1 / limit.requestsPerMinute)
    }
    holds.set(holdId, { state: 'released', size: EMPTY, input: null, payload: '', eventText: '' })
    return DONE
  }

  const init = (expected: string, starts: readonly CounterStart[]): ModelReply => {
    if (expected !== epoch) return { kind: 'mismatch' }
    for (const { counter, used } of starts) {
      const key = counterKey(counter)
      if (!counters.has(key))
        counters.set(key, {
          used,
          held: 0n,
          limit: counter.limit,
          version: counter.version,
          hard: counter.hard,
          unit: counter.unit,
          leased: 0n,
        })
    }
    return DONE
  }

  const sweep = (nowMs: number): ModelReply => {
    for (const [holdId, hold] of holds)
      if (hold.state === 'held' && hold.input !== null && hold.input.deadlineMs <= nowMs)
        holds.set(holdId, { ...hold, state: 'suspense' })
    return {
      kind: 'swept',
      holdIds: [...holds].filter(([, hold]) => hold.state === 'suspense').map(([holdId]) => holdId),
    }
  }

  return {
    counters,
    holds,
    leases: leasing.leases,
    restore: (data) => {
      counters.clear()
      holds.clear()
      init(epoch, data.counters)
      for (const { input, size } of data.holds) {
        holds.set(input.holdId, { state: 'held', size, input, payload: payloadOf(input), eventText: '' })
        for (const counter of input.counters) change(counterKey(counter), { held: heldOn(unitOf(counter), size) })
      }
      leasing.restore(data)
    },
    apply: (operation) => {
      switch (operation.kind) {
        case 'reserve':
          return reserve(operation.input)
        case 'extend':
          return extend(operation.holdId, operation.delta)
        case 'note': {
          const hold = holds.get(operation.holdId)
          if (hold?.state !== 'held') return NOTHING
          holds.set(operation.holdId, { ...hold, payload: operation.payload })
          return DONE
        }
        case 'settle':
          return settle(operation.input)
        case 'release':
          return release(operation.holdId)
        case 'init':
          return init(operation.epoch, operation.starts)
        case 'lease':
          return leasing.hear(operation.message)
        case 'list-leases':
          return leasing.list()
        case 'free-lease':
          return leasing.free(operation.leaseId, operation.spent)
        case 'sweep':
          return sweep(operation.nowMs)
        case 'drop':
          if (holds.get(operation.holdId)?.state === 'suspense' && leave(operation.holdId, operation.used) !== null)
            holds.delete(operation.holdId)
          return DONE
        case 'acknowledge':
          if (holds.get(operation.holdId)?.state === 'settled') holds.delete(operation.holdId)
          return DONE
      }
    },
  }
}
