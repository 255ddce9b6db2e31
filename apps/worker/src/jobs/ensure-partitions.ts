import { DAY_MS } from '@atpar/core/durations'
import { readClockOffset } from '../clock.ts'
import type { Deps } from '../deps.ts'

const MONTHS_AHEAD = 3
const MOST_MONTHS_AHEAD = 24
const MONTH_MS = 28 * DAY_MS

/** Makes the month partitions of the usage events in time, counted from the installation's clock. Running it again makes none. */
export const ensurePartitions = async ({ pool, log }: Deps): Promise<void> => {
  const offsetMonths = Math.max(0, Math.ceil((await readClockOffset(pool)) / MONTH_MS))
  const monthsAhead = Math.min(MOST_MONTHS_AHEAD, MONTHS_AHEAD + offsetMonths)
  const { rows } = await pool.query<{ missing: number; stray_bytes: string }>(
    `SELECT ensure_usage_partitions(1, $1) AS missing, pg_relation_size('usage_event_default')::text AS stray_bytes`,
    [monthsAhead],
  )
  const [result] = rows
  if ((result?.missing ?? 0) > 0) log.info('partitions-made', { count: result?.missing, monthsAhead })
  // An event outside every month: a clock far off, or this job did not run for months. Rows stay correct there, only slower to read.
  if (result !== undefined && result.stray_bytes !== '0')
    log.error('default-partition-used', { bytes: result.stray_bytes })
}
