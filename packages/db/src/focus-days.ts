import { DAY_MS } from '@atpar/core/durations'
import { isUuid } from '@atpar/core/ids'
import { pusd } from '@atpar/core/money'
import type { UsageDay } from '@atpar/core/focus'
import type { Tx } from './client.ts'
import { Prisma } from './generated/client.ts'
import type { OrgId } from './tenant.ts'

interface FocusRecord {
  readonly invoice_month: string
  readonly month: string
  readonly team_id: string | null
  readonly team: string | null
  readonly member: string | null
  readonly key_id: string
  readonly key: string | null
  readonly model: string
  readonly provider: string
  readonly price_book: number
  readonly tokens: string
  readonly cost: string
  readonly billed: string
  readonly corrected_cost: string
  readonly corrected: string
  readonly invoice: string | null
  readonly org_name: string
}

/** What the platform was paid for on one UTC day, one row per key, model, provider and price book. `day` is `YYYY-MM-DD`. */
export const readFocusDay = async (
  tx: Tx,
  orgId: OrgId,
  question: { readonly day: string; readonly memberId?: string | undefined; readonly teamId?: string | undefined },
): Promise<readonly UsageDay[]> => {
  const { day, memberId, teamId } = question
  if ([memberId, teamId].some((id) => id !== undefined && !isUuid(id))) return []
  const from = new Date(`${day}T00:00:00Z`)
  const to = new Date(from.getTime() + DAY_MS)
  const member = memberId === undefined ? Prisma.empty : Prisma.sql`AND r.member_id = ${memberId}::uuid`
  const team = teamId === undefined ? Prisma.empty : Prisma.sql`AND r.team_id = ${teamId}::uuid`
  const rows = await tx.$queryRaw<FocusRecord[]>`
    SELECT to_char(r.invoice_period, 'YYYY-MM') AS invoice_month, to_char(r.billing_period, 'YYYY-MM') AS month, r.team_id::text, max(t.name) AS team, max(u.name) AS member,
      r.key_id::text, max(k.name) AS key, r.model_id AS model, r.provider, r.price_book_id AS price_book,
      sum(r.input_uncached + r.cache_read + r.cache_write_5m + r.cache_write_1h + r.output_text + r.output_reasoning)::text AS tokens,
      sum(r.cost_pusd)::text AS cost, sum(r.billed_pusd)::text AS billed, sum(r.corrected_cost_pusd)::text AS corrected_cost, sum(r.corrected_pusd)::text AS corrected,
      (SELECT i.number FROM period_close c JOIN invoice i ON i.org_id = c.org_id AND i.id = c.invoice_id WHERE c.org_id = r.org_id AND c.period = r.invoice_period) AS invoice,
      (SELECT o.name FROM organization o WHERE o.id = r.org_id) AS org_name
    FROM usage_rollup_hourly r LEFT JOIN team t ON t.org_id = r.org_id AND t.id = r.team_id LEFT JOIN api_key k ON k.org_id = r.org_id AND k.id = r.key_id
      LEFT JOIN membership m ON m.org_id = r.org_id AND m.id = r.member_id LEFT JOIN app_user u ON u.id = m.user_id
    WHERE r.org_id = ${orgId}::uuid AND r.hour >= ${from} AND r.hour < ${to} AND r.funding = 'platform' ${member} ${team}
    GROUP BY r.org_id, r.invoice_period, r.billing_period, r.team_id, r.member_id, r.key_id, r.model_id, r.provider, r.price_book_id
    ORDER BY r.provider, r.model_id, r.key_id, r.team_id, r.member_id, r.price_book_id, r.invoice_period`
  return rows.map((row) => ({
    day,
    organizationId: orgId,
    organizationName: row.org_name,
    invoiceMonth: row.invoice_month,
    invoiceNumber: row.invoice,
    isLate: row.invoice_month !== row.month,
    teamId: row.team_id,
    teamName: row.team,
    memberName: row.member,
    keyId: row.key_id,
    keyName: row.key,
    modelId: row.model,
    provider: row.provider,
    priceBookId: row.price_book,
    tokens: BigInt(row.tokens),
    costPusd: pusd(BigInt(row.cost) - BigInt(row.corrected_cost)),
    billedPusd: pusd(BigInt(row.billed) - BigInt(row.corrected)),
    correctedCostPusd: pusd(BigInt(row.corrected_cost)),
    correctedPusd: pusd(BigInt(row.corrected)),
  }))
}
