import { pusd, type Pusd } from '@atpar/core/money'
import type { UsageBucket } from '@atpar/core/usage'
import type { Tx } from './client.ts'
import { Prisma } from './generated/client.ts'
import type { OrgId } from './tenant.ts'

/** Sums over roll-ups: the same figures the invoice is made of. */
export interface UsageFigures {
  readonly requests: number
  readonly failures: number
  /** Attempts that may have cost money, corrections included. */
  readonly events: number
  readonly units: Readonly<Partial<Record<UsageBucket, bigint>>>
  readonly costPusd: Pusd
  readonly billedPusd: Pusd
  readonly absorbedPusd: Pusd
}

export type UsageDimension = 'hour' | 'day' | 'model' | 'provider' | 'team' | 'member' | 'key'

export interface UsageQuestion {
  /** Whole UTC hours, half-open. */
  readonly fromHour: Date
  readonly toHour: Date
  readonly groupBy: UsageDimension
  /** Only this member's use; everyone's when absent. */
  readonly memberId?: string
  /** Only what counted against this team. */
  readonly teamId?: string
}

export interface UsageGroup extends UsageFigures {
  /** ISO instant for hours and days, else the id; null where there is none (a service key has no member). */
  readonly group: string | null
  /** Name of the team, member or key; null when the group is its own name. */
  readonly name: string | null
}

export interface FigureRecord {
  readonly requests: string
  readonly failures: string
  readonly events: string
  readonly units: Record<string, string>
  readonly other_units: Record<string, number | string>
  readonly cost: string
  readonly billed: string
  readonly absorbed: string
}

export const SUMS = Prisma.sql`
  coalesce(sum(r.requests), 0)::text AS requests, coalesce(sum(r.failures), 0)::text AS failures, coalesce(sum(r.events), 0)::text AS events,
  jsonb_build_object('input_uncached', coalesce(sum(r.input_uncached), 0)::text, 'cache_read', coalesce(sum(r.cache_read), 0)::text,
    'cache_write_5m', coalesce(sum(r.cache_write_5m), 0)::text, 'cache_write_1h', coalesce(sum(r.cache_write_1h), 0)::text,
    'output_text', coalesce(sum(r.output_text), 0)::text, 'output_reasoning', coalesce(sum(r.output_reasoning), 0)::text) AS units,
  coalesce(sum_units(r.other_units) FILTER (WHERE r.other_units <> '{}'), '{}') AS other_units,
  coalesce(sum(r.cost_pusd), 0)::text AS cost, coalesce(sum(r.billed_pusd), 0)::text AS billed, coalesce(sum(r.absorbed_pusd), 0)::text AS absorbed`

export const toFigures = (record: FigureRecord): UsageFigures => ({
  requests: Number(record.requests),
  failures: Number(record.failures),
  events: Number(record.events),
  units: Object.fromEntries(
    Object.entries({ ...record.units, ...record.other_units })
      .map(([bucket, count]): [string, bigint] => [bucket, BigInt(count)])
      .filter(([, count]) => count !== 0n),
  ),
  costPusd: pusd(BigInt(record.cost)),
  billedPusd: pusd(BigInt(record.billed)),
  absorbedPusd: pusd(BigInt(record.absorbed)),
})

const ISO = `'YYYY-MM-DD"T"HH24:MI:SS"Z"'`

/** Group, name and the join that knows the name. */
export const DIMENSIONS: Readonly<
  Record<UsageDimension, { readonly group: Prisma.Sql; readonly name: Prisma.Sql; readonly join: Prisma.Sql }>
> = {
  hour: { group: Prisma.raw(`to_char(r.hour AT TIME ZONE 'UTC', ${ISO})`), name: Prisma.sql`NULL`, join: Prisma.empty },
  day: {
    group: Prisma.raw(`to_char(date_trunc('day', r.hour AT TIME ZONE 'UTC'), ${ISO})`),
    name: Prisma.sql`NULL`,
    join: Prisma.empty,
  },
  model: { group: Prisma.sql`r.model_id`, name: Prisma.sql`NULL`, join: Prisma.empty },
  provider: { group: Prisma.sql`r.provider`, name: Prisma.sql`NULL`, join: Prisma.empty },
  team: {
    group: Prisma.sql`r.team_id::text`,
    name: Prisma.sql`max(t.name)`,
    join: Prisma.sql`LEFT JOIN team t ON t.org_id = r.org_id AND t.id = r.team_id`,
  },
  member: {
    group: Prisma.sql`r.member_id::text`,
    name: Prisma.sql`max(u.name)`,
    join: Prisma.sql`LEFT JOIN membership m ON m.org_id = r.org_id AND m.id = r.member_id LEFT JOIN app_user u ON u.id = m.user_id`,
  },
  key: {
    group: Prisma.sql`r.key_id::text`,
    name: Prisma.sql`max(k.name)`,
    join: Prisma.sql`LEFT JOIN api_key k ON k.org_id = r.org_id AND k.id = r.key_id`,
  },
}

const isTime = (dimension: UsageDimension): boolean => dimension === 'hour' || dimension === 'day'

/** Whose use of the roll-ups `r`, as a condition. */
export const ofWhom = (whose: Pick<UsageQuestion, 'memberId' | 'teamId'>): Prisma.Sql => {
  const member = whose.memberId === undefined ? Prisma.empty : Prisma.sql`AND r.member_id = ${whose.memberId}::uuid`
  const team = whose.teamId === undefined ? Prisma.empty : Prisma.sql`AND r.team_id = ${whose.teamId}::uuid`
  return Prisma.sql`${member} ${team}`
}

/** Times in their order, everything else by money, the dearest first. Steps without usage are absent. */
export const readUsageSummary = async (
  tx: Tx,
  orgId: OrgId,
  question: UsageQuestion,
): Promise<readonly UsageGroup[]> => {
  const { group, name, join } = DIMENSIONS[question.groupBy]
  const order = isTime(question.groupBy) ? Prisma.sql`1` : Prisma.sql`sum(r.billed_pusd) DESC, sum(r.requests) DESC, 1`
  const rows = await tx.$queryRaw<(FigureRecord & { group: string | null; name: string | null })[]>`
    SELECT ${group} AS "group", ${name} AS name, ${SUMS}
    FROM usage_rollup_hourly r ${join}
    WHERE r.org_id = ${orgId}::uuid AND r.hour >= ${question.fromHour} AND r.hour < ${question.toHour} ${ofWhom(question)}
    GROUP BY 1 ORDER BY ${order}`
  return rows.map((row) => ({ ...toFigures(row), group: row.group, name: row.name }))
}

/** Everything whose invoice is the one of `period` (first day of the month): late usage of earlier months included. */
export const readPeriodTotals = async (tx: Tx, orgId: OrgId, period: string): Promise<UsageFigures> => {
  const rows = await tx.$queryRaw<FigureRecord[]>`
    SELECT ${SUMS} FROM usage_rollup_hourly r WHERE r.org_id = ${orgId}::uuid AND r.invoice_period = ${period}::date`
  const [row] = rows
  if (row === undefined) throw new Error('A sum without groups returned no row.')
  return toFigures(row)
}
