import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { playRedisStall } from '../redis-stall.ts'
import { strike, type Fault } from '../strike.ts'
import { createTenant } from '../tenant.ts'
import { countStatuses, playCommon, proveOne, type Scenario, type ScenarioPlan } from './scenario.ts'
import { waitUntilSettled } from '../settled.ts'
import type { RunningSystem } from '../start-system.ts'

const SECONDS = 1_000

const playStruck = async (system: RunningSystem, { seed, size }: ScenarioPlan, fault: Fault) => {
  const { report, troubles } = await playCommon(system, {
    seed,
    calls: size === 'small' ? 300 : 4_000,
    concurrency: 24,
    settleMs: 60 * SECONDS,
    disturb: async () => {
      for (let strikes = size === 'small' ? 1 : 4; strikes > 0; strikes -= 1) {
        await strike(system, fault)
        await sleep(500)
      }
    },
  })
  return { seen: countStatuses(report), troubles }
}

const run = async (system: RunningSystem, commands: readonly (readonly [string, ...string[]])[]): Promise<void> => {
  const redis = new Redis(system.redis.url)
  try {
    for (const [command, ...values] of commands) await redis.call(command, ...values)
  } finally {
    redis.disconnect()
  }
}

const TWO_PROXIES = { proxies: 2, worker: true, tokenDelayMs: 2 } as const

/** A Redis that forgets, stalls, is full or cannot be reached. That hard budgets hold through the first three: `prove -- teams`. */
export const REDIS_SCENARIOS: readonly Scenario[] = [
  {
    number: 5,
    fault: 'kill -9 of Redis, the end of its append-only file lost',
    reach: 'a new epoch, rebuilt from Postgres; service goes on',
    system: TWO_PROXIES,
    play: (system, plan) => playStruck(system, plan, 'redis-cut'),
  },
  {
    number: 6,
    fault: 'FLUSHALL under load',
    reach: 'as 5',
    system: TWO_PROXIES,
    play: (system, plan) => playStruck(system, plan, 'redis-flushed'),
  },
  {
    number: 7,
    fault: 'a failover of Redis to a replica that lags behind',
    reach: 'as 5',
    system: TWO_PROXIES,
    play: (system, plan) => playStruck(system, plan, 'redis-stale'),
  },
  {
    number: 8,
    fault: 'Redis 30 s slow, not down',
    reach: 'p99 ≤ 100 ms more once the breaker is open; no 401 or 429',
    system: { slowWire: true, worker: true, proxyEnv: { PROXY_LEASE_MS: '3000', PROXY_REDIS_TIMEOUT_MS: '50' } },
    play: async (system, { size }) => {
      const tenant = await createTenant(system.owner, { name: 'stall', budgets: { key: '500' } })
      const { p99Ms, blamed, statuses } = await playRedisStall(system, {
        key: tenant.key,
        delayMs: 30 * SECONDS,
        // Nobody asks while the lease stands.
        breakerOpensMs: 4.5 * SECONDS,
        perSecond: 40,
        seconds: size === 'small' ? 2 : 15,
      })
      await waitUntilSettled(system, 60 * SECONDS)
      const added = p99Ms.during - p99Ms.before
      return {
        seen: `${added.toFixed(0)} ms more; ${Object.entries(statuses)
          .map(([status, count]) => `${status} × ${count}`)
          .join(', ')}`,
        troubles: [
          // Of a machine that others load as well, a small run proves nothing about milliseconds.
          ...(size === 'full' && added > 100 ? [`p99 ${added.toFixed(0)} ms more`] : []),
          ...(blamed > 0 ? [`${blamed} answers blame the caller`] : []),
          ...(await proveOne(system, tenant.slug)),
        ],
      }
    },
  },
  {
    number: 9,
    fault: 'Redis out of memory (noeviction)',
    reach: 'leases or 503, never an eviction',
    system: TWO_PROXIES,
    play: async (system, { seed, size }) => {
      const { report, troubles } = await playCommon(system, {
        seed,
        calls: size === 'small' ? 300 : 4_000,
        concurrency: 24,
        settleMs: 60 * SECONDS,
        disturb: async () => {
          await run(system, [
            ['CONFIG', 'SET', 'maxmemory-policy', 'noeviction'],
            ['CONFIG', 'SET', 'maxmemory', '1'],
          ])
          await sleep((size === 'small' ? 1 : 10) * SECONDS)
          await run(system, [['CONFIG', 'SET', 'maxmemory', '0']])
        },
      })
      return { seen: countStatuses(report), troubles }
    },
  },
  {
    number: 14,
    fault: 'the proxies cut off from Redis only',
    reach: 'leases, then the allowance, then 503',
    system: { ...TWO_PROXIES, slowWire: true },
    play: async (system, { seed, size }) => {
      const { report, troubles } = await playCommon(system, {
        seed,
        calls: size === 'small' ? 300 : 4_000,
        concurrency: 24,
        settleMs: 60 * SECONDS,
        disturb: async () => {
          system.wire?.cut()
          await sleep((size === 'small' ? 1 : 15) * SECONDS)
          system.wire?.mend()
        },
      })
      return { seen: countStatuses(report), troubles }
    },
  },
]
