import pg from 'pg'
import type { Pool } from 'pg'

export type { Pool } from 'pg'

export interface PoolOptions {
  readonly url: string
  readonly max: number
  /** Shown in pg_stat_activity. */
  readonly applicationName: string
  /** How long to wait for a connection before giving up. */
  readonly connectTimeoutMs?: number
  /** How long one statement may run; 0 = as long as it takes. */
  readonly statementTimeoutMs?: number
  /** An idle connection that broke. The pool replaces it by itself; without a listener the process would end. */
  readonly onIdleError?: (error: Error) => void
}

/** For prepared statements and batches: the proxy, the shipper, the worker. */
export const createPool = (options: PoolOptions): Pool => {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max,
    application_name: options.applicationName,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5000,
    statement_timeout: options.statementTimeoutMs ?? 0,
    keepAlive: true,
  })
  pool.on('error', (error) => options.onIdleError?.(error))
  // A connection can also break between two statements of a transaction. Its next statement fails and says so; the event itself must not end the process.
  pool.on('connect', (client) => {
    client.on('error', () => {})
  })
  return pool
}
