import { nanoUsd, type NanoUsd } from '@atpar/core/money'
import type { BudgetCounter } from '@atpar/core/quota'
import { createLeaseHolder, type LeaseHolder, type ReportedLease } from './lease-holder.ts'
import { NO_SIZE, parseLeaseId, type LeaseMessage, type LeaseReply } from './lease-message.ts'
import { LEASE_TIMES } from './lease-times.ts'
import type { ReserveInput } from './quota-contract.ts'
import { requestIdOf } from './quota-keys.ts'
import { createQuotaModel } from './quota-model.ts'
import type { ModelOperation, ModelReply } from './quota-model-contract.ts'

/**
 * A fleet of proxies, their Redis (the model of quota.lua), journals, worker and rebuilds on one virtual clock: what may happen to leases when
 * messages are slow, lost or overtaken, proxies die, data vanishes and nobody's clock agrees. Deterministic by its seed; nothing sleeps.
 */
export interface FleetReport {
  readonly billed: bigint
  readonly limit: bigint
  readonly used: bigint
  readonly held: bigint
  readonly byLease: number
  readonly byRedis: number
  readonly refused: number
  readonly deaths: number
  readonly losses: number
  /** Left when refusals stuck, and what one request holds. */
  readonly room: bigint
  readonly hold: bigint
}

export interface FleetOptions {
  readonly seed: number
  readonly proxies: number
  /** Of arrivals, in virtual time. */
  readonly runMs: number
  readonly limit: bigint
}

const HOLD: NanoUsd = nanoUsd(500_000n)
const TIMEOUT_MS = 50
const ORG = 'org-1'
const LONGEST_MS = 720_000
const MOST_SKEW_MS = 300_000
const LATEST_DEADLINE_MS = LONGEST_MS + MOST_SKEW_MS

interface Settled {
  readonly requestId: string
  readonly bootId: string
  readonly leaseNumber: number | null
  readonly used: NanoUsd
}

interface Proxy {
  bootId: string
  holder: LeaseHolder
  /** Its monotonic clock started anywhere, its wall clock is wrong by up to five minutes. */
  monotonicFromMs: number
  skewMs: number
  isDead: boolean
  readonly strict: Map<string, ReserveInput>
  /** Calls that were under way at a report are disowned. */
  reports: number
}

const createRandom = (seed: number) => {
  let state = seed >>> 0
  const next = (): number => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 3_266_489_917) >>> 0
    return state / 4_294_967_296
  }
  return { next, below: (limit: number) => Math.floor(next() * limit), chance: (part: number) => next() < part }
}

const createAgenda = () => {
  const heap: { atMs: number; order: number; run: () => void }[] = []
  let nowMs = 0
  let order = 0
  const isBefore = (a: number, b: number): boolean => {
    const [left, right] = [heap[a], heap[b]]
    if (left === undefined || right === undefined) return false
    return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order)
  }
  const swap = (a: number, b: number): void => {
    const [left, right] = [heap[a], heap[b]]
    if (left === undefined || right === undefined) return
    heap[a] = right
    heap[b] = left
  }
  return {
    nowMs: () => nowMs,
    after: (ms: number, run: () => void): void => {
      order += 1
      heap.push({ atMs: nowMs + Math.max(0, ms), order, run })
      for (let at = heap.length - 1; at > 0 && isBefore(at, (at - 1) >> 1); at = (at - 1) >> 1) swap(at, (at - 1) >> 1)
    },
    step: (): boolean => {
      const first = heap[0]
      const last = heap.pop()
      if (first === undefined || last === undefined) return false
      if (heap.length > 0) heap[0] = last
      for (let at = 0; ;) {
        const [left, right] = [2 * at + 1, 2 * at + 2]
        const least = isBefore(right, left) ? right : left
        if (!isBefore(least, at)) break
        swap(at, least)
        at = least
      }
      nowMs = first.atMs
      first.run()
      return true
    },
  }
}

export const simulateFleet = ({ seed, proxies: count, runMs, limit }: FleetOptions): FleetReport => {
  const random = createRandom(seed)
  const { nowMs, after, step } = createAgenda()
  const counters: readonly BudgetCounter[] = ['key', 'team', 'organization'].map((budgetId, level) => ({
    budgetId,
    periodId: '2026-11',
    unit: 'usd',
    limit: limit * BigInt(level + 1),
    version: 1,
    hard: true,
  }))
  const model = createQuotaModel('epoch', nowMs)
  model.apply({ kind: 'init', epoch: 'epoch', starts: counters.map((counter) => ({ counter, used: 0n })) })
  const settled: Settled[] = []
  const counts = { byLease: 0, byRedis: 0, refused: 0, deaths: 0, losses: 0 }
  let billed = 0n
  let isLost = false
  let boots = 0
  let requests = 0
  let isOver = false
  const mourned: Proxy[] = []
  const fleet: Proxy[] = []

  const delayMs = (): number => (random.chance(0.02) ? random.below(4_000) : 1 + random.below(20))

  /** One call to Redis: null = unknown, whatever became of it. Delivered late or never, answered late or never. */
  const call = (proxy: Proxy, operation: ModelOperation, done: (reply: ModelReply | null) => void): void => {
    const { bootId, reports } = proxy
    let isDone = false
    const finish = (reply: ModelReply | null): void => {
      if (isDone || proxy.isDead || proxy.bootId !== bootId) return
      isDone = true
      done(reply !== null && proxy.reports === reports ? reply : null)
    }
    after(TIMEOUT_MS, () => finish(null))
    if (random.chance(0.02)) return
    after(delayMs(), () => {
      const reply = isLost ? null : model.apply(operation)
      if (random.chance(0.02)) return
      after(delayMs(), () => finish(reply))
    })
  }

  const untilTaken = (proxy: Proxy, operation: ModelOperation): void =>
    call(proxy, operation, (reply) => {
      if (reply === null) after(200, () => !proxy.isDead && untilTaken(proxy, operation))
    })

  const toLeaseReply = (reply: ModelReply | null): LeaseReply | null => {
    if (reply === null) return null
    if (reply.kind === 'lease') return { kind: reply.answer, add: reply.add, states: reply.states, rates: [] }
    if (reply.kind === 'lease-refused') return { kind: 'refused', mayRetry: reply.mayRetry }
    return reply.kind === 'gone' ? { kind: 'gone' } : null
  }

  const boot = (): Proxy => {
    boots += 1
    const bootId = `boot-${boots}`
    const monotonicFromMs = random.below(1_000_000_000)
    const proxy: Proxy = {
      bootId,
      monotonicFromMs,
      skewMs: random.below(2 * MOST_SKEW_MS) - MOST_SKEW_MS,
      isDead: false,
      strict: new Map(),
      reports: 0,
      holder: createLeaseHolder({
        bootId,
        nowMs: () => monotonicFromMs + nowMs(),
        liveProxies: () => count,
        times: LEASE_TIMES,
        mostAmount: 1_000_000_000n,
        send: (_orgId, message: LeaseMessage, done) =>
          call(proxy, { kind: 'lease', message }, (reply) => done(toLeaseReply(reply))),
        after: (ms, run) => after(ms, () => !proxy.isDead && run()),
      }),
    }
    const tick = (): void => {
      if (proxy.isDead) return
      proxy.holder.tick()
      if (!isOver || proxy.holder.count() > 0) after(250, tick)
    }
    after(random.below(250), tick)
    return proxy
  }

  const recallEverywhere = (): void => {
    for (const proxy of fleet)
      after(delayMs(), () => !proxy.isDead && proxy.holder.recall(ORG, `${counters[0]?.budgetId}:2026-11`))
  }

  /** Runs, is billed some of what it holds (or nothing), and is settled where it was admitted. */
  const serve = (proxy: Proxy, input: ReserveInput, leaseNumber: number | null): void => {
    const used = random.chance(0.1) ? null : nanoUsd(BigInt(1 + random.below(Number(HOLD))))
    after(20 + random.below(random.chance(0.05) ? 60_000 : 2_000), () => {
      if (proxy.isDead) return
      const { holdId } = input
      proxy.strict.delete(holdId)
      if (used !== null) {
        settled.push({ requestId: requestIdOf(holdId), bootId: proxy.bootId, leaseNumber, used })
        billed += used
        if (billed > limit) throw new Error(`seed ${seed}: ${billed} billed of ${limit} at ${nowMs()} ms`)
      }
      if (leaseNumber !== null) {
        if (used === null) proxy.holder.release(holdId)
        else proxy.holder.settle(holdId, { amount: used, tokens: 0 })
      } else if (used === null) untilTaken(proxy, { kind: 'release', holdId })
      else untilTaken(proxy, { kind: 'settle', input: { orgId: ORG, holdId, used, tokens: 0, eventText: '' } })
    })
  }

  const askRedis = (proxy: Proxy, input: ReserveInput, tries: number, done: (isStuck: boolean) => void): void =>
    call(proxy, { kind: 'reserve', input }, (reply) => {
      if (reply?.kind === 'held') {
        counts.byRedis += 1
        proxy.strict.set(input.holdId, input)
        serve(proxy, input, null)
        return done(false)
      }
      if (reply === null) {
        untilTaken(proxy, { kind: 'release', holdId: input.holdId })
        return done(false)
      }
      if (reply.kind === 'budget' && reply.mayRetry) {
        recallEverywhere()
        if (tries > 0) return after(60, () => !proxy.isDead && askRedis(proxy, input, tries - 1, done))
        return done(false)
      }
      counts.refused += 1
      done(true)
    })

  const request = (proxy: Proxy, done: (isStuck: boolean) => void = () => undefined): void => {
    requests += 1
    const input: ReserveInput = {
      orgId: ORG,
      holdId: `request-${requests}:1`,
      bootId: proxy.bootId,
      amount: HOLD,
      deadlineMs: nowMs() + proxy.skewMs + LONGEST_MS,
      counters,
      rates: [],
      tokens: 0,
      payload: '',
    }
    const go = (waits: number): void => {
      if (proxy.isDead) return done(false)
      const admitted = proxy.holder.admit(input)
      if (admitted === 'wait' && waits > 0) return proxy.holder.whenAnswered(input, () => after(0, () => go(waits - 1)))
      if (admitted === 'wait' || admitted === 'strict') return askRedis(proxy, input, 3, done)
      counts.byLease += 1
      serve(proxy, input, admitted.leaseNumber)
      done(false)
    }
    go(8)
  }

  /** The worker: what the dead held is given back once their journals are whole in Postgres. */
  const bury = (proxy: Proxy): void => {
    if (isLost) return after(500, () => bury(proxy))
    for (const [holdId, hold] of model.holds) {
      if (hold.input?.bootId !== proxy.bootId || (hold.state !== 'held' && hold.state !== 'suspense')) continue
      const event = settled.find((each) => each.requestId === requestIdOf(holdId))
      model.apply({ kind: 'sweep', nowMs: Number.MAX_SAFE_INTEGER })
      model.apply({ kind: 'drop', holdId, used: event === undefined ? NO_SIZE : { amount: event.used, tokens: 0 } })
    }
    const left = freeLeasesOf(proxy)
    if (left || nowMs() < (buriedFrom.get(proxy) ?? 0) + 40_000) after(5_000, () => bury(proxy))
    else mourned.splice(mourned.indexOf(proxy), 1)
  }
  const buriedFrom = new Map<Proxy, number>()

  const freeLeasesOf = (proxy: Proxy): boolean => {
    const listed = model.apply({ kind: 'list-leases' })
    if (listed.kind !== 'leases') return false
    for (const leaseId of listed.leaseIds) {
      const name = parseLeaseId(leaseId)
      if (name?.bootId !== proxy.bootId) continue
      const amount = settled.reduce(
        (sum, each) => (each.bootId === name.bootId && each.leaseNumber === name.number ? sum + each.used : sum),
        0n,
      )
      model.apply({ kind: 'free-lease', leaseId, spent: { amount: nanoUsd(amount), tokens: 0 } })
    }
    return [...model.leases].some(
      ([leaseId, lease]) => parseLeaseId(leaseId)?.bootId === proxy.bootId && lease.state !== 'returned',
    )
  }

  const kill = (place: number): void => {
    const proxy = fleet[place]
    if (proxy === undefined) return
    counts.deaths += 1
    proxy.isDead = true
    mourned.push(proxy)
    const shippedMs = 2_000 + random.below(15_000)
    buriedFrom.set(proxy, nowMs() + shippedMs)
    after(shippedMs, () => bury(proxy))
    after(1_000 + random.below(10_000), () => {
      fleet[place] = boot()
    })
  }

  /** Everything vanishes; then every live proxy reports in its own time, and the data is made again from Postgres and the reports. */
  const lose = (): void => {
    if (isLost) return
    counts.losses += 1
    isLost = true
    const strict: { input: ReserveInput; size: ReserveInput }[] = []
    const leases: { bootId: string; lease: ReportedLease }[] = []
    const leaseFloors = new Map<string, number>()
    const silent = fleet.filter((proxy) => !proxy.isDead)
    const report = (proxy: Proxy): void => {
      if (!proxy.isDead) {
        proxy.reports += 1
        for (const input of proxy.strict.values()) strict.push({ input, size: input })
        for (const lease of proxy.holder.report(ORG)) leases.push({ bootId: proxy.bootId, lease })
        leaseFloors.set(proxy.bootId, proxy.holder.floor(ORG))
      }
      silent.splice(silent.indexOf(proxy), 1)
      if (silent.length === 0) after(random.below(1_000), publish)
    }
    const publish = (): void => {
      // The dead are waited for: their journals first, then the sum.
      if ([...buriedFrom].some(([proxy, atMs]) => mourned.includes(proxy) && nowMs() < atMs)) return after(100, publish)
      const except = new Set([
        ...strict.map(({ input }) => requestIdOf(input.holdId)),
        ...leases.flatMap(({ lease }) => lease.openRequests.map(requestIdOf)),
      ])
      const used = settled.reduce((sum, each) => (except.has(each.requestId) ? sum : sum + each.used), 0n)
      model.restore({
        counters: counters.map((counter) => ({ counter, used })),
        holds: strict,
        leaseFloors,
        leases: leases.map(({ bootId, lease }) => ({
          state: 'lease',
          keep: lease.keep,
          message: {
            ...lease,
            bootId,
            mode: 'k',
            extra: NO_SIZE,
            typical: NO_SIZE,
            liveProxies: count,
            mostAmount: 0n,
            ttlMs: LEASE_TIMES.ttlMs,
          },
        })),
      })
      isLost = false
    }
    for (const proxy of silent.slice()) after(50 + random.below(400), () => report(proxy))
  }

  const arrive = (place: number): void => {
    if (nowMs() >= runMs) return
    const proxy = fleet[place]
    if (proxy !== undefined && !proxy.isDead) request(proxy)
    after(random.below(400), () => arrive(place))
  }

  for (let place = 0; place < count; place += 1) {
    fleet.push(boot())
    arrive(place)
  }
  for (let n = 0; n < 4; n += 1) after(random.below(runMs), () => kill(random.below(count)))
  for (let n = 0; n < 2; n += 1) after(random.below(runMs), lose)

  const check = (): void => {
    const counter = model.counters.get('key:2026-11')
    if (counter !== undefined && !isLost && counter.used + counter.held > limit)
      throw new Error(`seed ${seed}: ${counter.used} used and ${counter.held} held of ${limit} at ${nowMs()} ms`)
  }
  while (nowMs() < runMs + 200_000 && step()) check()

  // Everything has ended; now the rest is used up, until a refusal sticks.
  let isStuck = false
  const exhaust = (): void => {
    const proxy = fleet[random.below(count)]
    if (proxy === undefined || isStuck) return
    request(proxy, (stuck) => {
      isStuck ||= stuck
      after(100, exhaust)
    })
  }
  after(0, exhaust)
  const exhaustedBy = nowMs() + 3_000_000
  while (!isStuck && nowMs() < exhaustedBy && step()) check()
  if (!isStuck) throw new Error(`seed ${seed}: no refusal stuck`)
  const stuckAt = model.counters.get('key:2026-11')
  const room = stuckAt === undefined ? -1n : limit - stuckAt.used - stuckAt.held

  isOver = true
  for (const proxy of fleet) if (!proxy.isDead) proxy.holder.drainAll()
  // A reserve that lay in a socket while its release and the data came and went: its deadline ends it, though its boot lives.
  after(LATEST_DEADLINE_MS, () => {
    const swept = model.apply({ kind: 'sweep', nowMs: nowMs() })
    if (swept.kind === 'swept') for (const holdId of swept.holdIds) model.apply({ kind: 'drop', holdId, used: NO_SIZE })
  })
  const endedBy = nowMs() + LATEST_DEADLINE_MS + 1_000
  while (nowMs() < endedBy && step()) check()
  const counter = model.counters.get('key:2026-11')
  return {
    ...counts,
    billed,
    limit,
    used: counter?.used ?? -1n,
    held: counter?.held ?? -1n,
    room,
    hold: HOLD,
  }
}
