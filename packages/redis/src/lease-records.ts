import type { Redis } from './client.ts'
import { parseLeaseId } from './lease-message.ts'
import type { HoldSize } from './quota-contract.ts'
import { readServerStamp, runQuotaOperations } from './quota-script.ts'

/** For the worker: leases whose proxies fell silent. They narrow the room until it is known what was spent on them. */
export interface SuspendedLease {
  readonly leaseId: string
  readonly bootId: string
  /** What its requests' events carry. */
  readonly number: number
  readonly sinceMs: number
}

/** Of one lease in all, by the events of the boot that held it: nano-USD rounded up request by request, and tokens. */
export interface SpentLease extends HoldSize {
  readonly leaseId: string
}

const BATCH = 500

/** Moves leases that were not renewed in time to suspense, and returns all that is there: at most 500. */
export const listSuspendedLeases = async (redis: Redis, orgId: string): Promise<readonly SuspendedLease[]> => {
  const stamp = await readServerStamp(redis)
  const reply = await runQuotaOperations(redis, orgId, { stamp, operations: ['p', String(BATCH)] })
  // REBUILD: nothing here can be trusted until a proxy has rebuilt it.
  if (typeof reply === 'string') return []
  return (reply[0] as readonly (readonly string[])[]).flatMap(([leaseId = '', bootId = '', , , since = '0']) => {
    const name = parseLeaseId(leaseId)
    return name === null ? [] : [{ leaseId, bootId, number: name.number, sinceMs: Number(since) }]
  })
}

/**
 * Ends leases of dead boots: what was spent on each and not yet told becomes used, the rest of what it held is free. Only once the boot's
 * journal is in Postgres whole. Repeating it changes nothing.
 */
export const freeLeases = async (redis: Redis, orgId: string, leases: readonly SpentLease[]): Promise<void> => {
  if (leases.length === 0) return
  const stamp = await readServerStamp(redis)
  const fields = leases.flatMap((lease) => [lease.leaseId, lease.amount.toString(), String(Math.ceil(lease.tokens))])
  await runQuotaOperations(redis, orgId, { stamp, operations: ['f', String(leases.length), ...fields] })
}
