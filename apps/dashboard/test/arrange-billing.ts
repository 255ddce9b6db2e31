import type { Pool } from '@atpar/db/pool'
import { buildId } from '@atpar/testkit/usage-events'

/** $40.00 paid in advance, as the ledger has it. */
const postTopUp = (pool: Pool, orgId: string) =>
  pool.query(
    `WITH paid AS (
       INSERT INTO ledger_transaction (id, org_id, natural_key, kind, period) VALUES ($1, $2, 'topup:test', 'topup', '2026-11-01') RETURNING id, org_id)
     INSERT INTO ledger_entry (id, org_id, transaction_id, account, amount_pusd)
     SELECT gen_random_uuid(), org_id, id, account, amount FROM paid, (VALUES ('cash:stripe', 40000000000000), ('prepaid_credit', -40000000000000)) AS entry (account, amount)`,
    [buildId(Date.now()), orgId],
  )

/** A customer with a card that was refused for this invoice, a balance that tops itself up, and a line that is used in part. */
export const arrangeBilling = async (pool: Pool, orgSlug: string, invoiceId: string): Promise<void> => {
  const { rows } = await pool.query<{ id: string }>('SELECT id FROM organization WHERE slug = $1', [orgSlug])
  const orgId = rows[0]?.id ?? ''
  await pool.query(
    `INSERT INTO billing_account (org_id, stripe_customer_id, livemode, legal_name, email, line1, city, postal_code, country, tax_id_kind, tax_id,
       payment_method_id, payment_method_kind, card_brand, card_last4, card_exp_month, card_exp_year, payment_method_at)
     VALUES ($1, 'cus_test', false, 'Acme Robotics Research and Development GmbH', 'accounts.payable@acme-robotics.example', 'Invalidenstraße 117', 'Berlin', '10115', 'DE', 'eu_vat', 'DE123456789',
       'pm_test', 'card', 'visa', '4242', 11, 2029, now())
     ON CONFLICT (org_id) DO UPDATE SET card_brand = EXCLUDED.card_brand, card_last4 = EXCLUDED.card_last4`,
    [orgId],
  )
  await pool.query(
    `INSERT INTO invoice_collection (invoice_id, org_id, state, amount_cents, tax_cents, stripe_invoice_id, due_at, charge_attempts, charge_failed_at, charge_failure, hosted_url)
     VALUES ($1, $2, 'open', 123, 23, 'in_test', now() + interval '4 days', 2, now(), 'The card has insufficient funds.', 'https://invoice.stripe.com/i/test')`,
    [invoiceId, orgId],
  )
  await pool.query(
    `INSERT INTO credit_standing (org_id, starter_pusd, line_pusd, owed_pusd, dunning_stage, oldest_unpaid_id, oldest_unpaid_due_at)
     VALUES ($1, 10000000000000, 50000000000000, 31415926535897, 'notice', $2, now() - interval '1 day')
     ON CONFLICT (org_id) DO UPDATE SET line_pusd = EXCLUDED.line_pusd, owed_pusd = EXCLUDED.owed_pusd, dunning_stage = EXCLUDED.dunning_stage,
       oldest_unpaid_id = EXCLUDED.oldest_unpaid_id, oldest_unpaid_due_at = EXCLUDED.oldest_unpaid_due_at`,
    [orgId, invoiceId],
  )
  await pool.query(
    'INSERT INTO auto_top_up (org_id, is_enabled, threshold_cents, amount_cents, daily_cap_cents) VALUES ($1, true, 1000, 4000, 20000)',
    [orgId],
  )
  await pool.query(
    `INSERT INTO topup (id, org_id, amount_cents, state, failure, created_at, settled_at) VALUES
       ($1, $3, 4000, 'succeeded', NULL, now() - interval '3 days', now() - interval '3 days'),
       ($2, $3, 4000, 'failed', 'The card was declined.', now(), now())`,
    [buildId(Date.now()), buildId(Date.now()), orgId],
  )
  await postTopUp(pool, orgId)
  await issueCreditNotes(pool, orgId, invoiceId)
}

/** One that came through, and one whose refund the card refuses. */
const issueCreditNotes = async (pool: Pool, orgId: string, invoiceId: string): Promise<void> => {
  const notes = [
    {
      reason: 'Two calls of 11 November were counted by a wrong price.',
      cents: 20,
      way: 'lowers_due',
      state: 'settled',
    },
    { reason: 'Goodwill for the outage of 12 November.', cents: 15, way: 'refund', state: 'failed' },
  ]
  for (const [index, { reason, cents, way, state }] of notes.entries()) {
    const id = buildId(Date.now())
    await pool.query(
      `INSERT INTO credit_note (id, org_id, invoice_id, number, sequence, reason, total_cents, tax_cents, issued_by, issued_at, html, html_sha256, pdf, pdf_sha256)
       VALUES ($1, $2, $3, $4, $5, $6, $7, 3, 'operator', now(), 'as issued', sha256('as issued'), '%PDF-as issued', sha256('%PDF-as issued'))`,
      [id, orgId, invoiceId, `CN-acme-robotics-000${index + 1}`, index + 1, reason, cents],
    )
    await pool.query(
      `INSERT INTO credit_note_settlement (credit_note_id, org_id, way, state, attempts, last_error) VALUES ($1, $2, $3, $4, 3, $5)`,
      [
        id,
        orgId,
        way,
        state,
        state === 'failed' ? 'charge_disputed: This charge is in dispute and cannot be refunded.' : null,
      ],
    )
  }
}
