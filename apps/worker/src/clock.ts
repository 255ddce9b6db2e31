import type { Reader } from './billing/transaction.ts'

export const CLOCK_OFFSET_SETTING = 'clock_offset_ms'

/** Milliseconds by which test mode moved the installation's clock; 0 in production. */
export const readClockOffset = async (reader: Reader): Promise<number> => {
  const { rows } = await reader.query<{ offset_ms: string }>(
    `SELECT value #>> '{}' AS offset_ms FROM platform_setting WHERE key = $1`,
    [CLOCK_OFFSET_SETTING],
  )
  const offset = Number(rows[0]?.offset_ms ?? 0)
  if (!Number.isFinite(offset))
    throw new Error(
      `The platform setting ${CLOCK_OFFSET_SETTING} is "${rows[0]?.offset_ms}", not a number of milliseconds.`,
    )
  return offset
}
