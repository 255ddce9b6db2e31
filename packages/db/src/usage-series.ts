import { isUuid } from '@atpar/core/ids'
import type { Tx } from './client.ts'
import { Prisma } from './generated/client.ts'
import type { OrgId } from './tenant.ts'
import { DIMENSIONS, SUMS, toFigures, type FigureRecord, type UsageFigures } from './usage.ts'

export const USAGE_STEPS = ['hour', 'day', 'total'] as const
export const USAGE_SUBJECTS = ['model', 'provider', 'team', 'member', 'key'] as const

export interface UsageSeriesQuestion {
  /** Whole UTC hours, half-open. */
  readonly fromHour: Date
  readonly toHour: Date
  readonly step: (typeof USAGE_STEPS)[number]
  /** Null = everything together. */
  readonly groupBy: (typeof USAGE_SUBJECTS)[number] | null
  readonly modelId?: string | undefined
  readonly keyId?: string | undefined
  readonly memberId?: string | undefined
  readonly teamId?: string | undefined
}

/** One subject in one step. */
export interface UsagePoint extends UsageFigures {
  /** Start of the UTC hour or day; of the whole span when `step` is total. */
  readonly startMs: number
  /** The id; null when nothing is told apart, or where there is none (a service key has no member). */
  readonly group: string | null
  /** Name of the team, member or key; null when the group is its own name. */
  readonly name: string | null
}

const STEP: Readonly<Record<'hour' | 'day', Prisma.Sql>> = {
  hour: Prisma.sql`r.hour`,
  day: Prisma.sql`date_trunc('day', r.hour, 'UTC')`,
}

const TOGETHER = { group: Prisma.sql`NULL::text`, name: Prisma.sql`NULL::text`, join: Prisma.empty }

/** By time, then by group. What was not used is absent. Roll-ups only. */
export const readUsageSeries = async (
  tx: Tx,
  orgId: OrgId,
  question: UsageSeriesQuestion,
): Promise<readonly UsagePoint[]> => {
  const { step, groupBy, modelId, keyId, memberId, teamId } = question
  // An id that cannot exist matches nothing.
  if ([keyId, memberId, teamId].some((id) => id !== undefined && !isUuid(id))) return []
  const { group, name, join } = groupBy === null ? TOGETHER : DIMENSIONS[groupBy]
  const start = step === 'total' ? Prisma.sql`${question.fromHour}::timestamptz` : STEP[step]
  const filters = [
    modelId === undefined ? Prisma.empty : Prisma.sql`AND r.model_id = ${modelId}`,
    keyId === undefined ? Prisma.empty : Prisma.sql`AND r.key_id = ${keyId}::uuid`,
    memberId === undefined ? Prisma.empty : Prisma.sql`AND r.member_id = ${memberId}::uuid`,
    teamId === undefined ? Prisma.empty : Prisma.sql`AND r.team_id = ${teamId}::uuid`,
  ]
  const rows = await tx.$queryRaw<
    (FigureRecord & { start_ms: string; group: string | null; name: string | null })[]
  >`SELECT (extract(epoch FROM ${start}) * 1000)::bigint::text AS start_ms, ${group} AS "group", ${name} AS name, ${SUMS}
    FROM usage_rollup_hourly r ${join}
    WHERE r.org_id = ${orgId}::uuid AND r.hour >= ${question.fromHour} AND r.hour < ${question.toHour} ${Prisma.join(filters, ' ')}
    GROUP BY 1, 2 ORDER BY 1, 2 NULLS LAST`
  return rows.map((row) => ({ ...toFigures(row), startMs: Number(row.start_ms), group: row.group, name: row.name }))
}
