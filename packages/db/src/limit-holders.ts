import { isUuid } from '@atpar/core/ids'
import type { LimitScope } from '@atpar/core/quota'
import type { Tx } from './client.ts'
import type { OrgId } from './tenant.ts'

/** The level a limit stands at. */
export interface Level {
  readonly scope: LimitScope
  /** The key, member or team; the organization's own id for `organization`. */
  readonly scopeId: string
}

/** A key, member, team or organization, as far as limits need to know it. */
export interface LimitHolder extends Level {
  /** As people call it. */
  readonly name: string
  /** Of a key: whose it is, the member or the team; many call theirs alike. Null for all else. */
  readonly ownerName: string | null
  /** Every team it reaches into: of a key the one it counts against, of a member all of theirs. */
  readonly teamIds: readonly string[]
  /** Of a key and of a member. */
  readonly memberId: string | null
  /** False for a revoked key. */
  readonly isActive: boolean
}

interface HolderRecord {
  readonly scope: LimitScope
  readonly scope_id: string
  readonly name: string
  readonly owner_name: string | null
  readonly team_ids: readonly string[]
  readonly member_id: string | null
  readonly is_active: boolean
}

/** Everything in the organization that can have limits, or the one that is asked for: [] when it is not there. Members who left and archived teams are not. */
export const listLimitHolders = async (tx: Tx, orgId: OrgId, wanted?: Level): Promise<readonly LimitHolder[]> => {
  if (wanted !== undefined && !isUuid(wanted.scopeId)) return []
  const rows = await tx.$queryRaw<HolderRecord[]>`
    WITH place AS (
      SELECT tm.member_id, array_agg(tm.team_id::text ORDER BY tm.created_at, tm.team_id) AS team_ids
      FROM team_membership tm JOIN team t ON t.org_id = tm.org_id AND t.id = tm.team_id AND t.archived_at IS NULL
      WHERE tm.org_id = ${orgId}::uuid GROUP BY tm.member_id
    ), holder AS (
      SELECT 'organization' AS scope, o.id AS scope_id, o.name, NULL::text AS owner_name, '{}'::text[] AS team_ids, NULL::uuid AS member_id, true AS is_active
        FROM organization o WHERE o.id = ${orgId}::uuid
      UNION ALL SELECT 'team', t.id, t.name, NULL, ARRAY[t.id::text], NULL, true FROM team t WHERE t.org_id = ${orgId}::uuid AND t.archived_at IS NULL
      UNION ALL SELECT 'member', m.id, u.name, NULL, coalesce(p.team_ids, '{}'), m.id, true
        FROM membership m JOIN app_user u ON u.id = m.user_id LEFT JOIN place p ON p.member_id = m.id
        WHERE m.org_id = ${orgId}::uuid AND m.status = 'active'
      UNION ALL SELECT 'key', k.id, k.name, CASE WHEN k.member_id IS NULL THEN owning.name ELSE holder.name END, CASE WHEN k.team_id IS NOT NULL THEN ARRAY[k.team_id::text] ELSE coalesce(p.team_ids[1:1], '{}') END, k.member_id, k.status = 'active'
        FROM api_key k LEFT JOIN place p ON p.member_id = k.member_id
          LEFT JOIN membership hm ON hm.org_id = k.org_id AND hm.id = k.member_id LEFT JOIN app_user holder ON holder.id = hm.user_id
          LEFT JOIN team owning ON owning.org_id = k.org_id AND owning.id = k.team_id WHERE k.org_id = ${orgId}::uuid
    )
    SELECT scope, scope_id::text, name, owner_name, team_ids, member_id::text, is_active FROM holder
    WHERE (${wanted?.scope ?? null}::text IS NULL OR scope = ${wanted?.scope ?? null}) AND (${wanted?.scopeId ?? null}::uuid IS NULL OR scope_id = ${wanted?.scopeId ?? null}::uuid)
    ORDER BY name, scope_id`
  return rows.map((row) => ({
    scope: row.scope,
    scopeId: row.scope_id,
    name: row.name,
    ownerName: row.owner_name,
    teamIds: row.team_ids,
    memberId: row.member_id,
    isActive: row.is_active,
  }))
}
