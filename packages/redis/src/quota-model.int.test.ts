import { nanoUsd } from '@atpar/core/money'
import type { BudgetCounter, RateLimit } from '@atpar/core/quota'
import { startTestRedis, type TestRedis } from '@atpar/testkit/redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRedis, waitUntilReady, type Redis } from './client.ts'
import type { HoldSize } from './quota-contract.ts'
import { budgetCounter, rateLimit, reserveInput } from './quota-fixtures.ts'
import { counterKey, epochKey, heldOn, keyPrefix } from './quota-keys.ts'
import { createQuotaModel, type ModelOperation, type ModelReply, type QuotaModel } from './quota-model.ts'
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

const SEQUENCES = 60
const CALLS = 30
const MAX_OPERATIONS = 6
const NOW_MS = Date.now()

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
const generate = (random: Random, epoch: string): ModelOperation => {
  const holdId = `request-${random.below(12)}:1`
  const size = (most: number): HoldSize => ({
    amount: nanoUsd(BigInt(random.below(most))),
    tokens: random.below(3) * 1_000,
  })
  const counter = (): BudgetCounter => {
    const budget = random.below(5)
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
  switch (random.below(12)) {
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
    default:
      return { kind: 'acknowledge', holdId }
  }
}

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
}

const toModelReply = (reply: ScriptReply, operation: ModelOperation): ModelReply | undefined => {
  if (operation.kind === 'sweep')
    return { kind: 'swept', holdIds: (reply as readonly (readonly string[])[]).map(([id = '']) => id).toSorted() }
  if (operation.kind !== 'reserve') return SIMPLE[reply as string]
  const read = readReserveReply(reply, operation.input)
  switch (read.kind) {
    case 'held':
      return { kind: 'held', states: read.states }
    case 'refused':
      return read.reason === 'budget'
        ? { kind: 'budget', state: read.state }
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
  reply.kind === 'swept' ? { ...reply, holdIds: reply.holdIds.toSorted() } : reply

const readCounters = async (orgId: string) => {
  const prefix = `${keyPrefix(orgId)}b:`
  const keys = await redis.keys(`${prefix}*`)
  const states = await Promise.all(keys.map((key) => redis.hgetall(key)))
  return Object.fromEntries(keys.map((key, index) => [key.slice(prefix.length), states[index]]))
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
        },
      ]),
    ),
  )
  const prefix = `${keyPrefix(orgId)}h:`
  const keys = await redis.keys(`${prefix}*`)
  expect(keys.map((key) => key.slice(prefix.length)).toSorted()).toEqual([...model.holds.keys()].toSorted())
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
    expect(counter.held).toBe(holds.reduce((sum, hold) => sum + heldOn(counter, hold.size), 0n))
  }
}

describe('quota.lua', () => {
  const seeds = [20_261_122, Date.now() % 4_294_967_296]
  it.each(seeds)(
    'does what its model does, over at least 5,000 random operations from seed %i',
    { timeout: 60_000 },
    async (seed) => {
      const random = seededRandom(seed)
      let steps = 0
      const seen = new Set<string>()
      for (let sequence = 0; sequence < SEQUENCES; sequence += 1) {
        const orgId = `model-${seed}-${sequence}`
        const epoch = 'stamp:nonce'
        await redis.set(epochKey(orgId), epoch)
        const model = createQuotaModel(epoch)
        for (let call = 0; call < CALLS; call += 1) {
          const operations = Array.from({ length: 1 + random.below(MAX_OPERATIONS) }, () => generate(random, epoch))
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
            steps += 1
          }
        }
        await expectSameState(orgId, model)
      }
      expect(steps).toBeGreaterThanOrEqual(5_000)
      // A generator that never gets anywhere would agree with any model.
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
