import type { Pool } from './pool.ts'

/** How far the boot's journal is in Postgres; null when nobody has heard of it. */
export const readShippedPosition = async (pool: Pool, bootId: string): Promise<number | null> => {
  const { rows } = await pool.query<{ shipped_position: string }>({
    name: 'read-shipped-position',
    text: 'SELECT shipped_position::text FROM proxy_boot WHERE boot_id = $1',
    values: [bootId],
  })
  return rows[0] === undefined ? null : Number(rows[0].shipped_position)
}

/** Runs alone for this organization, across processes; `busy` when another one is at it. */
export const withOrganizationLock = async (
  pool: Pool,
  orgId: string,
  run: () => Promise<void>,
): Promise<'ran' | 'busy'> => {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    const { rows } = await client.query<{ taken: boolean }>(
      `SELECT pg_try_advisory_lock(hashtextextended('quota-rebuild:' || $1, 0)) AS taken`,
      [orgId],
    )
    if (rows[0]?.taken !== true) return 'busy'
    try {
      await run()
      return 'ran'
    } finally {
      await client
        .query(`SELECT pg_advisory_unlock(hashtextextended('quota-rebuild:' || $1, 0))`, [orgId])
        .catch((error: unknown) => {
          // The lock dies with its connection, which therefore must not go back to the pool.
          broken = error instanceof Error ? error : new Error(String(error))
        })
    }
  } finally {
    client.release(broken)
  }
}
