import type { Pool } from '@atpar/db/pool'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  addCard,
  balancesOf,
  issueInvoice,
  makeDue,
  startStripeWorld,
  type StripeWorld,
  type TestInvoice,
} from '../../test/stripe-world.ts'
import { proveAll } from '../billing/prove.ts'
import { proveP4 } from '../billing/prove-book.ts'
import { applyEvent } from './apply-event.ts'
import { findUnplacedMoney, proveAllCash } from './prove-cash.ts'
import { pushInvoice } from './push-invoice.ts'
import { collectDue, sweepStripe } from './sweep.ts'

vi.setConfig({ testTimeout: 60_000 })

let owner: Pool
let worker: Pool
let world: StripeWorld
let invoice: TestInvoice

beforeAll(async () => {
  world = await startStripeWorld()
  ;({ owner, worker } = world)
}, 60_000)
afterAll(() => world.stop())
beforeEach(async () => {
  invoice = await issueInvoice(owner, [700n, 300n])
  await addCard(world, owner, invoice)
})

const push = async (): Promise<void> => {
  expect(await pushInvoice(world.deps, invoice.invoiceId)).toMatchObject({ kind: 'pushed' })
  await world.simulators.stripe.idle()
}
const events = () => [...world.simulators.stripe.world.tables.events.values()]
/** Delivered as a webhook would: whatever the order, however often. */
const hear = async (ids: readonly string[]): Promise<void> => {
  for (const id of ids) {
    const event = events().find((one) => one.id === id)
    await owner.query(
      `INSERT INTO stripe_event (id, type, object_id, livemode, occurred_at, source) VALUES ($1, $2, $3, false, now(), 'webhook') ON CONFLICT (id) DO NOTHING`,
      [id, event?.type, event?.data.object['id'] ?? ''],
    )
    await applyEvent(world.deps, id)
  }
}
const sweep = () => sweepStripe(world.deps, Date.now() + 60_000)
const chargeId = async (): Promise<string> => {
  const { rows } = await owner.query<{ id: string }>('SELECT stripe_charge_id AS id FROM payment WHERE org_id = $1', [
    invoice.id,
  ])
  return rows[0]?.id ?? ''
}
const cashDifference = async () => (await proveP4(owner, invoice.id))?.differencePusd
const PAID = { unbilled_usage: -1000n, 'cash:stripe': 941n, stripe_fees: 59n }

describe('events', () => {
  it('in any order, twice, and again in three days come to what Stripe has, and post the cash once', async () => {
    await push()
    const heard = events()
      .filter((event) => !event.type.startsWith('account'))
      .map((event) => event.id)
    await hear([...heard.toReversed(), ...heard])
    await owner.query('UPDATE stripe_event SET applied_at = NULL, attempts = 0, next_attempt_at = now()')
    await hear(heard)
    expect(await balancesOf(owner, invoice.id)).toEqual(PAID)
    const { rows } = await owner.query('SELECT state, paid_cents::int FROM invoice_collection WHERE invoice_id = $1', [
      invoice.invoiceId,
    ])
    expect(rows).toEqual([{ state: 'paid', paid_cents: 1000 }])
  })

  it('that no webhook brought are found at night', async () => {
    await push()
    await sweep()
    expect(await balancesOf(owner, invoice.id)).toEqual(PAID)
    const { rows } = await owner.query<{ waiting: string }>(
      'SELECT count(*) AS waiting FROM stripe_event WHERE applied_at IS NULL',
    )
    expect(rows[0]?.waiting).toBe('0')
  })

  it('that are about nobody here are set aside', async () => {
    const stranger = await world.stripe.customers.create({ email: 'somebody@example.com' })
    await hear(
      events()
        .filter((event) => event.data.object['id'] === stranger.id)
        .map((event) => event.id),
    )
    const { rows } = await owner.query('SELECT outcome FROM stripe_event WHERE object_id = $1', [stranger.id])
    expect(rows).toEqual([{ outcome: 'ignored' }])
  })

  it('are tried again when Stripe does not answer', async () => {
    await push()
    const [paid] = events()
      .filter((event) => event.type === 'invoice.paid')
      .slice(-1)
    world.simulators.stripe.faults.add({ kind: 'error_500', match: { path: '/v1/invoices/:id' }, times: 1 })
    await hear([paid?.id ?? ''])
    await makeDue(owner)
    await hear([paid?.id ?? ''])
    const { rows } = await owner.query('SELECT outcome, attempts FROM stripe_event WHERE id = $1', [paid?.id])
    expect(rows).toEqual([{ outcome: 'applied', attempts: 2 }])
  })
})

describe('money that goes back', () => {
  it('is posted once as a refund, from a request of ours that was answered by nothing', async () => {
    await push()
    await sweep()
    const { rows } = await owner.query<{ id: string }>(
      `INSERT INTO refund (id, org_id, payment_id, amount_cents, reason, settles, state)
      SELECT gen_random_uuid(), org_id, id, 300, 'Goodwill', 'refunds', 'requested' FROM payment WHERE org_id = $1 RETURNING id`,
      [invoice.id],
    )
    world.simulators.stripe.faults.add({ kind: 'stored_500', match: { method: 'POST', path: '/v1/refunds' }, times: 1 })
    await collectDue(world.deps)
    await owner.query(`UPDATE refund SET updated_at = now() - interval '1 hour'`)
    await collectDue(world.deps)
    await sweep()
    expect(await balancesOf(owner, invoice.id)).toEqual({ ...PAID, 'cash:stripe': 641n, refunds: 300n })
    expect((await owner.query('SELECT state FROM refund WHERE id = $1', [rows[0]?.id])).rows).toEqual([
      { state: 'succeeded' },
    ])
    expect((await world.stripe.refunds.list({ charge: await chargeId() })).data).toHaveLength(1)
  })

  it('is posted for a refund that somebody made at Stripe', async () => {
    await push()
    await sweep()
    await world.stripe.refunds.create({ charge: await chargeId(), amount: 100 })
    await sweep()
    expect(await balancesOf(owner, invoice.id)).toMatchObject({ refunds: 100n, 'cash:stripe': 841n })
  })

  it.each(['won', 'lost'] as const)('is held apart while it is disputed, until that is %s', async (outcome) => {
    await push()
    await sweep()
    const dispute = world.simulators.stripe.openDispute(await chargeId())
    await sweep()
    expect(await balancesOf(owner, invoice.id)).toMatchObject({ disputed: 1000n })
    const { rows } = await owner.query<{ prepaid: boolean; evidence: { text: string } }>(
      `SELECT a.prepaid_only_since IS NOT NULL AS prepaid, d.evidence FROM dispute d JOIN billing_account a ON a.org_id = d.org_id WHERE d.org_id = $1`,
      [invoice.id],
    )
    expect(rows[0]?.prepaid).toBe(true)
    expect(rows[0]?.evidence.text).toContain('over $10.00 for 2026-11')
    world.simulators.stripe.closeDispute(dispute.id, outcome)
    await sweep()
    const balances = await balancesOf(owner, invoice.id)
    expect(balances['disputed']).toBeUndefined()
    expect(balances['written_off']).toBe(outcome === 'lost' ? 1000n : undefined)
    expect(await cashDifference()).toBe(0n)
  })
})

describe('a card that was just saved', () => {
  const declined = async (): Promise<string> => {
    const customerId = await addCard(world, owner, { ...invoice, card: 'pm_card_chargeCustomerFail' })
    await push()
    await sweep()
    const { rows } = await owner.query(
      'SELECT state FROM invoice_collection WHERE invoice_id = $1 AND charge_failed_at IS NOT NULL',
      [invoice.invoiceId],
    )
    expect(rows).toEqual([{ state: 'open' }])
    return customerId
  }
  const save = async (customerId: string, card: string): Promise<void> => {
    const before = new Set(events().map((event) => event.id))
    await world.stripe.setupIntents.create({
      customer: customerId,
      payment_method: card,
      confirm: true,
      usage: 'off_session',
    })
    await world.simulators.stripe.idle()
    const saved = events().filter((event) => event.type === 'setup_intent.succeeded' && !before.has(event.id))
    await hear(saved.map((event) => event.id))
    await owner.query(
      'UPDATE stripe_event SET applied_at = NULL, attempts = 0, next_attempt_at = now() WHERE id = ANY ($1)',
      [saved.map((event) => event.id)],
    )
    await hear(saved.map((event) => event.id))
  }
  const collection = async () =>
    (
      await owner.query('SELECT state, paid_cents::int FROM invoice_collection WHERE invoice_id = $1', [
        invoice.invoiceId,
      ])
    ).rows[0]

  it('pays what the one before did not, once', async () => {
    await save(await declined(), 'pm_card_visa')
    await sweep()
    expect(await collection()).toEqual({ state: 'paid', paid_cents: 1000 })
    expect(await balancesOf(owner, invoice.id)).toEqual(PAID)
  })

  it('and is declined too leaves the invoice open', async () => {
    await save(await declined(), 'pm_card_chargeCustomerFail')
    expect(await collection()).toEqual({ state: 'open', paid_cents: 0 })
  })
})

describe('P4', () => {
  it('holds for everybody after all of this, and sees one posting that was changed', async () => {
    await push()
    await sweep()
    await proveAllCash(world.deps)
    const { rows } = await owner.query(`SELECT 1 FROM proof_run WHERE proof = 'P4' AND difference_pusd <> 0`)
    expect(rows).toEqual([])
    expect(await findUnplacedMoney(owner)).toEqual([])
    const result = await proveP4(owner, invoice.id)
    expect(result).toMatchObject({ proof: 'P4', detail: { bookMovedCents: '1000', bookFeesCents: '59' } })
    await owner.query(
      `WITH posted AS (INSERT INTO ledger_transaction (id, org_id, natural_key, kind, period) VALUES (gen_random_uuid(), $1, gen_random_uuid()::text, 'adjustment', '2026-11-01') RETURNING id)
      INSERT INTO ledger_entry (id, org_id, transaction_id, account, amount_pusd) SELECT gen_random_uuid(), $1, id, account, amount FROM posted, (VALUES ('cash:stripe', 7), ('ar_open', -7)) AS e (account, amount)`,
      [invoice.id],
    )
    expect(await cashDifference()).toBe(7n)
  })

  it('runs with the other proofs of a month, from the day money moves', async () => {
    const proofs = async () =>
      (await proveAll(worker, { orgId: invoice.id, period: '2026-11-01' })).map(({ proof }) => proof)
    expect(await proofs()).not.toContain('P4')
    await push()
    await sweep()
    expect(await proofs()).toContain('P4')
  })

  it('waits for the night that copies a payment, and for no longer', async () => {
    await push()
    await hear(events().map((event) => event.id))
    expect(await proveP4(worker, invoice.id)).toMatchObject({
      differencePusd: 0n,
      detail: { ledgerCash: '0', awaitingCash: '9410000000000' },
    })
    await owner.query(`UPDATE ledger_transaction SET posted_at = posted_at - interval '3 days' WHERE org_id = $1`, [
      invoice.id,
    ])
    expect(await cashDifference()).toBe(10_000_000_000_000n)
    await sweep()
    expect(await proveP4(worker, invoice.id)).toMatchObject({ differencePusd: 0n, detail: { awaitingCash: '0' } })
  })

  it('leaves to another installation what moved before the organization was brought here', async () => {
    await push()
    await hear(events().map((event) => event.id))
    await owner.query(`UPDATE ledger_transaction SET posted_at = posted_at - interval '3 days' WHERE org_id = $1`, [
      invoice.id,
    ])
    await owner.query(
      `INSERT INTO audit_log (id, org_id, actor_kind, action, subject_kind, subject_id) VALUES (new_uuid_v7(), $1::uuid, 'system', 'organization-imported', 'organization', $1)`,
      [invoice.id],
    )
    expect(await proveP4(worker, invoice.id)).toBeNull()
  })
})
