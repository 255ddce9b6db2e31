import type { Reader } from '../billing/transaction.ts'
import type { BudgetFacts } from './find-crossings.ts'

export interface Recipient {
  readonly userId: string
  readonly email: string
}

export interface Concerned {
  readonly orgSlug: string
  readonly holderName: string
  readonly recipients: readonly Recipient[]
}

const HOLDER = `
  SELECT o.slug, coalesce(
    (SELECT k.name FROM api_key k WHERE k.org_id = o.id AND k.id = $2),
    (SELECT t.name FROM team t WHERE t.org_id = o.id AND t.id = $2),
    (SELECT u.name FROM membership m JOIN app_user u ON u.id = m.user_id WHERE m.org_id = o.id AND m.id = $2),
    o.name) AS name
  FROM organization o WHERE o.id = $1`

/**
 * A key's holder and a member hear of their own; the admins of their team of theirs; the organization's admins of teams and of all; who pays of
 * what concerns all. A key that names no team counts against the one its member joined first.
 */
const RECIPIENTS = `
  WITH place AS (
    SELECT k.member_id, coalesce(k.team_id, (SELECT p.team_id FROM team_membership p WHERE p.org_id = k.org_id AND p.member_id = k.member_id ORDER BY p.created_at, p.team_id LIMIT 1)) AS team_id
      FROM api_key k WHERE $3 = 'key' AND k.org_id = $1 AND k.id = $2
    UNION ALL SELECT p.member_id, p.team_id FROM team_membership p WHERE $3 = 'member' AND p.org_id = $1 AND p.member_id = $2
    UNION ALL SELECT $2::uuid, NULL WHERE $3 = 'member'
    UNION ALL SELECT NULL, $2::uuid WHERE $3 = 'team'
  )
  SELECT u.id AS user_id, u.email FROM membership m JOIN app_user u ON u.id = m.user_id
  WHERE m.org_id = $1 AND m.status = 'active' AND u.deleted_at IS NULL AND (
    m.id IN (SELECT member_id FROM place)
    OR EXISTS (SELECT 1 FROM place JOIN team_membership lead ON lead.org_id = $1 AND lead.team_id = place.team_id AND lead.role = 'team_admin' AND lead.member_id = m.id)
    OR ($3 IN ('team', 'organization') AND m.role IN ('owner', 'admin'))
    OR ($3 = 'organization' AND m.role = 'billing'))
  ORDER BY u.email`

/** A service key of a team that nobody administers would be nobody's. */
const ADMINS = `
  SELECT u.id AS user_id, u.email FROM membership m JOIN app_user u ON u.id = m.user_id
  WHERE m.org_id = $1 AND m.status = 'active' AND u.deleted_at IS NULL AND m.role IN ('owner', 'admin') ORDER BY u.email`

interface PersonRecord {
  readonly user_id: string
  readonly email: string
}

/** Whom it concerns that this budget is nearly used up, and how they call what it is for. */
export const findConcerned = async (
  reader: Reader,
  { orgId, scope, scopeId }: Pick<BudgetFacts, 'orgId' | 'scope' | 'scopeId'>,
): Promise<Concerned> => {
  const holder = await reader.query<{ slug: string; name: string }>(HOLDER, [orgId, scopeId])
  const { rows: nearest } = await reader.query<PersonRecord>(RECIPIENTS, [orgId, scopeId, scope])
  const people = nearest.length > 0 ? nearest : (await reader.query<PersonRecord>(ADMINS, [orgId])).rows
  return {
    orgSlug: holder.rows[0]?.slug ?? '',
    holderName: holder.rows[0]?.name ?? '',
    recipients: people.map((row) => ({ userId: row.user_id, email: row.email })),
  }
}
