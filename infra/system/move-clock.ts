import type { Pool } from 'pg'

/** Sets the installation's clock of test mode; proxies read it again within two seconds. Only ever forward. */
export const moveClockTo = async (owner: Pool, targetMs: number): Promise<void> => {
  // Events of the new month need their partition before the first proxy dates one there.
  await owner.query('SELECT ensure_usage_partitions(1, 4)')
  await owner.query(
    `INSERT INTO platform_setting (key, value) VALUES ('clock_offset_ms', to_jsonb($1::bigint))
    ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, updated_at = now()`,
    [targetMs - Date.now()],
  )
}
