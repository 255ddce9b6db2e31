import { setTimeout as sleep } from 'node:timers/promises'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '@atpar/core/durations'
import type { Pool } from '@atpar/db/pool'
import { CLOCK_OFFSET_SETTING, readClockOffset } from '../../apps/worker/src/clock.ts'

export interface MoveClockOptions {
  /** Connects as the worker's role. */
  readonly pool: Pool
  /** Tells the proxies and the dashboard to read the clock again; they find out by themselves within two seconds. */
  readonly publishChange: () => Promise<void>
  /** Tells a simulated Stripe what time it is, so that its retries and expiries keep step. */
  readonly moveStripe?: (targetMs: number) => Promise<void>
  readonly log: (line: string) => void
  /** How long to wait for proxies. */
  readonly timeoutMs?: number
}

/** Proxies poll for changes every 2 s: whoever has not heard the message knows by then. */
const CONFIG_POLL_MS = 2_500
const POLL_MS = 200
const TIMEOUT_MS = 90_000
const PARTITION_MONTHS = 24
const MONTH_MS = 28 * DAY_MS

/** Moves the clock forward, never back: time that ran backwards would reopen closed months. */
export const moveClockTo = async (options: MoveClockOptions, targetMs: number): Promise<void> => {
  const { pool, log } = options
  const offsetMs = targetMs - Date.now()
  // Events of the new month need their partition before the first proxy dates one there.
  await pool.query('SELECT ensure_usage_partitions(1, $1)', [
    Math.min(PARTITION_MONTHS, Math.ceil(offsetMs / MONTH_MS) + 2),
  ])
  await pool.query(
    `INSERT INTO platform_setting (key, value) VALUES ($1, to_jsonb($2::bigint))
    ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, updated_at = now() WHERE (platform_setting.value #>> '{}')::numeric < $2::bigint`,
    [CLOCK_OFFSET_SETTING, offsetMs],
  )
  await options.publishChange()
  log(`The clock of this installation now says ${new Date(Date.now() + offsetMs).toISOString()}.`)
  const { rows } = await pool.query<{ moved_at: Date }>('SELECT now() AS moved_at')
  await options.moveStripe?.(Date.now() + offsetMs)
  await waitForHeartbeats(options, new Date((rows[0]?.moved_at.getTime() ?? Date.now()) + CONFIG_POLL_MS))
}

/** @param url of a simulated Stripe, as `http://127.0.0.1:8090`. @throws Error when it does not answer */
export const stripeClockAt =
  (url: string): ((targetMs: number) => Promise<void>) =>
  async (targetMs) => {
    const response = await fetch(`${url}/sim/stripe/clock`, {
      method: 'POST',
      body: JSON.stringify({ to: new Date(targetMs).toISOString() }),
    })
    if (!response.ok) throw new Error(`The simulated Stripe at ${url} did not move its clock: ${await response.text()}`)
  }

/** Until each running proxy has reported its last number after the clock was moved: what it began before is then known. */
const waitForHeartbeats = async ({ pool, timeoutMs = TIMEOUT_MS }: MoveClockOptions, since: Date): Promise<void> => {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const { rows } = await pool.query<{ waiting: number }>(
      `SELECT count(*)::int AS waiting FROM proxy_boot WHERE ended_at IS NULL AND last_seen_at > now() - interval '15 seconds' AND last_seen_at <= $1`,
      [since],
    )
    if ((rows[0]?.waiting ?? 0) === 0 || performance.now() > deadline) return
    await sleep(POLL_MS)
  }
}

/** `3d`, `12h` or `90m` from now by the installation's clock. @throws Error for anything else */
export const moveClockBy = async (options: MoveClockOptions, span: string): Promise<void> => {
  const match = /^(\d{1,4})([dhm])$/.exec(span)
  if (match === null) throw new Error(`"${span}" is no span like 3d, 12h or 90m. The clock only moves forward.`)
  const unitMs = { d: DAY_MS, h: HOUR_MS, m: MINUTE_MS }[match[2] ?? 'd'] ?? DAY_MS
  await moveClockTo(options, Date.now() + (await readClockOffset(options.pool)) + Number(match[1]) * unitMs)
}
