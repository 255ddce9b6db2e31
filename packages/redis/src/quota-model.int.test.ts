import { nanoUsd } from '@atpar/core/money'
import type { BudgetCounter, RateLimit } from '@atpar/core/quota'
import { startTestRedis, type TestRedis } from '@atpar/testkit/redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRedis, waitUntilReady, type Redis } from './client.ts'
import { readLeaseReply, writeLease, type LeaseMessage, type LeaseMode } from './lease-message.ts'
import type { HoldSize } from './quota-contract.ts'
import { budgetCounter, rateLimit, reserveInput } from './quota-fixtures.ts'
import { counterKey, epochKey, heldOn, keyPrefix } from './quota-keys.ts'
import { createQuotaModel } from './quota-model.ts'
import type { ModelOperation, ModelReply, QuotaModel } from './quota-model-contract.ts'
import {
  readReserveReply,
  writeExtend,
  writeInit,
  writeNote,
  writeRelease,
  writeReserve,
  writeSettle,
} from './quota-operations.ts'
import { runQuotaOperations, type ScriptReply } from './quota-script.ts'

let server: TestRedis
let redis: Redis
beforeAll(async () => {
  server = await startTestRedis()
  redis = createRedis({ url: server.url, connectionName: 'test' })
  await waitUntilReady(redis, 5_000)
})
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})

const STEPS = 50_000
const CALLS = 100
const MAX_OPERATIONS = 12
/** Ids are new from time to time, or all would end in tombstones. */
const CALLS_PER_ERA = 10
const NOW_MS = Date.now()

const leasedCounter = (budgetId: string, limit: bigint, version = 1): BudgetCounter =>
  budgetCounter({ budgetId, limit, version })

const seededRandom = (seed: number) => {
  let state = seed >>> 0
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 4_294_967_296) * limit)
  }
  return { below, chance: (percent: number) => below(100) < percent }
}
type Random = ReturnType<typeof seededRandom>

/** Few ids, small rooms and both sides of every deadline, so that operations meet. */
const generate = (random: Random, epoch: string, era: number): ModelOperation => {
  const holdId = `request-${era}-${random.below(12)}:1`
  const size = (most: number): HoldSize => ({
    amount: nanoUsd(BigInt(random.below(most)) * (random.chance(10) ? 300n : 1n)),
    tokens: random.below(3) * 1_000,
  })
  const counter = (): BudgetCounter => {
    const budget = random.below(7)
    if (budget > 4) return leasedCounter(`leased-${budget - 5}`, BigInt(random.below(4)) * 1_000n, random.below(4))
    // A budget's unit never changes: the last one counts tokens.
    const unit = budget === 4 ? 'tokens' : 'usd'
    const scale = unit === 'tokens' ? 1_000n : random.chance(10) ? 100_000_000_000_000n : 1n
    return budgetCounter({
      budgetId: `budget-${budget}`,
      periodId: random.chance(20) ? 'total' : '2026-11',
      unit,
      limit: BigInt(random.below(40)) * scale,
      version: random.below(4),
      hard: random.chance(75),
    })
  }
  const distinct = (): BudgetCounter[] => [
    ...new Map(Array.from({ length: random.below(4) }, counter).map((each) => [counterKey(each), each])).values(),
  ]
  const rates = (): RateLimit[] =>
    random.chance(60)
      ? []
      : [
          rateLimit({
            id: `rate-${random.below(2)}`,
            requestsPerMinute: random.chance(50) ? 1 + random.below(3) : null,
            tokensPerMinute: random.chance(50) ? 4_000 : null,
            concurrency: random.chance(50) ? 1 + random.below(3) : null,
          }),
        ]
  switch (random.below(16)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return {
        kind: 'reserve',
        input: reserveInput({
          holdId,
          amount: nanoUsd(BigInt(random.below(12)) * (random.chance(5) ? 70_000_000_000_000n : 1n)),
          counters: distinct(),
          rates: rates(),
          tokens: random.below(6) * 1_000,
          // Far in the past would end its place among concurrent requests too, by the clock of Redis.
          deadlineMs: NOW_MS + 3_600_000 + random.below(2) * 1_000_000,
          payload: `p${random.below(100)}`,
        }),
      }
    case 4:
      return { kind: 'extend', holdId, delta: size(10) }
    case 5:
      return { kind: 'note', holdId, payload: `n${random.below(100)}` }
    case 6:
    case 7:
      return {
        kind: 'settle',
        input: {
          orgId: '',
          holdId,
          used: nanoUsd(BigInt(random.below(14)) * (random.chance(5) ? 33_333_333_333_333n : 1n)),
          tokens: random.below(6) * 1_000,
          eventText: `e${random.below(100)}`,
        },
      }
    case 8:
      return { kind: 'release', holdId }
    case 9:
      return {
        kind: 'init',
        epoch: random.chance(90) ? epoch : 'another',
        starts: distinct().map((each) => ({ counter: each, used: BigInt(random.below(5)) })),
      }
    case 10:
      return random.chance(50)
        ? { kind: 'sweep', nowMs: NOW_MS + 3_600_000 + random.below(3) * 500_000 }
        : { kind: 'drop', holdId, used: size(5) }
    case 11:
      return { kind: 'acknowledge', holdId }
    case 12:
      return random.chance(50)
        ? { kind: 'list-leases' }
        : { kind: 'free-lease', leaseId: `lease:boot:${era * 6 + random.below(6)}`, spent: size(30) }
    default:
      return { kind: 'lease', message: leaseMessage(random, era) }
  }
}

const MODES: readonly LeaseMode[] = ['g', 'g', 'g', 'k', 'e', 'c']

/**
 * Totals that an honest holder would send would never meet the odd ends, so these are drawn at will: only what is spent in all must grow with
 * the revision, as money spent is never taken back. A lease that expires does so at once; no clock is waited for.
 */
const leaseMessage = (random: Random, era: number): LeaseMessage => {
  const number = era * 6 + random.below(6)
  const revision = 1 + random.below(5)
  const running = { amount: nanoUsd(BigInt(random.below(5))), tokens: random.below(3), requests: 0 }
  const ready = random.below(8)
  const isWide = random.chance(70)
  return {
    leaseId: `lease:boot:${number}`,
    bootId: 'boot',
    revision,
    mode: MODES[random.below(MODES.length)] ?? 'g',
    consumed: { amount: nanoUsd(BigInt(revision * 3)), tokens: revision * 2, requests: revision },
    keep: { amount: nanoUsd(running.amount + BigInt(ready)), tokens: running.tokens + ready, requests: ready },
    running,
    extra: { amount: nanoUsd(BigInt(random.below(6))), tokens: random.below(6), requests: 0 },
    typical: { amount: nanoUsd(BigInt(random.below(3))), tokens: random.below(3) },
    liveProxies: 1 + random.below(4),
    mostAmount: BigInt(100 * random.below(3)),
    ttlMs: random.chance(25) ? -1_000 : 3_600_000,
    // The same ones for the same lease, as a lease is for one set.
    counters: LEASED[number % LEASED.length] ?? [],
    rates:
      number % 6 < 3
        ? []
        : [
            rateLimit({
              id: isWide ? 'lease-wide' : 'lease-narrow',
              // What a few milliseconds give back is less than any grant of the wide one could show, and no grant comes of the narrow one.
              requestsPerMinute: isWide ? 10_000_000_000 : 300,
              tokensPerMinute: isWide ? 10_000_000_000 : null,
            }),
          ],
  }
}

const LEASED: readonly (readonly BudgetCounter[])[] = [
  [],
  [leasedCounter('leased-0', 1_000n)],
  [leasedCounter('leased-0', 1_000n), leasedCounter('leased-1', 3_000n)],
  [leasedCounter('leased-1', 3_000n), budgetCounter({ budgetId: 'leased-tokens', unit: 'tokens', limit: 2_000n })],
]

const write = (args: string[], operation: ModelOperation): void => {
  switch (operation.kind) {
    case 'reserve':
      return writeReserve(args, operation.input)
    case 'extend':
      return writeExtend(args, operation.holdId, operation.delta)
    case 'note':
      return writeNote(args, operation.holdId, operation.payload)
    case 'settle':
      return writeSettle(args, operation.input)
    case 'release':
      return writeRelease(args, operation.holdId)
    case 'init':
      return writeInit(args, operation.epoch, operation.starts)
    case 'sweep':
      args.push('w', String(operation.nowMs), '1000')
      return
    case 'drop':
      args.push('d', '1', operation.holdId, operation.used.amount.toString(), String(operation.used.tokens))
      return
    case 'lease':
      return writeLease(args, operation.message)
    case 'list-leases':
      args.push('p', '1000')
      return
    case 'free-lease':
      args.push('f', '1', operation.leaseId, operation.spent.amount.toString(), String(operation.spent.tokens))
      return
    case 'acknowledge':
      args.push('a', '1', operation.holdId)
      return
  }
}

const SIMPLE: Readonly<Record<string, ModelReply>> = {
  '+': { kind: 'done' },
  I: { kind: 'done' },
  '-': { kind: 'nothing' },
  M: { kind: 'mismatch' },
  E: { kind: 'extended' },
  X: { kind: 'refused' },
  X1: { kind: 'recalled' },
}

const toLeaseReply = (reply: ScriptReply, message: LeaseMessage): ModelReply => {
  const read = readLeaseReply(reply, message)
  switch (read.kind) {
    case 'refused':
      return { kind: 'lease-refused', mayRetry: read.mayRetry }
    case 'need':
      return { kind: 'need', counterKeys: read.counters.map(counterKey) }
    case 'gone':
      return { kind: 'gone' }
    case 'granted':
    case 'tight':
    case 'lost':
      return { kind: 'lease', answer: read.kind, add: read.add, states: read.states }
  }
}

const toModelReply = (reply: ScriptReply, operation: ModelOperation): ModelReply | undefined => {
  if (operation.kind === 'sweep')
    return { kind: 'swept', holdIds: (reply as readonly (readonly string[])[]).map(([id = '']) => id).toSorted() }
  if (operation.kind === 'list-leases')
    return { kind: 'leases', leaseIds: (reply as readonly (readonly string[])[]).map(([id = '']) => id).toSorted() }
  if (operation.kind === 'lease') return toLeaseReply(reply, operation.message)
  if (operation.kind !== 'reserve') return SIMPLE[reply as string]
  const read = readReserveReply(reply, operation.input)
  switch (read.kind) {
    case 'held':
      return { kind: 'held', states: read.states }
    case 'refused':
      return read.reason === 'budget'
        ? { kind: 'budget', state: read.state, mayRetry: read.retryAfterMs !== null }
        : { kind: 'rate', reason: read.reason, limitId: read.limit.id }
    case 'need':
      return { kind: 'need', counterKeys: read.counters.map(counterKey) }
    case 'gone':
      return { kind: 'gone' }
    case 'unavailable':
      return undefined
  }
}

const sorted = (reply: ModelReply): ModelReply =>
  reply.kind === 'swept'
    ? { ...reply, holdIds: reply.holdIds.toSorted() }
    : reply.kind === 'leases'
      ? { ...reply, leaseIds: reply.leaseIds.toSorted() }
      : reply

const readCounters = async (orgId: string) => {
  const prefix = `${keyPrefix(orgId)}b:`
  const keys = await redis.keys(`${prefix}*`)
  const states = await Promise.all(keys.map((key) => redis.hgetall(key)))
  return Object.fromEntries(keys.map((key, index) => [key.slice(prefix.length), { lse: '0', ...states[index] }]))
}

const expectSameState = async (orgId: string, model: QuotaModel): Promise<void> => {
  expect(await readCounters(orgId)).toEqual(
    Object.fromEntries(
      [...model.counters].map(([key, counter]) => [
        key,
        {
          limit: String(counter.limit),
          used: String(counter.used),
          held: String(counter.held),
          ver: String(counter.version),
          hard: counter.hard ? '1' : '0',
          unit: counter.unit,
          lse: String(counter.leased),
        },
      ]),
    ),
  )
  const prefix = `${keyPrefix(orgId)}h:`
  const keys = await redis.keys(`${prefix}*`)
  expect(keys.map((key) => key.slice(prefix.length)).toSorted()).toEqual(
    [...model.holds.keys(), ...model.leases.keys()].toSorted(),
  )
  for (const [holdId, hold] of model.holds) {
    const stored = await redis.hmget(prefix + holdId, 'st', 'amt', 'tkh', 'pay', 'ev')
    const isOpen = hold.state === 'held' || hold.state === 'suspense'
    expect(stored).toEqual([
      hold.state,
      hold.input === null ? null : String(hold.size.amount),
      hold.input === null ? null : String(hold.size.tokens),
      isOpen ? hold.payload : null,
      hold.state === 'settled' ? hold.eventText : null,
    ])
  }
  for (const [leaseId, { state, keep, free, message }] of model.leases) {
    const isOpen = state !== 'returned'
    expect(await redis.hmget(prefix + leaseId, 'st', 'amt', 'tkh', 'rq', 'fa', 'ft', 'rev')).toEqual([
      state,
      isOpen ? String(keep.amount) : null,
      isOpen ? String(keep.tokens) : null,
      isOpen ? String(keep.requests) : null,
      isOpen ? String(free.amount) : null,
      isOpen ? String(free.tokens) : null,
      isOpen ? String(message.revision) : null,
    ])
  }
  const inState = (state: string): string[] =>
    [...model.holds].filter(([, hold]) => hold.state === state).map(([holdId]) => holdId)
  for (const [set, state] of [
    ['hz', 'held'],
    ['uz', 'suspense'],
    ['sz', 'settled'],
  ] as const) {
    expect((await redis.zrange(keyPrefix(orgId) + set, '0', '-1')).toSorted()).toEqual(inState(state).toSorted())
  }
  for (const [key, counter] of model.counters) {
    const holds = [...model.holds.values()].filter(
      (hold) =>
        (hold.state === 'held' || hold.state === 'suspense') &&
        hold.input?.counters.some((each) => counterKey(each) === key),
    )
    const leases = [...model.leases.values()].filter(
      (lease) => lease.state !== 'returned' && lease.message.counters.some((each) => counterKey(each) === key),
    )
    expect(counter.held).toBe(
      holds.reduce((sum, hold) => sum + heldOn(counter, hold.size), 0n) +
        leases.reduce((sum, lease) => sum + heldOn(counter, lease.keep), 0n),
    )
  }
}

describe('quota.lua', () => {
  // oxlint-disable-next-line node/no-process-env -- a run that failed is repeated by its seed
  const seed = process.env['QUOTA_SEED']
  const knownSeed = 20_261_122
  const seeds = seed === undefined ? [knownSeed, 4_171_226] : [Number(seed)]
  it.each(seeds)(
    'does what its model does, over 50,000 random operations from seed %i (another: QUOTA_SEED)',
    { timeout: 180_000 },
    async (seed) => {
      const random = seededRandom(seed)
      let steps = 0
      const seen = new Set<string>()
      for (let sequence = 0; steps < STEPS; sequence += 1) {
        const orgId = `model-${seed}-${sequence}`
        const epoch = 'stamp:nonce'
        await redis.set(epochKey(orgId), epoch)
        const model = createQuotaModel(epoch)
        for (let call = 0; call < CALLS; call += 1) {
          const operations = Array.from({ length: 1 + random.below(MAX_OPERATIONS) }, () =>
            generate(random, epoch, Math.floor(call / CALLS_PER_ERA)),
          )
          const args: string[] = []
          for (const operation of operations) write(args, operation)
          const replies = (await runQuotaOperations(redis, orgId, {
            stamp: 'stamp',
            operations: args,
          })) as readonly ScriptReply[]
          for (const [index, operation] of operations.entries()) {
            const expected = sorted(model.apply(operation))
            expect(
              toModelReply(replies[index] ?? '', operation),
              `step ${steps} of sequence ${sequence}: ${operation.kind}`,
            ).toEqual(expected)
            seen.add(`${operation.kind} ${expected.kind}`)
            if (expected.kind === 'lease') seen.add(expected.add.requests > 0 ? 'granted more' : expected.answer)
            steps += 1
          }
        }
        await expectSameState(orgId, model)
      }
      // A generator that never gets anywhere would agree with any model. With another seed one of the rare outcomes may be missing by chance.
      if (seed !== knownSeed) return
      for (const outcome of [
        'reserve held',
        'reserve budget',
        'reserve rate',
        'reserve need',
        'reserve gone',
        'extend extended',
        'extend refused',
        'settle done',
        'settle nothing',
        'init mismatch',
        'drop done',
        'sweep swept',
        'lease lease',
        'lease lease-refused',
        'lease need',
        'lease gone',
        'list-leases leases',
        'free-lease done',
        'extend recalled',
        'granted more',
        'tight',
        'lost',
      ]) {
        expect(seen).toContain(outcome)
      }
    },
  )

  it('changes nothing and says REBUILD when the epoch is missing or of another run', async () => {
    const orgId = 'foreign'
    const args: string[] = []
    writeInit(args, 'x', [{ counter: budgetCounter(), used: nanoUsd(0n) }])
    writeReserve(args, reserveInput({ orgId, counters: [] }))
    writeRelease(args, 'request-1:1')
    for (const epoch of [null, 'other/run:nonce', 'stampede:nonce', 'stamp']) {
      if (epoch !== null) await redis.set(epochKey(orgId), epoch)
      expect(await runQuotaOperations(redis, orgId, { stamp: 'stamp', operations: args })).toBe('REBUILD')
      expect(await redis.keys(`${keyPrefix(orgId)}*`)).toEqual(epoch === null ? [] : [epochKey(orgId)])
    }
  })
})
