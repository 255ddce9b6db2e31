import { isRetentionDays, type RetentionDays } from '@atpar/core/retention'
import type { Tx } from './client.ts'
import type { OrgId } from './tenant.ts'

/** How long content is kept of the requests of an organization or of one of its teams. */
export interface ContentPolicy {
  /** The organization's own id or a team's. */
  readonly holderId: string
  readonly days: RetentionDays
  readonly updatedAt: Date
}

const toPolicy = (row: {
  readonly holderId: string
  readonly days: number
  readonly updatedAt: Date
}): ContentPolicy => {
  // Held to these numbers by the table's check.
  if (!isRetentionDays(row.days)) throw new RangeError(`a content policy of ${row.days} days`)
  return { holderId: row.holderId, days: row.days, updatedAt: row.updatedAt }
}

/** Those that were set; where there is none the organization's counts, and without that nothing is kept. */
export const listContentPolicies = async (tx: Tx, orgId: OrgId): Promise<readonly ContentPolicy[]> =>
  (await tx.contentPolicy.findMany({ where: { orgId }, orderBy: { holderId: 'asc' } })).map(toPolicy)

/**
 * Sets the policy of an organization or a team; `days` null takes the team's away, so that the organization's counts. The caller has checked that
 * the holder is one of this organization. What is kept longer than the policy now says can be read by nobody from here on: `forgetContent` deletes it.
 */
export const setContentPolicy = async (
  tx: Tx,
  orgId: OrgId,
  { holderId, days }: { readonly holderId: string; readonly days: RetentionDays | null },
): Promise<void> => {
  // Shared by whoever writes content: nothing is written by the old policy once this transaction has ended.
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('content-policy:' || ${orgId}, 0))`
  if (days === null) {
    await tx.contentPolicy.deleteMany({ where: { orgId, holderId } })
    return
  }
  await tx.contentPolicy.upsert({
    where: { orgId_holderId: { orgId, holderId } },
    create: { orgId, holderId, days },
    update: { days, updatedAt: new Date() },
  })
}

/** What one call deletes at most; the rest is the worker's, minutes later. */
const MOST_AT_ONCE = 10_000

/** Deletes what the policies of this organization no longer allow. @returns how many requests' content that was, at most 10,000. */
export const forgetContent = async (tx: Tx, orgId: OrgId): Promise<number> => tx.$executeRaw`
  DELETE FROM kept_content WHERE org_id = ${orgId}::uuid AND request_id IN (
    SELECT k.request_id FROM kept_content k JOIN (
      SELECT DISTINCT holder_id, content_days(${orgId}::uuid, holder_id) AS days FROM kept_content WHERE org_id = ${orgId}::uuid
    ) AS allowed ON allowed.holder_id = k.holder_id
    WHERE k.org_id = ${orgId}::uuid AND (k.expires_at <= now() OR k.created_at <= now() - make_interval(days => allowed.days))
    LIMIT ${MOST_AT_ONCE})`

/** Requests of which something is kept, a page in the order of their ids. */
export const listKeptRequests = async (
  tx: Tx,
  orgId: OrgId,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): Promise<readonly string[]> => {
  const rows = await tx.keptContent.findMany({
    where: { orgId, ...(after === null ? {} : { requestId: { gt: after } }) },
    select: { requestId: true },
    orderBy: { requestId: 'asc' },
    take: limit,
  })
  return rows.map(({ requestId }) => requestId)
}

export interface ContentState {
  /** Null: nothing is kept of this request, or nothing any more. */
  readonly keptUntilMs: number | null
  /** What counts for its team, or for the organization, now. */
  readonly days: number
}

/** Whether there is something to read of a request. `holderId`: its team, or the organization. */
export const readContentState = async (
  tx: Tx,
  orgId: OrgId,
  { requestId, holderId }: { readonly requestId: string; readonly holderId: string },
): Promise<ContentState> => {
  const rows = await tx.$queryRaw<{ kept_until: Date | null; days: number }[]>`
    SELECT content_days(${orgId}::uuid, ${holderId}::uuid) AS days,
      (SELECT least(k.expires_at, k.created_at + make_interval(days => content_days(k.org_id, k.holder_id))) FROM kept_content k
       WHERE k.org_id = ${orgId}::uuid AND k.request_id = ${requestId}::uuid) AS kept_until`
  const row = rows[0]
  const keptUntilMs = row?.kept_until?.getTime() ?? null
  return {
    keptUntilMs: keptUntilMs === null || keptUntilMs <= Date.now() ? null : keptUntilMs,
    days: row?.days ?? 0,
  }
}
