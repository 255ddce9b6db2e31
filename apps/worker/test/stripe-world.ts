import { randomUUID } from 'node:crypto'
import { createStripe, type Stripe } from '@atpar/billing/client'
import { PUSD_PER_CENT } from '@atpar/core/money'
import { createPool, type Pool } from '@atpar/db/pool'
import { createTestDatabase } from '@atpar/testkit/postgres'
import { startSimulators, type Simulators } from '@atpar/simulators/start'
import type { CollectDeps } from '../src/collect/collecting.ts'
import { createOrg, type TestOrg } from './books.ts'

const NOW_MS = Date.UTC(2026, 11, 1, 2)

/** A database, simulated Stripe and a client of it that gives up at once, so that a test decides what is tried again. */
export interface StripeWorld {
  readonly owner: Pool
  /** What the product's worker may do. */
  readonly worker: Pool
  readonly simulators: Simulators
  readonly stripe: Stripe
  readonly deps: CollectDeps
  readonly logged: { event: string; fields: unknown }[]
  readonly stop: () => Promise<void>
}

export const startStripeWorld = async (): Promise<StripeWorld> => {
  const database = await createTestDatabase()
  const owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test-owner' })
  const worker = createPool({ url: database.urlFor('worker'), max: 4, applicationName: 'test-worker' })
  const simulators = await startSimulators()
  const stripe = createStripe({
    secretKey: 'sk_test_simulated',
    apiUrl: `http://127.0.0.1:${simulators.port}`,
    retries: 0,
    timeoutMs: 5_000,
    perSecond: 10_000,
  })
  const logged: StripeWorld['logged'] = []
  const note = (event: string, fields?: unknown): void => void logged.push({ event, fields })
  const deps: CollectDeps = {
    pool: worker,
    collecting: { stripe, livemode: false, tax: 'off' },
    nowMs: NOW_MS,
    log: { info: note, warn: note, error: note },
  }
  const stop = async (): Promise<void> => {
    await simulators.close()
    await Promise.all([owner.end(), worker.end()])
    await database.drop()
  }
  return { owner, worker, simulators, stripe, deps, logged, stop }
}

export interface TestInvoice extends TestOrg {
  readonly invoiceId: string
}

/** An invoice of November as a close leaves it: issued, with its lines and its claim in the ledger, and due to be collected. */
export const issueInvoice = async (owner: Pool, cents: readonly bigint[], known?: TestOrg): Promise<TestInvoice> => {
  const org = known ?? (await createOrg(owner))
  const invoiceId = randomUUID()
  const total = cents.reduce((sum, each) => sum + each, 0n)
  const pusd = (total * PUSD_PER_CENT).toString()
  const evidence = {
    eventCount: '1',
    sha256: '00',
    rule: 'none',
    lines: cents.map((each, position) => ({
      position,
      events: '1',
      costPusd: (each * PUSD_PER_CENT).toString(),
      absorbedPusd: '0',
    })),
  }
  await owner.query(
    `INSERT INTO invoice (id, org_id, period, sequence, number, status, usage_pusd, carry_in_pusd, carry_out_pusd, total_cents, event_count, evidence, document_html, document_sha256)
    VALUES ($1, $2, '2026-11-01', (SELECT count(*) + 1 FROM invoice WHERE org_id = $2), $3, 'finalised', $4, 0, 0, $5, 1, $6, '', '')`,
    [invoiceId, org.id, `T-${invoiceId.slice(-12)}`, pusd, total.toString(), JSON.stringify(evidence)],
  )
  for (const [position, each] of cents.entries())
    await owner.query(
      `INSERT INTO invoice_line (id, org_id, invoice_id, position, kind, description, billing_period, units, amount_pusd, cents) VALUES ($1, $2, $3, $4, 'usage', $5, '2026-11-01', '{}', $6, $7)`,
      [
        randomUUID(),
        org.id,
        invoiceId,
        position,
        `Model ${position}`,
        (each * PUSD_PER_CENT).toString(),
        each.toString(),
      ],
    )
  await owner.query(
    `INSERT INTO invoice_collection (invoice_id, org_id, state, amount_cents) VALUES ($1, $2, 'draft', $3)`,
    [invoiceId, org.id, total.toString()],
  )
  const transactionId = randomUUID()
  await owner.query(
    `WITH posted AS (INSERT INTO ledger_transaction (id, org_id, natural_key, kind, period) VALUES ($1, $2, $3, 'invoice', '2026-11-01'))
    INSERT INTO ledger_entry (id, org_id, transaction_id, account, amount_pusd) VALUES ($4, $2, $1, 'ar_open', $6), ($5, $2, $1, 'unbilled_usage', -$6::numeric)`,
    [transactionId, org.id, `invoice:${invoiceId}`, randomUUID(), randomUUID(), pusd],
  )
  return { ...org, invoiceId }
}

/** Balances of an organization's accounts in cents; accounts of zero left out. */
export const balancesOf = async (owner: Pool, orgId: string): Promise<Readonly<Record<string, bigint>>> => {
  const { rows } = await owner.query<{ account: string; cents: string }>(
    `SELECT account, (sum(amount_pusd) / 10000000000)::text AS cents FROM ledger_entry WHERE org_id = $1 GROUP BY account HAVING sum(amount_pusd) <> 0`,
    [orgId],
  )
  return Object.fromEntries(rows.map((row) => [row.account, BigInt(row.cents.replace(/\.0+$/, ''))]))
}

/** Gives an organization a customer with a card that is charged from then on. */
export const addCard = async (world: StripeWorld, owner: Pool, org: { id: string; card?: string }): Promise<string> => {
  const customer = await world.stripe.customers.create({ metadata: { org_id: org.id }, address: { country: 'SG' } })
  const method = await world.stripe.paymentMethods.attach(org.card ?? 'pm_card_visa', { customer: customer.id })
  await world.stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } })
  await owner.query(
    `INSERT INTO billing_account (org_id, stripe_customer_id, livemode) VALUES ($1, $2, false)
    ON CONFLICT (org_id) DO UPDATE SET stripe_customer_id = EXCLUDED.stripe_customer_id`,
    [org.id, customer.id],
  )
  return customer.id
}

/** Lets the next attempt begin now. */
export const makeDue = async (owner: Pool): Promise<void> => {
  await owner.query('UPDATE invoice_collection SET next_attempt_at = now()')
  await owner.query('UPDATE stripe_event SET next_attempt_at = now() WHERE applied_at IS NULL')
}
