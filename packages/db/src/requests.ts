import { isUuid } from '@atpar/core/ids'
import { pusd, type Pusd } from '@atpar/core/money'
import type { UsageUnits } from '@atpar/core/usage'
import type { AttemptOutcome, Funding, TrailStep, UsageEvent } from '@atpar/core/usage-event'
import type { Tx } from './client.ts'
import { Prisma, type UsageEvent as EventRow } from './generated/client.ts'
import type { OrgId } from './tenant.ts'

/** One request as a list shows it: its last attempt, with the money of all of them. */
export interface RequestSummary {
  readonly requestId: string
  readonly startedAtMs: number
  readonly durationMs: number
  readonly firstByteMs: number | null
  readonly endpoint: string
  readonly streamed: boolean
  readonly provider: string
  readonly modelRequested: string
  readonly modelId: string
  readonly keyId: string
  readonly keyName: string | null
  readonly memberId: string | null
  readonly teamId: string | null
  readonly funding: Funding
  readonly outcome: AttemptOutcome
  readonly httpStatus: number
  readonly errorCode: string | null
  readonly attempts: number
  readonly units: UsageUnits
  readonly billedPusd: Pusd
  readonly absorbedPusd: Pusd
}

export interface RequestFilters {
  readonly modelId?: string | undefined
  readonly provider?: string | undefined
  readonly keyId?: string | undefined
  readonly memberId?: string | undefined
  readonly teamId?: string | undefined
  /** `ok` = answered, `failed` = everything else. */
  readonly result?: 'ok' | 'failed' | undefined
}

export interface RequestPage {
  readonly limit: number
  /** `requestId` of the last row of the page before. */
  readonly before?: string
  readonly filters?: RequestFilters
}

interface RequestRecord {
  readonly request_id: string
  readonly started_at: Date
  readonly duration_ms: number
  readonly first_byte_ms: number | null
  readonly endpoint: string
  readonly streamed: boolean
  readonly provider: string
  readonly model_requested: string
  readonly model_id: string
  readonly key_id: string
  readonly key_name: string | null
  readonly member_id: string | null
  readonly team_id: string | null
  readonly funding: Funding
  readonly outcome: AttemptOutcome
  readonly http_status: number
  readonly error_code: string | null
  readonly units: UsageUnits
  readonly attempts: number
  readonly billed: string
  readonly absorbed: string
}

const toSummary = (row: RequestRecord): RequestSummary => ({
  requestId: row.request_id,
  startedAtMs: row.started_at.getTime(),
  durationMs: row.duration_ms,
  firstByteMs: row.first_byte_ms,
  endpoint: row.endpoint,
  streamed: row.streamed,
  provider: row.provider,
  modelRequested: row.model_requested,
  modelId: row.model_id,
  keyId: row.key_id,
  keyName: row.key_name,
  memberId: row.member_id,
  teamId: row.team_id,
  funding: row.funding,
  outcome: row.outcome,
  httpStatus: row.http_status,
  errorCode: row.error_code,
  attempts: row.attempts,
  units: row.units,
  billedPusd: pusd(BigInt(row.billed)),
  absorbedPusd: pusd(BigInt(row.absorbed)),
})

/** Null when a filter names an id that cannot exist, which matches nothing. */
const toConditions = (page: RequestPage): readonly Prisma.Sql[] | null => {
  const filters = page.filters ?? {}
  const ids = [page.before, filters.keyId, filters.memberId, filters.teamId]
  if (ids.some((id) => id !== undefined && !isUuid(id))) return null
  return [
    page.before === undefined ? [] : [Prisma.sql`AND e.request_id < ${page.before}::uuid`],
    filters.modelId === undefined ? [] : [Prisma.sql`AND e.model_id = ${filters.modelId}`],
    filters.provider === undefined ? [] : [Prisma.sql`AND e.provider = ${filters.provider}`],
    filters.keyId === undefined ? [] : [Prisma.sql`AND e.key_id = ${filters.keyId}::uuid`],
    filters.memberId === undefined ? [] : [Prisma.sql`AND e.member_id = ${filters.memberId}::uuid`],
    filters.teamId === undefined ? [] : [Prisma.sql`AND e.team_id = ${filters.teamId}::uuid`],
    filters.result === undefined
      ? []
      : [filters.result === 'ok' ? Prisma.sql`AND e.outcome = 'ok'` : Prisma.sql`AND e.outcome <> 'ok'`],
  ].flat()
}

/** Newest first. Ids start with their millisecond, so the id is the order and the cursor. */
export const listRequests = async (tx: Tx, orgId: OrgId, page: RequestPage): Promise<readonly RequestSummary[]> => {
  const conditions = toConditions(page)
  if (conditions === null) return []
  const rows = await tx.$queryRaw<RequestRecord[]>`
    WITH page AS (
      SELECT e.* FROM usage_event e
      WHERE e.org_id = ${orgId}::uuid AND e.kind = 'settle' AND e.is_final ${conditions.length === 0 ? Prisma.empty : Prisma.join([...conditions], ' ')}
      ORDER BY e.request_id DESC LIMIT ${page.limit}
    )
    SELECT p.request_id::text, p.started_at, (extract(epoch FROM p.ended_at - p.started_at) * 1000)::int AS duration_ms,
      (extract(epoch FROM p.first_byte_at - p.started_at) * 1000)::int AS first_byte_ms, p.endpoint, p.streamed, p.provider, p.model_requested, p.model_id,
      p.key_id::text, k.name AS key_name, p.member_id::text, p.team_id::text, p.funding, p.outcome, p.http_status::int, p.error_code, p.units, all_attempts.*
    FROM page p
    LEFT JOIN api_key k ON k.org_id = p.org_id AND k.id = p.key_id
    CROSS JOIN LATERAL (SELECT (count(*) FILTER (WHERE a.kind = 'settle'))::int AS attempts, sum(a.billed_pusd)::text AS billed, sum(a.absorbed_pusd)::text AS absorbed
      FROM usage_event a WHERE a.org_id = p.org_id AND a.request_id = p.request_id) AS all_attempts
    ORDER BY p.request_id DESC`
  return rows.map(toSummary)
}

export interface StoredEvent extends UsageEvent {
  readonly invoicePeriod: string
  readonly ingestedAtMs: number
}

const toDay = (date: Date): string => date.toISOString().slice(0, 10)

/** Words are as the proxy wrote them; the table's checks and the event's type name the same ones. */
const toEvent = (row: EventRow): StoredEvent => ({
  requestId: row.requestId,
  attempt: row.attempt,
  kind: row.kind as UsageEvent['kind'],
  seq: row.seq,
  orgId: row.orgId,
  teamId: row.teamId,
  memberId: row.memberId,
  keyId: row.keyId,
  endpoint: row.endpoint,
  callerDialect: row.callerDialect,
  streamed: row.streamed,
  provider: row.provider,
  offeringId: row.offeringId,
  modelRequested: row.modelRequested,
  modelId: row.modelId,
  modelServed: row.modelServed,
  routeVersionId: row.routeVersionId,
  serviceTier: row.serviceTier,
  funding: row.funding as Funding,
  startedAtMs: row.startedAt.getTime(),
  firstByteAtMs: row.firstByteAt?.getTime() ?? null,
  endedAtMs: row.endedAt.getTime(),
  billingPeriod: toDay(row.billingPeriod),
  invoicePeriod: toDay(row.invoicePeriod),
  priceBookId: row.priceBookId,
  units: row.units as UsageUnits,
  usageSource: row.usageSource as UsageEvent['usageSource'],
  providerUsageRaw: row.providerUsageRaw,
  providerRequestId: row.providerRequestId,
  providerStatedCostPusd: row.providerStatedCostPusd === null ? null : pusd(row.providerStatedCostPusd),
  costPusd: pusd(row.costPusd),
  billedPusd: pusd(row.billedPusd),
  absorbedPusd: pusd(row.absorbedPusd),
  absorbedReason: row.absorbedReason as UsageEvent['absorbedReason'],
  outcome: row.outcome as AttemptOutcome,
  isFinal: row.isFinal,
  httpStatus: row.httpStatus,
  errorCode: row.errorCode,
  estimatePusd: pusd(row.estimatePusd),
  trail: row.trail as unknown as readonly TrailStep[],
  tags: row.tags,
  proxyId: row.proxyId,
  proxyBootId: row.proxyBootId,
  proxySeq: Number(row.proxySeq),
  leaseNumber: row.leaseNumber,
  ingestedAtMs: row.ingestedAt.getTime(),
})

/** Every event of a request, attempt by attempt, corrections after what they correct; null when the organization has none of that id. */
export const findRequest = async (tx: Tx, orgId: OrgId, requestId: string): Promise<readonly StoredEvent[] | null> => {
  if (!isUuid(requestId)) return null
  const rows = await tx.usageEvent.findMany({
    where: { orgId, requestId },
    orderBy: [{ attempt: 'asc' }, { kind: 'desc' }, { seq: 'asc' }],
  })
  return rows.length === 0 ? null : rows.map(toEvent)
}
