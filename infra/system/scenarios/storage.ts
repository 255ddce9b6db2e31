import { execFileSync } from 'node:child_process'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import { FULL_DISK_FLAG } from '../start-system.ts'
import { strike } from '../strike.ts'
import { countStatuses, playCommon, type Scenario } from './scenario.ts'
import { waitFor } from './wait-for.ts'

const SECONDS = 1_000

const countEvents = async (owner: Pool): Promise<number> =>
  (await owner.query<{ count: number }>('SELECT count(*)::int AS count FROM usage_event')).rows[0]?.count ?? 0

/** A Postgres that is away or refuses, and a disk that is full. */
export const STORAGE_SCENARIOS: readonly Scenario[] = [
  {
    number: 10,
    fault: 'Postgres down',
    reach: 'traffic goes on; drained within twice the outage',
    system: { worker: true, privatePostgres: true, tokenDelayMs: 2 },
    play: async (system, { seed, size }) => {
      const outageMs = (size === 'small' ? 3 : 60) * SECONDS
      let backAtMs = 0
      const { report, troubles } = await playCommon(system, {
        seed,
        calls: size === 'small' ? 300 : 8_000,
        concurrency: 12,
        settleMs: 2 * outageMs + 30 * SECONDS,
        disturb: async () => {
          await system.database.kill9?.()
          await sleep(outageMs)
          await system.database.restart?.()
          backAtMs = performance.now()
        },
      })
      const drainedMs = performance.now() - backAtMs
      return {
        seen: `${outageMs / SECONDS} s away, whole ${(drainedMs / SECONDS).toFixed(1)} s later at most; ${countStatuses(report)}`,
        troubles,
      }
    },
  },
  {
    number: 11,
    fault: 'a standby takes over that lacks the last transactions of Postgres, also of a proxy that has died since',
    reach: 'every event it lacks comes back from the kept journals',
    system: { proxies: 2, worker: true, privatePostgres: true, tokenDelayMs: 2 },
    play: async (system, { seed, size }) => {
      const least = size === 'small' ? 40 : 800
      let lost = 0
      const { report, troubles } = await playCommon(system, {
        seed,
        calls: size === 'small' ? 500 : 8_000,
        concurrency: 12,
        settleMs: 60 * SECONDS,
        disturb: async () => {
          const { database, owner } = system
          // A copy of its files at one instant is what a standby has that follows no further from there.
          const copy = `${database.dataDirectory ?? ''}-of-the-standby`
          await database.kill9?.()
          execFileSync('cp', ['-a', database.dataDirectory ?? '', copy])
          await database.restart?.()
          const before = await countEvents(owner)
          await waitFor(
            'events that the standby lacks',
            60 * SECONDS,
            async () => (await countEvents(owner)) >= before + least,
          )
          // What dies now is over before anybody has noticed.
          await strike(system, 'proxy')
          await waitFor('the dead boot to be over', 60 * SECONDS, async () => {
            const { rowCount } = await owner.query(
              'SELECT 1 FROM proxy_boot WHERE shipped_position = $1 AND ended_at IS NOT NULL',
              [Number.MAX_SAFE_INTEGER],
            )
            return (rowCount ?? 0) > 0
          })
          const { rows } = await owner.query<{ request_id: string }>('SELECT request_id FROM usage_event')
          await database.kill9?.()
          rmSync(database.dataDirectory ?? '', { recursive: true, force: true })
          renameSync(copy, database.dataDirectory ?? '')
          await database.restart?.()
          const ids = rows.map((row) => row.request_id)
          const countKnown = async (): Promise<number> =>
            (await owner.query('SELECT DISTINCT request_id FROM usage_event WHERE request_id = ANY ($1)', [ids]))
              .rowCount ?? 0
          lost = ids.length - (await countKnown())
          await waitFor('all of them to be back', 60 * SECONDS, async () => (await countKnown()) === new Set(ids).size)
        },
      })
      return {
        seen: `${lost} events were lost and are back; ${countStatuses(report)}`,
        troubles: [...troubles, ...(lost > 0 ? [] : ['the standby lacked nothing'])],
      }
    },
  },
  {
    number: 12,
    fault: 'one in five transactions of the ingest refused as a deadlock or for serialization',
    reach: 'nothing lost; retries bounded',
    system: { worker: true, privatePostgres: true, tokenDelayMs: 2 },
    play: async (system, { seed, size }) => {
      await system.owner.query(`
        CREATE FUNCTION refuse_some() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF random() < 0.1 THEN RAISE EXCEPTION 'acted' USING ERRCODE = '40001'; END IF;
          IF random() < 0.1 THEN RAISE EXCEPTION 'acted' USING ERRCODE = '40P01'; END IF;
          RETURN NULL;
        END $$;
        CREATE TRIGGER refuse_some AFTER INSERT ON usage_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_some();`)
      const { report, troubles } = await playCommon(system, {
        seed,
        calls: size === 'small' ? 300 : 6_000,
        concurrency: 12,
        settleMs: 60 * SECONDS,
        disturb: () => Promise.resolve(),
      })
      await system.owner.query('DROP TRIGGER refuse_some ON usage_event; DROP FUNCTION refuse_some')
      return { seen: countStatuses(report), troubles }
    },
  },
  {
    number: 13,
    fault: 'the disk of the journal full',
    reach: '503 before any money is spent that cannot be written down',
    system: { worker: true, tokenDelayMs: 2, faultyDisk: true },
    play: async (system, { seed, size }) => {
      const flag = join(system.folder, FULL_DISK_FLAG)
      const { report, troubles } = await playCommon(system, {
        seed,
        calls: size === 'small' ? 300 : 4_000,
        concurrency: 12,
        settleMs: 60 * SECONDS,
        disturb: async () => {
          writeFileSync(flag, '')
          await sleep((size === 'small' ? 1 : 10) * SECONDS)
          rmSync(flag)
        },
      })
      const refused = report.results.filter((result) => result.status === 503).length
      return {
        seen: countStatuses(report),
        troubles: [...troubles, ...(refused > 0 ? [] : ['no call met the full disk'])],
      }
    },
  },
  {
    number: 15,
    fault: 'the proxies and their shipper cut off from Postgres only',
    reach: 'as 10',
    system: { worker: true, postgresWire: true, tokenDelayMs: 2 },
    play: async (system, { seed, size }) => {
      const { report, troubles } = await playCommon(system, {
        seed,
        calls: size === 'small' ? 300 : 6_000,
        concurrency: 12,
        settleMs: 90 * SECONDS,
        disturb: async () => {
          system.postgresWire?.cut()
          await sleep((size === 'small' ? 3 : 60) * SECONDS)
          system.postgresWire?.mend()
        },
      })
      return { seen: countStatuses(report), troubles }
    },
  },
]
