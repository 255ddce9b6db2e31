import { setTimeout as sleep } from 'node:timers/promises'
import { DEFAULT_MINIMUM_CENTS, periodRange } from '@atpar/core/invoice'
import { billingPeriodOf } from '@atpar/core/usage-event'
import type { Pool } from '@atpar/db/pool'
import { findClosingObstacle } from '../../apps/worker/src/billing/close-gate.ts'
import { closePeriod, type CloseResult } from '../../apps/worker/src/billing/close-period.ts'
import { readClockOffset } from '../../apps/worker/src/clock.ts'
import { moveClockTo } from './move-clock.ts'

export interface CloseMonthOptions {
  /** Connects as the worker's role. */
  readonly pool: Pool
  readonly orgSlug: string
  /** `2026-11` or `2026-11-01`; without it the earliest month that is not closed. */
  readonly period?: string
  /**
   * Test mode: moves the installation's clock past the end of the month instead of waiting for it. Never on an installation that serves
   * anybody: every later request would be dated into the future.
   */
  readonly mayMoveClock: boolean
  /** Tells the proxies and the dashboard to read the clock again; they find out by themselves within two seconds. */
  readonly publishChange: () => Promise<void>
  /** As in `MoveClockOptions`. */
  readonly moveStripe?: (targetMs: number) => Promise<void>
  readonly log: (line: string) => void
  /** How long to wait for requests under way and for the shipper. */
  readonly timeoutMs?: number
}

export type CloseMonthResult = CloseResult & { readonly period: string; readonly orgId: string }

const GRACE_MS = 3_600_000
const MARGIN_MS = 60_000
const POLL_MS = 200
const TIMEOUT_MS = 90_000

const findOrganization = async (pool: Pool, slug: string): Promise<string> => {
  const { rows } = await pool.query<{ id: string }>('SELECT id FROM organization WHERE slug = $1', [slug])
  if (rows[0] === undefined) throw new Error(`There is no organization with the slug "${slug}".`)
  return rows[0].id
}

const choosePeriod = async (pool: Pool, orgId: string, wanted: string | undefined): Promise<string> => {
  if (wanted !== undefined) {
    const match = /^(\d{4}-(?:0[1-9]|1[0-2]))(?:-01)?$/.exec(wanted)
    if (match === null) throw new Error(`"${wanted}" is not a month like 2026-11.`)
    return `${match[1]}-01`
  }
  const { rows } = await pool.query<{ period: string }>(
    `SELECT min(r.invoice_period)::text AS period FROM usage_rollup_hourly r
    WHERE r.org_id = $1 AND NOT EXISTS (SELECT 1 FROM period_close c WHERE c.org_id = r.org_id AND c.period = r.invoice_period)`,
    [orgId],
  )
  return rows[0]?.period ?? billingPeriodOf(Date.now() + (await readClockOffset(pool)))
}

const waitForGate = async (options: CloseMonthOptions, scope: { orgId: string; period: string }): Promise<void> => {
  const deadline = performance.now() + (options.timeoutMs ?? TIMEOUT_MS)
  let told = ''
  for (;;) {
    const nowMs = Date.now() + (await readClockOffset(options.pool))
    const obstacle = await findClosingObstacle(options.pool, { ...scope, nowMs, graceMs: GRACE_MS })
    if (obstacle === null || performance.now() > deadline) return
    if (obstacle !== told) options.log(`Waiting: ${obstacle}.`)
    told = obstacle
    await sleep(POLL_MS)
  }
}

/** Closes one organization's month on demand and issues its invoice; when it is closed already, returns that invoice. */
export const closeMonth = async (options: CloseMonthOptions): Promise<CloseMonthResult> => {
  const { pool } = options
  const orgId = await findOrganization(pool, options.orgSlug)
  const period = await choosePeriod(pool, orgId, options.period)
  const isClosed =
    (await pool.query('SELECT 1 FROM period_close WHERE org_id = $1 AND period = $2::date', [orgId, period]))
      .rowCount === 1
  if (!isClosed) {
    const closableMs = periodRange(period).toMs + GRACE_MS
    if (Date.now() + (await readClockOffset(pool)) < closableMs) {
      if (!options.mayMoveClock)
        throw new Error(
          `${period.slice(0, 7)} is not over. On a test installation, --move-clock moves its clock past the end of the month.`,
        )
      await moveClockTo(options, closableMs + MARGIN_MS)
    }
    await waitForGate(options, { orgId, period })
  }
  const nowMs = Date.now() + (await readClockOffset(pool))
  const result = await closePeriod(pool, {
    orgId,
    period,
    nowMs,
    graceMs: GRACE_MS,
    minimumCents: DEFAULT_MINIMUM_CENTS,
  })
  return { ...result, period, orgId }
}
