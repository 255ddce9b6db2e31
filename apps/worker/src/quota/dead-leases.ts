import { nanoUsd } from '@atpar/core/money'
import { freeLeases, listSuspendedLeases, type SpentLease, type SuspendedLease } from '@atpar/redis/lease-records'
import type { Deps } from '../deps.ts'

/** Leases of a boot whose journal is in Postgres to the last line, or that was written off: nothing more will be told of them. */
const findConcluded = async (
  { pool, wallMs, abandonBootMs }: Deps,
  leases: readonly SuspendedLease[],
): Promise<readonly SuspendedLease[]> => {
  const { rows } = await pool.query<{ boot_id: string }>(
    'SELECT boot_id FROM proxy_boot WHERE boot_id = ANY ($1::uuid[]) AND ended_at IS NOT NULL AND shipped_position = $2',
    [leases.map((lease) => lease.bootId), Number.MAX_SAFE_INTEGER],
  )
  const concluded = new Set(rows.map((row) => row.boot_id))
  return leases.filter((lease) => concluded.has(lease.bootId) || wallMs() - lease.sinceMs > abandonBootMs)
}

/** What was spent on each, rounded up request by request as the proxy rounds it. */
const readSpent = async ({ pool }: Deps, leases: readonly SuspendedLease[]): Promise<readonly SpentLease[]> => {
  const { rows } = await pool.query<{ place: number; amount: string; tokens: string }>(
    `SELECT lease.place::int AS place, coalesce(sum((e.billed_pusd + 999) / 1000), 0)::text AS amount, coalesce(sum(count_tokens(e.units)), 0)::text AS tokens
    FROM unnest($1::uuid[], $2::int[]) WITH ORDINALITY AS lease (boot_id, number, place)
    LEFT JOIN usage_event e ON e.proxy_boot_id = lease.boot_id AND e.lease_number = lease.number AND e.kind = 'settle'
    GROUP BY lease.place`,
    [leases.map((lease) => lease.bootId), leases.map((lease) => lease.number)],
  )
  return rows.flatMap(({ place, amount, tokens }) => {
    const lease = leases[place - 1]
    return lease === undefined
      ? []
      : [{ leaseId: lease.leaseId, amount: nanoUsd(BigInt(amount)), tokens: Number(tokens) }]
  })
}

/** Gives back what the leases of dead proxies held, but for exactly what was spent on them. @returns how many were freed */
export const freeDeadLeases = async (deps: Deps, orgId: string): Promise<number> => {
  const suspended = await listSuspendedLeases(deps.redis, orgId)
  if (suspended.length === 0) return 0
  const concluded = await findConcluded(deps, suspended)
  if (concluded.length === 0) return 0
  await freeLeases(deps.redis, orgId, await readSpent(deps, concluded))
  deps.log.info('leases-freed', { orgId, suspended: suspended.length, freed: concluded.length })
  return concluded.length
}
