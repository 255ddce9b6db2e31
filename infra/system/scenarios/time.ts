import { appendFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { MINUTE_MS } from '@atpar/core/durations'
import { closeAll } from '../close-all.ts'
import { playMix } from '../mix-run.ts'
import type { RunningSystem } from '../start-system.ts'
import { createTenant } from '../tenant.ts'
import { countStatuses, playCommon, type Scenario, type ScenarioPlan } from './scenario.ts'
import { waitFor } from './wait-for.ts'

const playMoving = async (system: RunningSystem, { seed, size }: ScenarioPlan) => {
  const budgets = { organization: '1000', team: '900', member: '800', key: '700' }
  const tenants = await Promise.all(['one', 'two'].map((name) => createTenant(system.owner, { name, budgets })))
  const mix = await playMix(system, tenants, {
    seed,
    requests: size === 'small' ? 1_000 : 10_000,
    concurrency: 24,
    // What happens in a batch is in force before the next one begins, however slow the machine.
    batch: size === 'small' ? 250 : 5_000,
    note: () => {},
  })
  const { rows } = await system.owner.query<{ misplaced: number }>(
    `SELECT count(*)::int AS misplaced FROM usage_event WHERE kind = 'settle' AND billing_period <> date_trunc('month', started_at AT TIME ZONE 'UTC')::date`,
  )
  const misplaced = rows[0]?.misplaced ?? 0
  const closed = await closeAll(system, tenants, mix.periods)
  return {
    seen: `months ${mix.periods.join(', ')}; ${mix.priceBooks} price books; ${mix.exact.attempts} exact, ${closed.invoices} invoices`,
    troubles: [
      ...mix.troubles,
      ...mix.mislabelled,
      ...closed.troubles,
      ...(misplaced === 0 ? [] : [`${misplaced} events in another month than they began in`]),
      ...(mix.periods.length >= 2 ? [] : ['no request was begun after the boundary']),
      ...(mix.priceBooks >= (size === 'small' ? 2 : 4) ? [] : [`only ${mix.priceBooks} price books were pinned`]),
      ...(closed.billedPusd === mix.billedPusd ? [] : ['Postgres has events that no book was held against']),
      ...(closed.invoicedPusd === closed.billedPusd + closed.correctedPusd
        ? []
        : ['the invoices are not what was billed']),
      ...(closed.unended === 0 ? [] : [`${closed.unended} requests not ended once`]),
    ],
  }
}

const POISON = [
  's 900001 {"requestId":"not an id"}\n',
  's 900002 {"requestId":\n',
  'nothing that this journal ever wrote\n',
]

/** Clocks, months and prices that move, and records that cannot be read. */
export const TIME_SCENARIOS: readonly Scenario[] = [
  {
    number: 26,
    fault: 'the end of the month under load, clocks of the machines five minutes apart',
    reach: 'each event in the month it began in; invoices = billed',
    system: { proxies: 3, worker: true, clockSkewsMs: [0, 5 * MINUTE_MS, -5 * MINUTE_MS] },
    play: playMoving,
  },
  {
    number: 27,
    fault: 'prices changed in mid-load',
    reach: 'each event at the price it was pinned to; invoices reproducible',
    system: { proxies: 2, worker: true },
    play: playMoving,
  },
  {
    number: 32,
    fault: 'records that cannot be read in a journal',
    reach: 'in quarantine; the others flow',
    system: { worker: true, tokenDelayMs: 2 },
    play: async (system, { seed, size }) => {
      const readQuarantined = async (): Promise<number> => {
        const { rows } = await system.owner.query<{ count: number }>(
          'SELECT count(*)::int AS count FROM usage_quarantine WHERE resolved_at IS NULL',
        )
        return rows[0]?.count ?? 0
      }
      const { report, troubles } = await playCommon(system, {
        seed,
        calls: size === 'small' ? 300 : 4_000,
        concurrency: 12,
        settleMs: 60_000,
        disturb: async () => {
          const slot = join(system.folder, 'journal', 'proxy-1')
          for (const boot of readdirSync(slot, { withFileTypes: true }).filter((entry) => entry.isDirectory()))
            for (const name of readdirSync(join(slot, boot.name)).filter((each) => each.endsWith('.log')))
              appendFileSync(join(slot, boot.name, name), POISON.join(''))
          await waitFor('the poison to be put aside', 30_000, async () => (await readQuarantined()) >= POISON.length)
        },
      })
      return { seen: `${await readQuarantined()} in quarantine; ${countStatuses(report)}`, troubles }
    },
  },
]
