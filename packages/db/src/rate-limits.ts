import { isUuid } from '@atpar/core/ids'
import type { LimitFilter, LimitScope, RateLimit } from '@atpar/core/quota'
import type { Tx } from './client.ts'
import { newId } from './new-id.ts'
import type { OrgId } from './tenant.ts'

/** Null = no such limit. */
export type NewRateLimit = Omit<RateLimit, 'id' | 'version' | keyof LimitFilter> & Partial<LimitFilter>

interface RateLimitRow {
  readonly id: string
  readonly scope: string
  readonly scopeId: string
  readonly requestsPerMinute: number | null
  readonly tokensPerMinute: bigint | null
  readonly concurrency: number | null
  readonly modelId: string | null
  readonly tag: string | null
  readonly version: number
}

const toRateLimit = (row: RateLimitRow): RateLimit => ({
  id: row.id,
  // Held to these words by the table's check.
  scope: row.scope as LimitScope,
  scopeId: row.scopeId,
  requestsPerMinute: row.requestsPerMinute,
  tokensPerMinute: row.tokensPerMinute === null ? null : Number(row.tokensPerMinute),
  concurrency: row.concurrency,
  modelId: row.modelId,
  tag: row.tag,
  version: row.version,
})

/** Sets the limits of a scope, or changes them: the id stays, the version grows. The caller has checked that the scope exists in this organization. */
export const setRateLimit = async (tx: Tx, orgId: OrgId, limit: NewRateLimit): Promise<RateLimit> => {
  const identity = {
    orgId,
    scope: limit.scope,
    scopeId: limit.scopeId,
    modelId: limit.modelId ?? null,
    tag: limit.tag ?? null,
  }
  const existing = await tx.rateLimit.findFirst({ where: { ...identity, archivedAt: null }, select: { id: true } })
  const values = {
    requestsPerMinute: limit.requestsPerMinute,
    tokensPerMinute: limit.tokensPerMinute === null ? null : BigInt(limit.tokensPerMinute),
    concurrency: limit.concurrency,
  }
  const row =
    existing === null
      ? await tx.rateLimit.create({
          data: { id: newId(), ...identity, ...values },
        })
      : await tx.rateLimit.update({ where: { id: existing.id }, data: { ...values, version: { increment: 1 } } })
  return toRateLimit(row)
}

/** Null for another organization's as for none, and for one that was removed. */
export const findRateLimit = async (tx: Tx, orgId: OrgId, limitId: string): Promise<RateLimit | null> => {
  if (!isUuid(limitId)) return null
  const row = await tx.rateLimit.findFirst({ where: { id: limitId, orgId, archivedAt: null } })
  return row === null ? null : toRateLimit(row)
}

/** @returns false when there is no such limit here. */
export const removeRateLimit = async (tx: Tx, orgId: OrgId, limitId: string): Promise<boolean> => {
  if (!isUuid(limitId)) return false
  const { count } = await tx.rateLimit.updateMany({
    where: { id: limitId, orgId, archivedAt: null },
    data: { archivedAt: new Date(), version: { increment: 1 } },
  })
  return count > 0
}

export const listRateLimits = async (tx: Tx, orgId: OrgId): Promise<readonly RateLimit[]> => {
  const rows = await tx.rateLimit.findMany({ where: { orgId, archivedAt: null }, orderBy: { id: 'asc' } })
  return rows.map(toRateLimit)
}
