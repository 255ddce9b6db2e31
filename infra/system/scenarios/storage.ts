import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { FULL_DISK_FLAG } from '../start-system.ts'
import { countStatuses, playCommon, type Scenario } from './scenario.ts'

const SECONDS = 1_000

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
    system: { worker: true, tokenDelayMs: 2 },
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
