import { createHash } from 'node:crypto'
import { pusd } from '@atpar/core/money'
import type { UsageEvent } from '@atpar/core/usage-event'
import type { Pool } from '@atpar/db/pool'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import { buildId, buildUsageEvent } from '@atpar/testkit/usage-events'

/** Puts models on the price list, without providers or prices. */
export const offerModels = async (pool: Pool, ids: readonly string[]): Promise<void> => {
  for (const id of ids)
    await pool.query('INSERT INTO model (id, display_name, family, author) VALUES ($1, $1, $1, $1)', [id])
}

export interface KeyRow {
  readonly orgId: string
  readonly memberId: string | null
  readonly teamId: string | null
  readonly keyId: string
}

/** The newest key of an organization, as the proxy would know it. */
export const readNewestKey = async (pool: Pool, orgSlug: string): Promise<KeyRow> => {
  const { rows } = await pool.query<KeyRow>(
    `SELECT k.org_id AS "orgId", k.member_id AS "memberId", k.team_id AS "teamId", k.id AS "keyId"
     FROM api_key k JOIN organization o ON o.id = k.org_id WHERE o.slug = $1 ORDER BY k.id DESC LIMIT 1`,
    [orgSlug],
  )
  const [row] = rows
  if (row === undefined) throw new Error(`${orgSlug} has no key`)
  return row
}

/** 300 input and 100 output tokens of gpt-4o-mini at $0.15 and $0.60 per million. */
const CALL_COST = pusd(300n * 150_000n + 100n * 600_000n)
export const CALL_COST_TEXT = '$0.000105'

/** A call as the shipper would deliver it. */
export const deliverCall = async (
  pool: Pool,
  key: KeyRow,
  overrides: Partial<UsageEvent> = {},
): Promise<UsageEvent> => {
  const event = buildUsageEvent({ ...key, billedPusd: CALL_COST, ...overrides })
  const { inserted } = await ingestUsageEvents(pool, { events: [event] })
  if (inserted !== 1) throw new Error('The event was not inserted.')
  return event
}

const DOCUMENT = '<!doctype html><title>Invoice</title><p>Total $1.23</p>'

/** An issued invoice of $1.23 with one line, a remainder carried forward and all four proofs at zero. */
export const issueInvoice = async (pool: Pool, orgSlug: string): Promise<{ readonly invoiceId: string }> => {
  const invoiceId = buildId(Date.now())
  const { rows } = await pool.query<{ id: string }>('SELECT id FROM organization WHERE slug = $1', [orgSlug])
  const orgId = rows[0]?.id
  const evidence = {
    event_count: '2',
    sum: '1234567890000',
    sha256: createHash('sha256').update('evidence').digest('hex'),
  }
  const hash = createHash('sha256').update(DOCUMENT).digest()
  await pool.query(
    `INSERT INTO invoice (id, org_id, period, number, status, usage_pusd, carry_in_pusd, carry_out_pusd, total_cents, event_count, evidence)
     VALUES ($1, $2, '2026-10-01', $3, 'finalised', 1234567890000, 0, 4567890000, 123, 2, $4)`,
    [invoiceId, orgId, `ATPAR-${orgSlug}-2026-10`, JSON.stringify(evidence)],
  )
  await pool.query(
    `INSERT INTO invoice_document (invoice_id, org_id, html, html_sha256, pdf, pdf_sha256, issued_at) VALUES ($1, $2, $3::text, $4, convert_to($3::text, 'UTF8'), $4, now())`,
    [invoiceId, orgId, DOCUMENT, hash],
  )
  const lines = [
    {
      kind: 'usage',
      description: 'gpt-4o-mini at openai',
      model: 'gpt-4o-mini',
      provider: 'openai',
      book: 1,
      amount: '1234567890000',
      units: '{"input_uncached": "8230452", "output_text": 1000}',
    },
    {
      kind: 'carry_over',
      description: 'Less than a cent, carried forward to the next invoice',
      model: null,
      provider: null,
      book: null,
      amount: '-4567890000',
      units: '{}',
    },
  ]
  for (const [index, line] of lines.entries()) {
    await pool.query(
      `INSERT INTO invoice_line (id, org_id, invoice_id, position, kind, description, billing_period, model_id, provider, price_book_id, units, amount_pusd, cents)
       VALUES ($1, $2, $3, $4, $5, $6, '2026-10-01', $7, $8, $9, $10, $11, $12)`,
      [
        buildId(Date.now()),
        orgId,
        invoiceId,
        index + 1,
        line.kind,
        line.description,
        line.model,
        line.provider,
        line.book,
        line.units,
        line.amount,
        index === 0 ? 123 : 0,
      ],
    )
  }
  for (const proof of ['P1', 'P2', 'P3', 'P5', 'P7']) {
    await pool.query(
      `INSERT INTO proof_run (id, org_id, proof, period, difference_pusd, detail) VALUES ($1, $2, $3, '2026-10-01', 0, '{}')`,
      [buildId(Date.now()), orgId, proof],
    )
  }
  return { invoiceId }
}
