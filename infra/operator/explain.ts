import { formatUsd, pusd } from '@atpar/core/money'
import { rateUsage } from '@atpar/core/pricing'
import type { TrailStep } from '@atpar/core/usage-event'
import type { UsageUnits } from '@atpar/core/usage'
import type { Pool } from '@atpar/db/pool'
import { assembleRates, inBook, PRICE_COLUMNS, PRICE_ORDER, type PriceRecord } from '@atpar/db/rates'
import { findLineOf, tellLine } from './explain-line.ts'

interface EventRow {
  readonly org_id: string
  readonly org_slug: string | null
  readonly attempt: number
  readonly kind: string
  readonly seq: number
  readonly provider: string
  readonly offering_id: string
  readonly model_id: string
  readonly model_requested: string
  readonly model_served: string | null
  readonly service_tier: string | null
  readonly funding: string
  readonly outcome: string
  readonly http_status: number
  readonly error_code: string | null
  readonly started_at: Date
  readonly milliseconds: number
  readonly units: UsageUnits
  readonly usage_source: string
  readonly price_book_id: number
  readonly cost: string
  readonly billed: string
  readonly absorbed: string
  readonly absorbed_reason: string | null
  readonly billing_period: string
  readonly invoice_period: string
  readonly trail: readonly TrailStep[]
}

const usd = (text: string): string => `$${formatUsd(pusd(BigInt(text)))}`

const describeMoney = (row: EventRow): string => {
  const absorbed = row.absorbed === '0' ? '' : `, ${usd(row.absorbed)} absorbed (${row.absorbed_reason ?? 'no reason'})`
  return `cost ${usd(row.cost)} = billed ${usd(row.billed)}${absorbed}, price book ${row.price_book_id}, on the invoice of ${row.invoice_period.slice(0, 7)}`
}

/** Does the multiplication again, with the function and the dated prices that billed it. Corrections hold a difference, which no price makes. */
const rateAgain = async (pool: Pool, row: EventRow): Promise<readonly string[]> => {
  if (row.kind !== 'settle' || Object.values(row.units).every((count) => count === 0)) return []
  const { rows } = await pool.query<PriceRecord>(
    `SELECT ${PRICE_COLUMNS} FROM price_version p WHERE p.offering_id = $1 AND ${inBook('$2')} ORDER BY ${PRICE_ORDER}`,
    [row.offering_id, row.price_book_id],
  )
  const rates = assembleRates(rows).get(row.offering_id)
  if (rates === undefined) return [`  price book ${row.price_book_id} has no price for ${row.offering_id}`]
  const rating = rateUsage(row.units, rates, {
    startedAtMs: row.started_at.getTime(),
    serviceTier: row.service_tier,
  })
  if (!rating.priced) return [`  price book ${row.price_book_id} has no price for ${rating.missing.join(', ')}`]
  return [
    ...rating.lines.map(
      (line) =>
        `  ${line.units} ${line.bucket} × $${formatUsd(pusd(line.price.amountPusd))} per ${line.price.perUnits === 1n ? 'unit' : `${line.price.perUnits} units`} = $${formatUsd(line.costPusd)}`,
    ),
    rating.costPusd.toString() === row.cost
      ? `  = $${formatUsd(rating.costPusd)}, as recorded`
      : `  = $${formatUsd(rating.costPusd)}, which is NOT the recorded ${usd(row.cost)}`,
  ]
}

const explainAttempt = async (pool: Pool, row: EventRow): Promise<readonly string[]> => [
  `attempt ${row.attempt} (${row.kind}${row.seq === 0 ? '' : ` ${row.seq}`}): ${row.offering_id} → ${row.outcome}, HTTP ${row.http_status}${row.error_code === null ? '' : ` ${row.error_code}`}, ${row.milliseconds} ms, served by ${row.model_served ?? 'nobody'}, ${row.funding} pays`,
  `  usage ${JSON.stringify(row.units)} from ${row.usage_source}`,
  ...(await rateAgain(pool, row)),
  `  ${describeMoney(row)}`,
]

/** Where the money of a request went after it: the line of its invoice, the ledger, Stripe. */
const explainBilling = async (pool: Pool, row: EventRow): Promise<readonly string[]> => {
  const line = await findLineOf(pool, {
    orgId: row.org_id,
    invoicePeriod: row.invoice_period,
    billingPeriod: row.billing_period,
    provider: row.provider,
    modelId: row.model_id,
  })
  if (line === null) return [`  ${row.invoice_period.slice(0, 7)} is open: no invoice holds it yet`]
  return (await tellLine(pool, line)).map((text) => `  ${text}`)
}

/** Everything known about one request, attempt by attempt: where it went and why, what it used, and every step from there to what was collected. */
export const explainRequest = async (pool: Pool, requestId: string): Promise<readonly string[]> => {
  const { rows } = await pool.query<EventRow>(
    `SELECT e.org_id, o.slug AS org_slug, e.attempt, e.kind, e.seq, e.provider, e.offering_id, e.model_id, e.model_requested, e.model_served, e.service_tier, e.funding, e.outcome,
      e.http_status, e.error_code, e.started_at, round(extract(epoch FROM e.ended_at - e.started_at) * 1000)::int AS milliseconds, e.units, e.usage_source, e.price_book_id,
      e.cost_pusd::text AS cost, e.billed_pusd::text AS billed, e.absorbed_pusd::text AS absorbed, e.absorbed_reason, e.billing_period::text, e.invoice_period::text, e.trail
    FROM usage_event e LEFT JOIN organization o ON o.id = e.org_id WHERE e.request_id = $1 ORDER BY e.attempt, e.kind DESC, e.seq`,
    [requestId],
  )
  const [first] = rows
  if (first === undefined)
    return [
      `No usage event has the request id ${requestId}: it was refused before any provider was called, is still running, or never came here.`,
    ]
  const attempts: string[] = []
  for (const row of rows) attempts.push(...(await explainAttempt(pool, row)))
  const billed = rows.filter((row) => row.billed !== '0')
  const places = new Map(billed.map((row) => [`${row.invoice_period} ${row.provider} ${row.model_id}`, row]))
  for (const row of places.values()) attempts.push(...(await explainBilling(pool, row)))
  const trail = rows.at(-1)?.trail ?? []
  return [
    `request ${requestId} of ${first.org_slug ?? 'a deleted organization'} at ${first.started_at.toISOString()}, asked for ${first.model_requested}`,
    ...attempts,
    ...trail.map((step) => `  trail: ${step.offeringId} ${step.result} (${step.reason})`),
  ]
}
