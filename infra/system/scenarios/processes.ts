import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createProducer } from '@atpar/queue/producer'
import { Redis } from 'ioredis'
import { closeAll } from '../close-all.ts'
import { readHeld } from '../caps.ts'
import { moveClockTo } from '../move-clock.ts'
import { periodRange } from '@atpar/core/invoice'
import { billingPeriodOf } from '@atpar/core/usage-event'
import { strike } from '../strike.ts'
import { countStatuses, playCommon, type Scenario } from './scenario.ts'
import { waitFor } from './wait-for.ts'

const SECONDS = 1_000

/** Proxies and workers that die. */
export const PROCESS_SCENARIOS: readonly Scenario[] = [
  {
    number: 1,
    fault: 'kill -9 of one of three proxies after another, disks kept',
    reach: 'every request ended once within 60 s of the last restart',
    system: { proxies: 3, worker: true, tokenDelayMs: 2 },
    play: async (system, { seed, size }) => {
      const { report, troubles } = await playCommon(system, {
        seed,
        calls: size === 'small' ? 300 : 6_000,
        concurrency: 24,
        settleMs: 60 * SECONDS,
        disturb: async () => {
          for (const proxy of size === 'small' ? system.proxies.slice(0, 2) : [...system.proxies, ...system.proxies]) {
            await proxy.kill9()
            await sleep(400)
            await proxy.restart()
            await sleep(size === 'small' ? 200 : 5 * SECONDS)
          }
        },
      })
      return { seen: `settled in time; ${countStatuses(report)}`, troubles }
    },
  },
  {
    number: 2,
    fault: 'kill -9 of a proxy and its disk destroyed',
    reach: 'what Redis remembers brings every event back or ends it as killed; nothing stays held',
    system: { proxies: 2, worker: true, tokenDelayMs: 2, proxyEnv: { PROXY_LEASES: 'off' } },
    play: async (system, { seed, size }) => {
      const { tenant, report, troubles } = await playCommon(system, {
        seed,
        calls: size === 'small' ? 200 : 2_000,
        concurrency: 16,
        // The sweeps run every minute, and take what is older than a minute.
        settleMs: 240 * SECONDS,
        disturb: async () => {
          const [proxy] = system.proxies
          await Promise.all([proxy?.kill9(), system.shipper.kill9()])
          rmSync(join(system.folder, 'journal', 'proxy-1'), { recursive: true, force: true })
          // As if it had been away for longer than anyone waits for it.
          await system.owner.query(
            `UPDATE proxy_boot SET last_seen_at = now() - interval '2 days' WHERE proxy_id = 'proxy-1'`,
          )
          await Promise.all([proxy?.restart(), system.shipper.restart()])
          await waitFor('the lost boot to be written off', 180 * SECONDS, async () => {
            const { rows } = await system.owner.query<{ open: number }>(
              `SELECT count(*)::int AS open FROM proxy_boot WHERE proxy_id = 'proxy-1' AND acked_seq < last_seq AND last_seen_at < now() - interval '1 day'`,
            )
            return rows[0]?.open === 0 && (await readHeldOfAll(system.redis.url)) === 0n
          })
          // What was settled in Redis and not shipped is rescued after a minute.
          await sleep(125 * SECONDS)
        },
      })
      const { rows } = await system.owner.query<{ killed: number }>(
        `SELECT count(*)::int AS killed FROM usage_event WHERE org_id = $1 AND outcome = 'killed'`,
        [tenant.orgId],
      )
      const killed = rows[0]?.killed ?? 0
      const held = await readHeld(system, tenant.orgId)
      // A caller may have had an answer in the instant in which its settle was on its way to Redis: never more than were under way.
      const lost = report.unaccounted.length
      return {
        seen: `${killed} ended as killed, ${lost} of them answered, ${held} nUSD held; ${countStatuses(report)}`,
        troubles: [
          ...troubles.filter((text) => lost > 16 || !text.startsWith('received but unaccounted')),
          ...(held === 0n ? [] : [`${held} nUSD held`]),
        ],
      }
    },
  },
  {
    number: 3,
    fault: 'kill -9 of the worker again and again',
    reach: 'roll-ups equal recomputation from the events',
    system: { worker: true, tokenDelayMs: 2 },
    play: async (system, { seed, size }) => {
      const kills = size === 'small' ? 4 : 100
      const { report, troubles } = await playCommon(system, {
        seed,
        calls: size === 'small' ? 300 : 6_000,
        concurrency: 8,
        disturb: async () => {
          for (let kill = 0; kill < kills; kill += 1) await strike(system, 'worker')
        },
      })
      return { seen: `${kills} kills; ${countStatuses(report)}`, troubles }
    },
  },
  {
    number: 33,
    fault: 'the queue wiped before the month closes',
    reach: 'the triggers come back within two minutes and the month closes',
    system: { worker: true },
    play: async (system, { seed, size }) => {
      const { tenant, report, troubles } = await playCommon(system, {
        seed,
        calls: size === 'small' ? 100 : 1_000,
        concurrency: 8,
        disturb: () => Promise.resolve(),
      })
      const period = billingPeriodOf(Date.now())
      const redis = new Redis(system.redis.url)
      try {
        await moveClockTo(system.owner, periodRange(period).toMs + 2 * 3_600 * SECONDS)
        await redis.flushall()
        await waitFor(
          'the triggers to come back',
          120 * SECONDS,
          async () => (await redis.zscore('bull:atpar:repeat', 'close-due-periods')) !== null,
        )
      } finally {
        redis.disconnect()
      }
      // What the trigger does at five past the hour.
      const producer = createProducer({ url: system.redis.url, onError: () => {} })
      try {
        await producer.add('close-due-periods', {})
        await waitFor('the month to close', 90 * SECONDS, async () => {
          const { rowCount } = await system.owner.query('SELECT 1 FROM period_close WHERE org_id = $1', [tenant.orgId])
          return (rowCount ?? 0) > 0
        })
      } finally {
        await producer.close()
      }
      const closed = await closeAll(system, [tenant], [period])
      return {
        seen: `closed; ${countStatuses(report)}`,
        troubles: [
          ...troubles,
          ...closed.troubles,
          ...(closed.invoicedPusd === closed.billedPusd + closed.correctedPusd
            ? []
            : ['the invoice is not what was billed']),
        ],
      }
    },
  },
]

const readHeldOfAll = async (url: string): Promise<bigint> => {
  const redis = new Redis(url)
  try {
    let held = 0n
    for (const key of await redis.keys('q:{*}:b:*')) held += BigInt((await redis.hget(key, 'held')) ?? '0')
    return held
  } finally {
    redis.disconnect()
  }
}
