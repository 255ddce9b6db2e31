import type { Reader } from '../billing/transaction.ts'
import type { Recipient } from './find-recipients.ts'

/** Who is told of money: owners and billing members. */
export const findPayers = async (
  reader: Reader,
  orgId: string,
): Promise<{ readonly orgSlug: string; readonly orgName: string; readonly payers: readonly Recipient[] }> => {
  const { rows } = await reader.query<{ slug: string; name: string; user_id: string; email: string }>(
    `SELECT o.slug, o.name, u.id AS user_id, u.email FROM membership m JOIN app_user u ON u.id = m.user_id JOIN organization o ON o.id = m.org_id
    WHERE m.org_id = $1 AND m.status = 'active' AND m.role IN ('owner', 'billing') AND u.deleted_at IS NULL ORDER BY u.email`,
    [orgId],
  )
  return {
    orgSlug: rows[0]?.slug ?? '',
    orgName: rows[0]?.name ?? '',
    payers: rows.map((row) => ({ userId: row.user_id, email: row.email })),
  }
}
