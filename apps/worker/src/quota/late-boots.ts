import type { Pool } from '@atpar/db/pool'

/** Longer than a lease or a hold outlives its proxy: afterwards their own deadlines end them. */
const LATELY_MINUTES = 20

/** Boots that ended lately and whose journals are in Postgres to the last line, or were written off: nothing more will come of them. */
export const listLateBoots = async (pool: Pool): Promise<readonly string[]> => {
  const { rows } = await pool.query<{ boot_id: string }>(
    'SELECT boot_id FROM proxy_boot WHERE ended_at > now() - make_interval(mins => $2) AND shipped_position = $1',
    [Number.MAX_SAFE_INTEGER, LATELY_MINUTES],
  )
  return rows.map((row) => row.boot_id)
}

/** Whom these boots served in their last half hour, and so may still hold something for. */
export const listServedOrganizations = async (pool: Pool, bootIds: readonly string[]): Promise<readonly string[]> => {
  const { rows } = await pool.query<{ org_id: string }>(
    // From the primary key's end: nothing else of these facts is indexed, and there may be many millions.
    `SELECT DISTINCT e.org_id FROM proxy_boot b
    JOIN usage_event e ON e.request_id >= uuid_v7_floor(b.last_seen_at - interval '30 minutes') AND e.proxy_boot_id = b.boot_id
    WHERE b.boot_id = ANY ($1::uuid[])`,
    [bootIds],
  )
  return rows.map((row) => row.org_id)
}
