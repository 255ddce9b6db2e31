import { formatUsd, pusd, type Pusd } from '@atpar/core/money'
import { medianOf, type Figure } from '../bench/figures.ts'
import { judgeSpeed } from '../bench/judge-speed.ts'
import { FULL_SPEED, measureSpeed, QUICK_SPEED } from '../bench/speed.ts'
import { HOLD_AT_MOST, playBudgetStorm, type StormReport } from '../system/budget-storm.ts'
import { playChanges } from '../system/changes.ts'
import { readMetric } from '../system/metrics.ts'
import { playRedisStall } from '../system/redis-stall.ts'
import { startSystem, type RunningSystem } from '../system/start-system.ts'
import { playStreamCuts, teachLengths } from '../system/stream-cut.ts'
import type { Fault } from '../system/strike.ts'
import { createTenant } from '../system/tenant.ts'
import type { ProveOptions } from './options.ts'
import { proveParts, type Part } from './parts.ts'

/** Teams, keys and budgets that hold: storms on one budget, streams cut in time, changes in force, a stalled Redis, and what a request costs. */
export const proveTeams = (options: ProveOptions): Promise<readonly Figure[]> => proveParts(PARTS, options)

interface StormMode {
  readonly name: string
  readonly proxies: number
  readonly leases: 'on' | 'off'
  readonly stream: boolean
  /** The one that a quick storm has room for. */
  readonly quickStrike: Fault
}

const STRICT_WHOLE: StormMode = {
  name: 'strict, one proxy, whole',
  proxies: 1,
  leases: 'off',
  stream: false,
  quickStrike: 'redis-stale',
}
const STRICT_STREAMED: StormMode = {
  name: 'strict, one proxy, streamed',
  proxies: 1,
  leases: 'off',
  stream: true,
  quickStrike: 'redis-cut',
}
const LEASED_WHOLE: StormMode = {
  name: 'leases, four proxies, whole',
  proxies: 4,
  leases: 'on',
  stream: false,
  quickStrike: 'proxy',
}
const LEASED_STREAMED: StormMode = {
  name: 'leases, four proxies, streamed',
  proxies: 4,
  leases: 'on',
  stream: true,
  quickStrike: 'redis-emptied',
}

/** Half as many proxies lease as well. */
const QUICK_PROXIES = 2
/** Forty answers are all under way at once within a second. */
const QUICK_TOKEN_DELAY_MS = 20

/** Every way to lose Redis's memory, and a proxy, in each storm; the seed turns the order. */
const STRIKES: readonly Fault[] = ['redis-cut', 'proxy', 'redis-emptied', 'redis-flushed', 'redis-stale']
const SEEDS = 5
const CALLERS = 1_000
/** A tenth of the product's, so that a lease of a killed proxy is met and freed within a storm. */
const LEASE_MS = '3000'

const turned = (strikes: readonly Fault[], by: number): readonly Fault[] => [
  ...strikes.slice(by % strikes.length),
  ...strikes.slice(0, by % strikes.length),
]

const proveStorms = async (mode: StormMode, { quick, seed, note }: ProveOptions): Promise<readonly Figure[]> => {
  const reports: StormReport[] = []
  for (let round = 0; round < (quick ? 1 : SEEDS); round += 1) {
    const system = await startSystem({
      proxies: quick ? Math.min(mode.proxies, QUICK_PROXIES) : mode.proxies,
      worker: true,
      proxyEnv: { PROXY_LEASES: mode.leases, PROXY_LEASE_MS: LEASE_MS },
    })
    try {
      note(`storm ${round + 1}, ${mode.name}`)
      const budget = quick ? '0.04' : '1.00'
      const tenant = await createTenant(system.owner, { name: 'storm', budgets: { key: budget } })
      reports.push(
        await playBudgetStorm(system, tenant, {
          budget,
          callers: quick ? 40 : CALLERS,
          stream: mode.stream,
          ...(quick ? { tokenDelayMs: QUICK_TOKEN_DELAY_MS } : {}),
          seed: seed + round,
          strikes: quick ? [mode.quickStrike] : turned(STRIKES, round),
        }),
      )
    } finally {
      await system.stop()
    }
  }
  // A small budget is near its limit from the first call: nothing is leased.
  return [...describeStorms(mode, reports), ...(mode.leases === 'on' && !quick ? [describeShare(mode, reports)] : [])]
}

const dollars = (amount: Pusd): string => `$${formatUsd(amount, 4)}`

const describeStorms = (mode: StormMode, reports: readonly StormReport[]): readonly Figure[] => {
  const billed = reports.map((report) => report.billedPusd)
  const rooms = reports.map((report) => report.budgetPusd - report.billedPusd)
  const others = reports.flatMap((report) => report.others)
  const held = reports.map((report) => report.heldGoneAfterMs)
  const allowed = reports.map(({ budgetPusd }) => (budgetPusd / 20n > HOLD_AT_MOST ? budgetPusd / 20n : HOLD_AT_MOST))
  return [
    {
      name: `a budget in a storm (${mode.name}): billed, seeds ${reports.map((report) => report.seed).join(' ')}`,
      value: billed.map(dollars).join(' '),
      reach: `≤ ${dollars(reports[0]?.budgetPusd ?? pusd(0n))} each`,
      ok: reports.every((report) => report.billedPusd <= report.budgetPusd),
    },
    {
      name: `… room left when 402 stuck (${mode.name})`,
      value: rooms.map((room) => dollars(pusd(room))).join(' '),
      reach: '≤ 5 % or one hold',
      ok: rooms.every((room, index) => room <= (allowed[index] ?? 0n)),
    },
    {
      name: `… held, after everything was shipped (${mode.name})`,
      value: held.map((ms) => (ms === null ? 'never 0' : `0 after ${ms} ms`)).join(', '),
      reach: '0 within 60 s',
      ok: held.every((ms) => ms !== null),
    },
    {
      name: `… answers that blame the caller for our faults (${mode.name})`,
      value: others.length === 0 ? '0' : `${others.length}: ${others[0] ?? ''}`,
      reach: '0',
      ok: others.length === 0,
    },
  ]
}

const describeShare = (mode: StormMode, reports: readonly StormReport[]): Figure => {
  const all = reports.reduce((sum, { admitted }) => sum + admitted.all, 0)
  const byLease = reports.reduce((sum, { admitted }) => sum + admitted.byLease, 0)
  const share = byLease / Math.max(1, all)
  return {
    name: `… admitted by lease (${mode.name}), by the usage events`,
    value: `${(share * 100).toFixed(0)} % (${byLease} of ${all})`,
    reach: '≥ 50 %',
    ok: share >= 0.5,
  }
}

const MAX_EXCESS = pusd(1_000_000_000n)

const proveCuts = async (system: RunningSystem): Promise<readonly Figure[]> => {
  await teachLengths(system)
  const figures: Figure[] = []
  for (const cut of await playStreamCuts(system, ['openai-chat', 'anthropic-messages', 'gemini'])) {
    figures.push({
      name: `a stream beyond its hard budget of $0.05, ${cut.dialect} caller`,
      value: `billed ${dollars(cut.billedPusd)}, excess ours ${formatUsd(cut.excessPusd, 6)}, ${cut.isInTime ? 'cut in time' : 'cut late'}, ${cut.isTyped ? 'typed' : 'untyped'}, ${cut.outcome}`,
      reach: 'billed ≤ hold, excess ≤ $0.001, cut ≤ 250 ms, typed',
      ok:
        cut.billedPusd <= cut.budgetPusd &&
        cut.excessPusd <= MAX_EXCESS &&
        cut.isInTime &&
        cut.isTyped &&
        cut.outcome === 'budget_cut',
    })
  }
  return figures
}

const IN_FORCE_MS = 5_000

const proveChanges = async (system: RunningSystem): Promise<Figure> => {
  const tenant = await createTenant(system.owner, { name: 'changes', budgets: { key: '0.50' } })
  const { loweredMs, raisedMs, revokedMs } = await playChanges(system, tenant)
  return {
    name: 'a budget lowered, raised and a key revoked, in force on both of two proxies',
    value: [loweredMs, raisedMs, revokedMs].map((ms) => `${(ms / 1000).toFixed(1)} s`).join(', '),
    reach: '≤ 5 s each',
    ok: Math.max(loweredMs, raisedMs, revokedMs) <= IN_FORCE_MS,
  }
}

/** Five failures open the breaker. While a lease stands nobody asks, so nothing fails. */
const BREAKER_OPENS_MS = { on: Number(LEASE_MS) + 1_500, off: 1_500 }

const proveStallWith = async (leases: 'on' | 'off', { quick }: ProveOptions): Promise<Figure> => {
  const system = await startSystem({
    slowWire: true,
    proxyEnv: { PROXY_LEASES: leases, PROXY_LEASE_MS: LEASE_MS, PROXY_REDIS_TIMEOUT_MS: '50' },
  })
  try {
    const tenant = await createTenant(system.owner, { name: 'stall', budgets: { key: '500' } })
    const report = await playRedisStall(system, {
      key: tenant.key,
      delayMs: 30_000,
      breakerOpensMs: BREAKER_OPENS_MS[leases],
      perSecond: 40,
      seconds: quick ? 1 : 15,
    })
    const added = report.p99Ms.during - report.p99Ms.before
    const statuses = Object.entries(report.statuses).map(([status, count]) => `${count} × ${status}`)
    return {
      name: `Redis 30 s slow (leases ${leases}): p99 added once the breaker is open`,
      value: `${added.toFixed(0)} ms (${report.p99Ms.before.toFixed(0)} → ${report.p99Ms.during.toFixed(0)}); ${statuses.join(', ')}`,
      reach: '≤ 100 ms, no 401 or 429',
      ok: added <= 100 && report.blamed === 0,
    }
  } finally {
    await system.stop()
  }
}

const proveStall = async (options: ProveOptions): Promise<readonly Figure[]> =>
  options.quick
    ? Promise.all([proveStallWith('on', options), proveStallWith('off', options)])
    : [await proveStallWith('on', options), await proveStallWith('off', options)]

const LEASED_CALLS = 200

const proveRoundTrips = async (system: RunningSystem): Promise<Figure> => {
  const tenant = await createTenant(system.owner, {
    name: 'trips',
    budgets: { organization: '1000', team: '900', member: '800', key: '700' },
  })
  const call = async (): Promise<void> => {
    const answer = await fetch(`${system.proxyUrls[0] ?? ''}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${tenant.key}` },
      body: JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hello' }] }),
    })
    await answer.text()
  }
  await call()
  const trips: number[] = []
  let before = await readMetric(system, 'atpar_quota_round_trips')
  for (let index = 0; index < LEASED_CALLS; index += 1) {
    await call()
    const after = await readMetric(system, 'atpar_quota_round_trips')
    trips.push(after - before)
    before = after
  }
  const total = trips.reduce((sum, each) => sum + each, 0)
  return {
    name: `Redis round trips while each of ${LEASED_CALLS} calls ran, budgets on four levels, by leases`,
    value: `${medianOf(trips)} in the median call, ${total} in all`,
    reach: '0 in the median call',
    ok: medianOf(trips) === 0,
  }
}

/** What needs nothing of its own shares two proxies. */
const proveOnTwoProxies = async (): Promise<readonly Figure[]> => {
  const system = await startSystem({ proxies: 2 })
  try {
    return [...(await proveCuts(system)), await proveChanges(system), await proveRoundTrips(system)]
  } finally {
    await system.stop()
  }
}

const stormPart = (name: string, mode: StormMode, notQuick?: string): Part => ({
  name,
  ...(notQuick === undefined ? {} : { notQuick }),
  play: (options) => proveStorms(mode, options),
})

const LIKE_ANOTHER = 'another storm has the same mode'

const PARTS: readonly Part[] = [
  stormPart('storm-strict-whole', STRICT_WHOLE, LIKE_ANOTHER),
  stormPart('storm-strict-streamed', STRICT_STREAMED),
  stormPart('storm-leases-whole', LEASED_WHOLE),
  stormPart('storm-leases-streamed', LEASED_STREAMED, LIKE_ANOTHER),
  { name: 'changes', play: proveOnTwoProxies },
  { name: 'stall', play: proveStall },
  {
    name: 'speed',
    notQuick: 'npm run bench -- --quick looks at it',
    play: async ({ quick }) => judgeSpeed(await measureSpeed(quick ? QUICK_SPEED : FULL_SPEED)),
  },
]
