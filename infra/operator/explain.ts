import { formatUsd, pusd } from '@atpar/core/money'
import type { TrailStep } from '@atpar/core/usage-event'
import type { Pool } from '@atpar/db/pool'

interface EventRow {
  readonly org_slug: string | null
  readonly attempt: number
  readonly kind: string
  readonly provider: string
  readonly offering_id: string
  readonly model_requested: string
  readonly model_served: string | null
  readonly outcome: string
  readonly http_status: number
  readonly error_code: string | null
  readonly started_at: Date
  readonly milliseconds: number
  readonly units: Record<string, number>
  readonly usage_source: string
  readonly price_book_id: number
  readonly cost: string
  readonly billed: string
  readonly absorbed: string
  readonly absorbed_reason: string | null
  readonly invoice_period: string
  readonly trail: readonly TrailStep[]
}

const describeMoney = (row: EventRow): string => {
  const absorbed =
    row.absorbed === '0'
      ? ''
      : `, $${formatUsd(pusd(BigInt(row.absorbed)))} absorbed (${row.absorbed_reason ?? 'no reason'})`
  return `cost $${formatUsd(pusd(BigInt(row.cost)))} = billed $${formatUsd(pusd(BigInt(row.billed)))}${absorbed}, price book ${row.price_book_id}, on the invoice of ${row.invoice_period.slice(0, 7)}`
}

/** Everything known about one request, attempt by attempt: where it went and why, what it used and what it cost. */
export const explainRequest = async (pool: Pool, requestId: string): Promise<readonly string[]> => {
  const { rows } = await pool.query<EventRow>(
    `SELECT o.slug AS org_slug, e.attempt, e.kind, e.provider, e.offering_id, e.model_requested, e.model_served, e.outcome, e.http_status, e.error_code, e.started_at,
      round(extract(epoch FROM e.ended_at - e.started_at) * 1000)::int AS milliseconds, e.units, e.usage_source, e.price_book_id, e.cost_pusd::text AS cost,
      e.billed_pusd::text AS billed, e.absorbed_pusd::text AS absorbed, e.absorbed_reason, e.invoice_period::text, e.trail
    FROM usage_event e LEFT JOIN organization o ON o.id = e.org_id WHERE e.request_id = $1 ORDER BY e.attempt, e.kind, e.seq`,
    [requestId],
  )
  const [first] = rows
  if (first === undefined)
    return [
      `No usage event has the request id ${requestId}: it was refused before any provider was called, is still running, or never came here.`,
    ]
  const attempts = rows.flatMap((row) => [
    `attempt ${row.attempt} (${row.kind}): ${row.offering_id} → ${row.outcome}, HTTP ${row.http_status}${row.error_code === null ? '' : ` ${row.error_code}`}, ${row.milliseconds} ms, served by ${row.model_served ?? 'nobody'}`,
    `  usage ${JSON.stringify(row.units)} from ${row.usage_source}`,
    `  ${describeMoney(row)}`,
  ])
  const trail = rows.at(-1)?.trail ?? []
  return [
    `request ${requestId} of ${first.org_slug ?? 'a deleted organization'} at ${first.started_at.toISOString()}, asked for ${first.model_requested}`,
    ...attempts,
    ...trail.map((step) => `  trail: ${step.offeringId} ${step.result} (${step.reason})`),
  ]
}
