import type { Tx } from '@atpar/db/client'
import { readClockOffsetMs } from '@atpar/db/clock'
import { withTenant, type Tenant } from '@atpar/db/tenant'
import { readDeps } from './deps.ts'

export interface TenantRead {
  readonly tx: Tx
  /** Now by the installation's clock, which test mode may move: decides which month is open. */
  readonly atMs: number
}

/** One transaction for one page. Queries inside run one after another: they share a connection. */
export const readTenant = <T>(tenant: Tenant, work: (read: TenantRead) => Promise<T>): Promise<T> => {
  const { db, nowMs } = readDeps()
  return withTenant(db, tenant, async (tx) => work({ tx, atMs: nowMs() + (await readClockOffsetMs(tx)) }))
}
