import { formatUsd, PUSD_PER_CENT, pusd } from '@atpar/core/money'
import type { Pool } from '@atpar/db/pool'
import { EVENTS_OF_PERIOD } from '../../apps/worker/src/billing/usage-figures.ts'

/** One line of one issued invoice. */
export interface LineRow {
  readonly org_id: string
  readonly invoice_id: string
  readonly number: string
  readonly status: string
  readonly period: string
  readonly position: number
  readonly kind: string
  readonly description: string
  readonly billing_period: string
  readonly model_id: string | null
  readonly provider: string | null
  readonly price_book_id: number | null
  readonly units: Readonly<Record<string, number>>
  readonly amount: string
  readonly cents: string
}

const LINE = `
  SELECT i.org_id, i.id AS invoice_id, i.number, i.status, i.period::text, l.position, l.kind, l.description, l.billing_period::text, l.model_id, l.provider, l.price_book_id, l.units,
    l.amount_pusd::text AS amount, l.cents::text AS cents
  FROM invoice i JOIN invoice_line l ON l.invoice_id = i.id AND l.org_id = i.org_id`

/** The line that bills a model's use, or the joined one at the end of a long invoice; null while the period is open. */
export const findLineOf = async (
  pool: Pool,
  place: {
    readonly orgId: string
    readonly invoicePeriod: string
    readonly billingPeriod: string
    readonly provider: string
    readonly modelId: string
  },
): Promise<LineRow | null> => {
  const { rows } = await pool.query<LineRow>(
    `${LINE} WHERE i.org_id = $1 AND i.period = $2::date AND l.kind IN ('usage', 'late_usage')
      AND ((l.billing_period = $3::date AND l.provider = $4 AND l.model_id = $5) OR l.model_id IS NULL)
    ORDER BY l.model_id IS NULL, i.sequence, l.position LIMIT 1`,
    [place.orgId, place.invoicePeriod, place.billingPeriod, place.provider, place.modelId],
  )
  return rows[0] ?? null
}

const usd = (text: string): string => `$${formatUsd(pusd(BigInt(text)))}`
const centsOf = (text: string): string => `$${formatUsd(pusd(BigInt(text) * PUSD_PER_CENT), 2)}`

interface Counted {
  readonly n: string
  readonly cost: string
  readonly absorbed: string
  readonly billed: string
  readonly first: string | null
}

/** Summed from the events anew: the amount of a line is nothing but this. */
const countEvents = async (pool: Pool, line: LineRow): Promise<Counted | null> => {
  if (line.model_id === null) return null
  const { rows } = await pool.query<Counted>(
    `SELECT count(*)::text AS n, coalesce(sum(cost_pusd), 0)::text AS cost, coalesce(sum(absorbed_pusd), 0)::text AS absorbed, coalesce(sum(billed_pusd), 0)::text AS billed,
      min(request_id::text) AS first
    ${EVENTS_OF_PERIOD} AND funding = 'platform' AND billing_period = $3::date AND provider = $4 AND model_id = $5`,
    [line.org_id, line.period, line.billing_period, line.provider, line.model_id],
  )
  return rows[0] ?? null
}

const tellEvents = (line: LineRow, counted: Counted | null): readonly string[] => {
  if (counted === null) return []
  return [
    `${counted.n} calls, the first ${counted.first ?? 'none'}: units × list price ${usd(counted.cost)} − absorbed by us ${usd(counted.absorbed)} = billed ${usd(counted.billed)}`,
    counted.billed === line.amount
      ? `= the ${usd(line.amount)} of the line, exactly; markup $0`
      : `which is NOT the ${usd(line.amount)} of the line`,
  ]
}

const tellLedger = async (pool: Pool, line: LineRow): Promise<readonly string[]> => {
  const { rows } = await pool.query<{ natural_key: string; account: string; amount: string }>(
    `SELECT t.natural_key, e.account, e.amount_pusd::text AS amount FROM ledger_transaction t JOIN ledger_entry e ON e.transaction_id = t.id
    WHERE t.org_id = $1 AND t.period = $2::date AND t.kind = 'invoice' ORDER BY t.natural_key, e.account`,
    [line.org_id, line.period],
  )
  return rows.map((row) => `ledger ${row.natural_key}: ${row.account} ${usd(row.amount)}`)
}

const tellCollection = async (pool: Pool, line: LineRow): Promise<readonly string[]> => {
  const { rows } = await pool.query<{ state: string; stripe: string | null; amount: string; paid: string }>(
    `SELECT state, stripe_invoice_id AS stripe, amount_cents::text AS amount, paid_cents::text AS paid FROM invoice_collection WHERE org_id = $1 AND invoice_id = $2`,
    [line.org_id, line.invoice_id],
  )
  const payments = await pool.query<{ charge: string; amount: string; transaction: string | null }>(
    `SELECT stripe_charge_id AS charge, amount_cents::text AS amount, balance_transaction_id AS transaction FROM payment WHERE org_id = $1 AND invoice_id = $2 ORDER BY paid_at`,
    [line.org_id, line.invoice_id],
  )
  return [
    ...rows.map(
      (row) =>
        `collected as ${row.stripe ?? 'nothing yet'} at Stripe (${row.state}): ${centsOf(row.amount)} asked for, ${centsOf(row.paid)} paid`,
    ),
    ...payments.rows.map(
      (row) =>
        `paid by charge ${row.charge}, ${centsOf(row.amount)}, in Stripe's books as ${row.transaction ?? 'not settled yet'}`,
    ),
  ]
}

/** Every step from the calls of a line to what Stripe collected for it. */
export const tellLine = async (pool: Pool, line: LineRow): Promise<readonly string[]> => [
  `invoice ${line.number} (${line.status}), line ${line.position}: ${line.description}, ${usd(line.amount)}`,
  `units ${JSON.stringify(line.units)}, ${line.price_book_id === null ? 'several price books' : `price book ${line.price_book_id}`}`,
  ...tellEvents(line, await countEvents(pool, line)),
  `whole cents by largest remainder: ${centsOf(line.cents)}; what is below a cent is carried forward`,
  ...(await tellLedger(pool, line)),
  ...(await tellCollection(pool, line)),
]

/** @throws Error when there is no such line. */
export const explainLine = async (
  pool: Pool,
  wanted: { readonly number: string; readonly position: number },
): Promise<readonly string[]> => {
  const { rows } = await pool.query<LineRow>(`${LINE} WHERE i.number = $1 AND l.position = $2`, [
    wanted.number,
    wanted.position,
  ])
  const [line] = rows
  if (line === undefined) throw new Error(`Invoice ${wanted.number} has no line ${wanted.position}, or does not exist.`)
  return tellLine(pool, line)
}
