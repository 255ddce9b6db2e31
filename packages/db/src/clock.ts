import type { Db, Tx } from './client.ts'

/**
 * Milliseconds added to the clock of the whole installation in test mode, 0 otherwise. Decides which month is open and which one "this month"
 * is; never used for sessions.
 */
export const readClockOffsetMs = async (db: Db | Tx): Promise<number> => {
  const rows = await db.$queryRaw<{ offset: string }[]>`
    SELECT value #>> '{}' AS offset FROM platform_setting WHERE key = 'clock_offset_ms'`
  const offset = Number(rows[0]?.offset ?? '0')
  return Number.isSafeInteger(offset) ? offset : 0
}
