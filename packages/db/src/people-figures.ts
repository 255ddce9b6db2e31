import { pusd, type Pusd } from '@atpar/core/money'
import { billingPeriodOf } from '@atpar/core/usage-event'
import type { Tx } from './client.ts'
import { Prisma } from './generated/client.ts'
import type { OrgId } from './tenant.ts'

/** What a member or a team costs and holds at this moment. */
export interface PeopleFigures {
  /** Billed in the UTC month of `atMs`. */
  readonly spentThisMonthPusd: Pusd
  readonly activeKeys: number
}

export const NO_FIGURES: PeopleFigures = { spentThisMonthPusd: pusd(0n), activeKeys: 0 }

interface FigureRecord {
  readonly id: string
  readonly spent: string | null
  readonly keys: string | null
}

const toFigures = (rows: readonly FigureRecord[]): ReadonlyMap<string, PeopleFigures> =>
  new Map(
    rows.map((row) => [
      row.id,
      { spentThisMonthPusd: pusd(BigInt(row.spent ?? '0')), activeKeys: Number(row.keys ?? '0') },
    ]),
  )

export interface FigureQuestion {
  /** Now, by the installation's clock: which month "this month" is. */
  readonly atMs: number
  /** Only what counts against these teams; everything when absent. */
  readonly teamIds?: readonly string[]
}

/** By member or by team; those without usage and without a key are absent. Service keys count for their team and for no member. */
export const readPeopleFigures = async (
  tx: Tx,
  orgId: OrgId,
  question: FigureQuestion & { readonly by: 'member' | 'team' },
): Promise<ReadonlyMap<string, PeopleFigures>> => {
  const month = billingPeriodOf(question.atMs)
  const column = question.by === 'member' ? Prisma.sql`member_id` : Prisma.sql`team_id`
  const inTeams =
    question.teamIds === undefined ? Prisma.empty : Prisma.sql`AND team_id = ANY(${[...question.teamIds]}::uuid[])`
  return toFigures(
    await tx.$queryRaw<FigureRecord[]>`
      SELECT coalesce(s.id, k.id)::text AS id, s.spent::text AS spent, k.keys::text AS keys
      FROM (SELECT ${column} AS id, sum(billed_pusd) AS spent FROM usage_rollup_hourly
        WHERE org_id = ${orgId}::uuid AND ${column} IS NOT NULL ${inTeams}
          AND hour >= (${month}::date)::timestamp AT TIME ZONE 'UTC' AND hour < (${month}::date + interval '1 month') AT TIME ZONE 'UTC'
        GROUP BY 1) s
      FULL JOIN (SELECT ${column} AS id, count(*) AS keys FROM api_key
        WHERE org_id = ${orgId}::uuid AND status = 'active' AND ${column} IS NOT NULL ${inTeams} GROUP BY 1) k ON k.id = s.id`,
  )
}
