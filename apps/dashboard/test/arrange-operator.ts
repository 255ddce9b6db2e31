import { readPricesInForce, proposePrices } from '@atpar/db/price-proposals'
import type { Pool } from '@atpar/db/pool'
import { buildId } from '@atpar/testkit/usage-events'

const MODEL = 'gpt-4o-mini'

/** Every proof of this month at zero, and two of the last month that differ. */
const recordProofs = async (pool: Pool, orgSlug: string): Promise<void> => {
  const { rows } = await pool.query<{ id: string }>('SELECT id FROM organization WHERE slug = $1', [orgSlug])
  const runs = [
    ...['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7'].map((proof) => ({ proof, period: '2026-11-01', difference: '0' })),
    { proof: 'P2', period: '2026-09-01', difference: '-105000001' },
    { proof: 'P3', period: '2026-09-01', difference: '0' },
  ]
  for (const { proof, period, difference } of runs)
    await pool.query(
      'INSERT INTO proof_run (id, org_id, proof, period, difference_pusd, detail) VALUES ($1, $2, $3, $4, $5, $6)',
      [
        buildId(Date.now()),
        rows[0]?.id,
        proof,
        period,
        difference,
        difference === '0' ? {} : { events: '1234567890000', rollup: '1234462889999' },
      ],
    )
}

/** A day that agrees, one that is explained and one that is not, with its incident; and an incident somebody closed. */
const recordReconciliation = async (pool: Pool, operatorEmail: string): Promise<void> => {
  const today = new Date().toISOString().slice(0, 10)
  const incidentId = buildId(Date.now())
  await pool.query(
    `INSERT INTO incident (id, kind, subject, summary, difference_pusd, opened_at, closed_at, closed_by, closing_reason)
     SELECT $1::uuid, 'reconciliation', 'openai/gpt-4o/' || $2, 'openai gpt-4o on ' || $2 || ': input_uncached +1204 (not_on_our_books)', 3010000000, now() - interval '5 hours',
       NULL::timestamptz, NULL::uuid, NULL
     UNION ALL
     SELECT gen_random_uuid(), 'unpriced-usage', 'openai/gpt-99/', 'openai/gpt-99 was used 3 times without a price', 0, now() - interval '9 days', now() - interval '8 days',
       id, 'A preview that OpenAI does not charge for.' FROM app_user WHERE email = $3`,
    [incidentId, today, operatorEmail],
  )
  const days = [
    { model: 'gpt-4o', verdict: 'different', bill: '9010000000', difference: '1204', why: 'not_on_our_books' },
    { model: MODEL, verdict: 'explained', bill: '6000150000', difference: '31', why: 'unfinished_attempts' },
    { model: 'text-embedding-3-small', verdict: 'equal', bill: null, difference: '0', why: 'none' },
  ]
  for (const { model, verdict, bill, difference, why } of days)
    await pool.query(
      `INSERT INTO reconciliation (provider, model, day, model_ids, verdict, our_cost_pusd, bill_cost_pusd, unexplained_units, unexplained_pusd, buckets, incident_id)
       VALUES ('openai', $1::text, $2, ARRAY[$1::text], $3, 6000000000, $4, 0, 0, $5, $6)`,
      [
        model,
        today,
        verdict,
        bill,
        JSON.stringify([
          { bucket: 'input_uncached', ours: '8230452', billed: '8231656', difference, explanation: why },
          { bucket: 'output_text', ours: '1000', billed: '1000', difference: '0', explanation: 'none' },
        ]),
        verdict === 'different' ? incidentId : null,
      ],
    )
}

/** A price that falls a little, one that rises tenfold, and one that ends. */
const proposeSomePrices = async (pool: Pool): Promise<void> => {
  const inForce = (await readPricesInForce(pool)).filter((price) => price.offeringId.endsWith(MODEL))
  const [fallen, risen, ended] = inForce
  if (fallen === undefined || risen === undefined || ended === undefined) throw new Error(`${MODEL} has too few prices`)
  const dearer = (row: typeof fallen, times: bigint, parts = 1n) => ({
    ...row,
    amountPusd: row.amountPusd * times,
    perUnits: row.perUnits * parts,
  })
  await proposePrices(pool, {
    source: 'test prices',
    sourceVersion: '2',
    origin: 'nightly',
    changes: [
      { kind: 'changed', before: fallen, after: dearer(fallen, 4n, 5n) },
      { kind: 'changed', before: risen, after: dearer(risen, 10n) },
      { kind: 'removed', before: ended, after: null },
    ],
  })
}

const recordStripeEvents = async (pool: Pool): Promise<void> => {
  const events = [
    { type: 'invoice.paid', objectId: 'in_1QTestOfAtpar000000001', source: 'webhook', outcome: 'applied' },
    { type: 'customer.updated', objectId: 'cus_TestOfAtpar0001', source: 'webhook', outcome: 'unchanged' },
    { type: 'charge.dispute.created', objectId: 'dp_1QTestOfAtpar000000001', source: 'sweep', outcome: 'applied' },
    { type: 'charge.refunded', objectId: 'ch_1QTestOfAtpar000000002', source: 'webhook', outcome: 'failed' },
    { type: 'payment_intent.payment_failed', objectId: 'pi_1QTestOfAtpar00003', source: 'webhook', outcome: null },
  ]
  for (const [index, { type, objectId, source, outcome }] of events.entries())
    await pool.query(
      `INSERT INTO stripe_event (id, type, object_id, livemode, occurred_at, source, deliveries, attempts, applied_at, outcome, last_error)
       VALUES ($1, $2, $3, false, now(), $4, $5, $6, CASE WHEN $7::text IS NULL THEN NULL ELSE now() END, $7, $8)`,
      [
        `evt_${index}`,
        type,
        objectId,
        source,
        index + 1,
        outcome === 'failed' ? 12 : 1,
        outcome,
        outcome === 'failed' ? 'The charge ch_1QTestOfAtpar000000002 is of a customer we do not know.' : null,
      ],
    )
}

const askForAccess = (pool: Pool, orgSlug: string, operatorEmail: string) =>
  pool.query(
    `INSERT INTO support_access (id, org_id, operator_user_id, operator_name, operator_email, reason, hours)
     SELECT $1, o.id, u.id, u.name, u.email, 'The total of October looks too low to the customer (ticket 4711).', 4
     FROM organization o, app_user u WHERE o.slug = $2 AND u.email = $3`,
    [buildId(Date.now()), orgSlug, operatorEmail],
  )

/** Makes this person one of the platform's staff, and gives every page of theirs something to show. */
export const arrangeOperator = async (pool: Pool, email: string, orgSlug: string): Promise<void> => {
  await pool.query('UPDATE app_user SET is_operator = true WHERE email = $1', [email])
  await recordProofs(pool, orgSlug)
  await recordReconciliation(pool, email)
  await proposeSomePrices(pool)
  await recordStripeEvents(pool)
  await askForAccess(pool, orgSlug, email)
}
