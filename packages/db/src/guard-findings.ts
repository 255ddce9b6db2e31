import type { TrailStep } from '@atpar/core/usage-event'
import type { Tx } from './client.ts'
import { Prisma } from './generated/client.ts'
import type { OrgId } from './tenant.ts'

/** A request in which guardrails found something. Those they refused left no event: nothing was sent, nothing is billed. */
export interface GuardedRequest {
  readonly requestId: string
  readonly startedAtMs: number
  readonly modelId: string
  readonly keyName: string | null
  /** What was found and done, as the request's route trail tells it. */
  readonly steps: readonly TrailStep[]
}

interface GuardedRecord {
  readonly request_id: string
  readonly started_at: Date
  readonly model_id: string
  readonly key_name: string | null
  readonly trail: readonly TrailStep[]
}

export interface GuardedFilter {
  readonly memberId?: string | undefined
  readonly teamId?: string | undefined
  /** How many of the newest requests are looked through. */
  readonly among: number
  readonly limit: number
}

/** Newest first, among the newest requests: how many are read is bounded, whatever share of them was guarded. */
export const listGuardedRequests = async (
  tx: Tx,
  orgId: OrgId,
  { memberId, teamId, among, limit }: GuardedFilter,
): Promise<readonly GuardedRequest[]> => {
  const whose = [
    ...(memberId === undefined ? [] : [Prisma.sql`AND e.member_id = ${memberId}::uuid`]),
    ...(teamId === undefined ? [] : [Prisma.sql`AND e.team_id = ${teamId}::uuid`]),
  ]
  const rows = await tx.$queryRaw<GuardedRecord[]>`
    WITH newest AS (
      SELECT e.request_id, e.started_at, e.model_id, e.key_id, e.trail FROM usage_event e
      WHERE e.org_id = ${orgId}::uuid AND e.kind = 'settle' AND e.is_final ${whose.length === 0 ? Prisma.empty : Prisma.join(whose, ' ')}
      ORDER BY e.request_id DESC LIMIT ${among}
    )
    SELECT n.request_id::text, n.started_at, n.model_id, k.name AS key_name, n.trail
    FROM newest n LEFT JOIN api_key k ON k.org_id = ${orgId}::uuid AND k.id = n.key_id
    WHERE n.trail @> '[{"result": "guarded"}]' ORDER BY n.request_id DESC LIMIT ${limit}`
  return rows.map((row) => ({
    requestId: row.request_id,
    startedAtMs: row.started_at.getTime(),
    modelId: row.model_id,
    keyName: row.key_name,
    steps: row.trail.filter(({ result }) => result === 'guarded'),
  }))
}
