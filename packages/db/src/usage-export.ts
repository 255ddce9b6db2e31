import { isUuid } from '@atpar/core/ids'
import type { Tx } from './client.ts'
import { Prisma } from './generated/client.ts'
import type { OrgId } from './tenant.ts'

/** One event as it is exported: every value as text, money as exact decimal dollars. */
export interface ExportedEvent {
  readonly cursor: string
  readonly fields: Readonly<Record<(typeof EXPORTED_FIELDS)[number], string | null>>
}

export const EXPORTED_FIELDS = [
  'request_id',
  'attempt',
  'kind',
  'seq',
  'started_at',
  'ended_at',
  'month_of_use',
  'month_of_invoice',
  'team_id',
  'team',
  'member_id',
  'member',
  'key_id',
  'key',
  'tags',
  'endpoint',
  'provider',
  'model',
  'model_served',
  'outcome',
  'http_status',
  'paid_by',
  'price_book',
  'usage_source',
  'units',
  'cost_usd',
  'billed_usd',
  'absorbed_usd',
  'absorbed_reason',
] as const

export interface ExportQuestion {
  readonly from: Date
  /** Exclusive. */
  readonly to: Date
  /** `cursor` of the last event that is had already. */
  readonly after?: string | undefined
  readonly limit: number
  readonly keyId?: string | undefined
  readonly memberId?: string | undefined
  readonly teamId?: string | undefined
}

const CURSOR = /^([0-9a-f-]{36})\.(\d{1,5})\.([a-z]{1,20})\.(\d{1,5})$/

export const isExportCursor = (text: string): boolean => CURSOR.test(text) && isUuid(text.slice(0, 36))

const ISO = Prisma.sql`'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`
/** Exact: numeric division by a power of ten only moves the point. */
const dollars = (column: Prisma.Sql): Prisma.Sql =>
  Prisma.sql`trim_scale(${column}::numeric / 1000000000000::numeric(38, 12))::text`

const afterOf = (after: string | undefined): Prisma.Sql => {
  const [, requestId, attempt, kind, seq] = CURSOR.exec(after ?? '') ?? []
  return requestId === undefined
    ? Prisma.empty
    : Prisma.sql`AND e.request_id >= ${requestId}::uuid AND (e.request_id, e.attempt, e.kind, e.seq) > (${requestId}::uuid, ${Number(attempt)}::smallint, ${kind}, ${Number(seq)}::smallint)`
}

/** Events by the time of their request, a page at a time: the table's own order, so that each page is one short walk of its index. */
export const readExportPage = async (
  tx: Tx,
  orgId: OrgId,
  question: ExportQuestion,
): Promise<readonly ExportedEvent[]> => {
  const { keyId, memberId, teamId } = question
  if ([keyId, memberId, teamId].some((id) => id !== undefined && !isUuid(id))) return []
  const filters = [
    afterOf(question.after),
    keyId === undefined ? Prisma.empty : Prisma.sql`AND e.key_id = ${keyId}::uuid`,
    memberId === undefined ? Prisma.empty : Prisma.sql`AND e.member_id = ${memberId}::uuid`,
    teamId === undefined ? Prisma.empty : Prisma.sql`AND e.team_id = ${teamId}::uuid`,
  ]
  const rows = await tx.$queryRaw<Record<(typeof EXPORTED_FIELDS)[number], string | null>[]>`
    WITH page AS (
      SELECT e.* FROM usage_event e WHERE e.org_id = ${orgId}::uuid AND e.request_id >= uuid_v7_floor(${question.from}) AND e.request_id < uuid_v7_floor(${question.to})
        ${Prisma.join(filters, ' ')}
      ORDER BY e.request_id, e.attempt, e.kind, e.seq LIMIT ${question.limit}
    )
    SELECT e.request_id::text, e.attempt::text, e.kind, e.seq::text, to_char(e.started_at AT TIME ZONE 'UTC', ${ISO}) AS started_at,
      to_char(e.ended_at AT TIME ZONE 'UTC', ${ISO}) AS ended_at, to_char(e.billing_period, 'YYYY-MM') AS month_of_use, to_char(e.invoice_period, 'YYYY-MM') AS month_of_invoice,
      e.team_id::text, t.name AS team, e.member_id::text, u.name AS member, e.key_id::text, k.name AS key, array_to_string(e.tags, ' ') AS tags, e.endpoint, e.provider,
      e.model_id AS model, e.model_served, e.outcome, e.http_status::text, e.funding AS paid_by, e.price_book_id::text AS price_book, e.usage_source, e.units::text AS units,
      ${dollars(Prisma.sql`e.cost_pusd`)} AS cost_usd, ${dollars(Prisma.sql`e.billed_pusd`)} AS billed_usd, ${dollars(Prisma.sql`e.absorbed_pusd`)} AS absorbed_usd, e.absorbed_reason
    FROM page e LEFT JOIN team t ON t.org_id = e.org_id AND t.id = e.team_id
      LEFT JOIN api_key k ON k.org_id = e.org_id AND k.id = e.key_id
      LEFT JOIN membership m ON m.org_id = e.org_id AND m.id = e.member_id LEFT JOIN app_user u ON u.id = m.user_id
    ORDER BY e.request_id, e.attempt, e.kind, e.seq`
  return rows.map((fields) => ({
    cursor: `${fields.request_id}.${fields.attempt}.${fields.kind}.${fields.seq}`,
    fields,
  }))
}

export const CHARGEBACK_SUBJECTS = ['team', 'member', 'key', 'tag'] as const

/** What one team, member, key or tag cost in one month of use. */
export interface ChargebackRow {
  /** `YYYY-MM`. */
  readonly month: string
  /** Null for calls that have none. */
  readonly subjectId: string | null
  readonly subject: string | null
  readonly model: string
  readonly provider: string
  readonly requests: string
  readonly costPusd: bigint
  readonly billedPusd: bigint
}

const SUBJECTS: Readonly<
  Record<'team' | 'member' | 'key', { readonly id: Prisma.Sql; readonly name: Prisma.Sql; readonly join: Prisma.Sql }>
> = {
  team: {
    id: Prisma.sql`r.team_id`,
    name: Prisma.sql`max(t.name)`,
    join: Prisma.sql`LEFT JOIN team t ON t.org_id = r.org_id AND t.id = r.team_id`,
  },
  member: {
    id: Prisma.sql`r.member_id`,
    name: Prisma.sql`max(u.name)`,
    join: Prisma.sql`LEFT JOIN membership m ON m.org_id = r.org_id AND m.id = r.member_id LEFT JOIN app_user u ON u.id = m.user_id`,
  },
  key: {
    id: Prisma.sql`r.key_id`,
    name: Prisma.sql`max(k.name)`,
    join: Prisma.sql`LEFT JOIN api_key k ON k.org_id = r.org_id AND k.id = r.key_id`,
  },
}

type ChargebackRecord = Omit<ChargebackRow, 'costPusd' | 'billedPusd' | 'subjectId'> & {
  readonly subject_id: string | null
  readonly cost: string
  readonly billed: string
}

type ChargebackQuestion = Pick<ExportQuestion, 'from' | 'to' | 'memberId' | 'teamId'> & {
  readonly by: (typeof CHARGEBACK_SUBJECTS)[number]
}

const whose = (alias: 'r' | 'e', { memberId, teamId }: ChargebackQuestion): Prisma.Sql => {
  const table = Prisma.raw(alias)
  const member = memberId === undefined ? Prisma.empty : Prisma.sql`AND ${table}.member_id = ${memberId}::uuid`
  return teamId === undefined ? member : Prisma.sql`${member} AND ${table}.team_id = ${teamId}::uuid`
}

/** Roll-ups know no tags, so these come from the events. A call with several counts at each of them: their sums are no total. */
const readTags = (tx: Tx, orgId: OrgId, question: ChargebackQuestion): Promise<ChargebackRecord[]> =>
  tx.$queryRaw<ChargebackRecord[]>`
    SELECT to_char(e.billing_period, 'YYYY-MM') AS month, NULL::text AS subject_id, tag.name AS subject, e.model_id AS model, e.provider,
      count(*) FILTER (WHERE e.is_final AND e.kind = 'settle')::text AS requests, sum(e.cost_pusd)::text AS cost, sum(e.billed_pusd)::text AS billed
    FROM usage_event e CROSS JOIN LATERAL unnest(CASE WHEN e.tags = '{}' THEN ARRAY[NULL]::text[] ELSE e.tags END) AS tag (name)
    WHERE e.org_id = ${orgId}::uuid AND e.request_id >= uuid_v7_floor(${question.from}) AND e.request_id < uuid_v7_floor(${question.to}) ${whose('e', question)}
    GROUP BY 1, 3, 4, 5 ORDER BY 1, 3 NULLS LAST, 4, 5`

/** By month, subject, model and provider. */
export const readChargeback = async (
  tx: Tx,
  orgId: OrgId,
  question: ChargebackQuestion,
): Promise<readonly ChargebackRow[]> => {
  if ([question.memberId, question.teamId].some((id) => id !== undefined && !isUuid(id))) return []
  const read = (subject: (typeof SUBJECTS)[keyof typeof SUBJECTS]): Promise<ChargebackRecord[]> =>
    tx.$queryRaw<ChargebackRecord[]>`
      SELECT to_char(r.billing_period, 'YYYY-MM') AS month, ${subject.id}::text AS subject_id, ${subject.name} AS subject, r.model_id AS model, r.provider,
        sum(r.requests)::text AS requests, sum(r.cost_pusd)::text AS cost, sum(r.billed_pusd)::text AS billed
      FROM usage_rollup_hourly r ${subject.join}
      WHERE r.org_id = ${orgId}::uuid AND r.hour >= ${question.from} AND r.hour < ${question.to} ${whose('r', question)}
      GROUP BY 1, 2, 4, 5 ORDER BY 1, 2 NULLS LAST, 4, 5`
  const rows = await (question.by === 'tag' ? readTags(tx, orgId, question) : read(SUBJECTS[question.by]))
  return rows.map(({ subject_id: subjectId, cost, billed, ...row }) => ({
    ...row,
    subjectId,
    costPusd: BigInt(cost),
    billedPusd: BigInt(billed),
  }))
}
