import type { Pool } from '@atpar/db/pool'

/** Where a read may run: outside or inside a transaction. */
export type Reader = Pick<Pool, 'query'>
/** One connection inside a transaction. */
export type Connection = Reader

/** Commits what `work` did, or nothing of it. A connection that cannot even roll back is thrown away. */
export const inTransaction = async <T>(pool: Pool, work: (connection: Connection) => Promise<T>): Promise<T> => {
  const connection = await pool.connect()
  let broken: Error | undefined
  try {
    await connection.query('BEGIN')
    const result = await work(connection)
    await connection.query('COMMIT')
    return result
  } catch (error) {
    await connection.query('ROLLBACK').catch((failure: unknown) => {
      broken = failure instanceof Error ? failure : new Error(String(failure))
    })
    throw error
  } finally {
    connection.release(broken)
  }
}

/** Postings of one organization happen one after another, so that two runs cannot post the same difference. Held until the transaction ends. */
export const lockLedger = async (connection: Connection, orgId: string): Promise<void> => {
  await connection.query(`SELECT pg_advisory_xact_lock(hashtextextended('ledger:' || $1, 0))`, [orgId])
}
