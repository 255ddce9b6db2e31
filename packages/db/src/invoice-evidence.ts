import type { EvidencePrice } from '@atpar/core/evidence-files'
import { pusd, type Pusd } from '@atpar/core/money'
import type { UsageUnits } from '@atpar/core/usage'
import type { Tx } from './client.ts'
import { evidenceLine, EVIDENCE_ORDER, type EvidenceVersion } from './evidence-sql.ts'
import { Prisma } from './generated/client.ts'
import type { OrgId } from './tenant.ts'

/** Where a page of events ends; the next begins behind it. */
export interface EventPlace {
  readonly requestId: string
  readonly attempt: number
  readonly kind: string
  readonly seq: number
}

export interface EvidenceEvent extends EventPlace {
  /** As it is hashed into the evidence: see `evidenceLine`. */
  readonly line: string
  readonly offeringId: string
  readonly modelServed: string | null
  readonly priceBookId: number
  readonly units: UsageUnits
  readonly startedAtMs: number
  readonly serviceTier: string | null
  readonly costPusd: Pusd
}

interface EventRow extends EventPlace {
  readonly line: string
  readonly offeringId: string
  readonly modelServed: string | null
  readonly priceBookId: number
  readonly units: UsageUnits
  readonly startedAt: Date
  readonly serviceTier: string | null
  readonly cost: string
}

/** Everything that the invoice of `period` bills, in the order of its evidence, `limit` events at a time. */
export const readEvidenceEvents = async (
  tx: Tx,
  orgId: OrgId,
  page: {
    readonly period: string
    readonly version: EvidenceVersion
    readonly after: EventPlace | null
    readonly limit: number
  },
): Promise<readonly EvidenceEvent[]> => {
  const { after, period } = page
  const behind =
    after === null
      ? Prisma.empty
      : Prisma.sql`AND request_id >= ${after.requestId}::uuid AND (request_id, attempt, kind COLLATE "C", seq) > (${after.requestId}::uuid, ${after.attempt}::smallint, ${after.kind}, ${after.seq}::smallint)`
  const rows = await tx.$queryRaw<EventRow[]>`
    SELECT ${Prisma.raw(evidenceLine(page.version))} AS line, request_id::text AS "requestId", attempt, kind, seq, offering_id AS "offeringId", model_served AS "modelServed",
      price_book_id AS "priceBookId", units, started_at AS "startedAt", service_tier AS "serviceTier", cost_pusd::text AS cost
    FROM usage_event
    WHERE org_id = ${orgId}::uuid AND invoice_period = ${period}::date
      AND request_id >= uuid_v7_floor((SELECT least(coalesce(min(billing_period), ${period}::date), (${period}::date - interval '3 months')::date)
        FROM usage_rollup_hourly WHERE org_id = ${orgId}::uuid AND invoice_period = ${period}::date)::timestamp AT TIME ZONE 'UTC')
      AND request_id < uuid_v7_floor((${period}::date + interval '1 month') AT TIME ZONE 'UTC') ${behind}
    ORDER BY ${Prisma.raw(EVIDENCE_ORDER)} LIMIT ${page.limit}`
  return rows.map(({ startedAt, cost, ...row }) => ({
    ...row,
    startedAtMs: startedAt.getTime(),
    costPusd: pusd(BigInt(cost)),
  }))
}

export interface NamedOffering {
  readonly id: string
  readonly providerId: string
  readonly upstreamModel: string
}

/** Offerings of these providers, and every price they ever had. No tenant's secret: the price list is public. */
export const readPriceHistory = async (
  tx: Tx,
  providers: readonly string[],
): Promise<{ readonly offerings: readonly NamedOffering[]; readonly prices: readonly EvidencePrice[] }> => {
  const offerings = await tx.offering.findMany({
    where: { providerId: { in: [...providers] } },
    select: { id: true, providerId: true, upstreamModel: true },
    orderBy: { id: 'asc' },
  })
  const rows = await tx.priceVersion.findMany({
    where: { offering: { providerId: { in: [...providers] } } },
    orderBy: [{ offeringId: 'asc' }, { priceBookId: 'desc' }, { id: 'desc' }],
  })
  return {
    offerings,
    prices: rows.map((row, index) => ({
      ref: `p${index + 1}`,
      id: row.id,
      offeringId: row.offeringId,
      bucket: row.bucket,
      amountPusd: row.amountPusd,
      perUnits: row.perUnits,
      minimumUnits: row.minimumUnits,
      contextFrom: row.contextFrom,
      serviceTier: row.serviceTier,
      fromMinute: row.windowFromMinute,
      toMinute: row.windowToMinute,
      effectiveFrom: row.effectiveFrom.toISOString().slice(0, 10),
      introducedInBook: row.priceBookId,
      retiredInBook: row.retiredBookId,
      sourceUrl: row.sourceUrl,
      checkedOn: row.checkedOn.toISOString().slice(0, 10),
    })),
  }
}
