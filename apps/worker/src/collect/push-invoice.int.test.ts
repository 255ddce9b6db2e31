import type { Pool } from '@atpar/db/pool'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  addCard,
  balancesOf,
  issueInvoice,
  makeDue,
  startStripeWorld,
  type StripeWorld,
  type TestInvoice,
} from '../../test/stripe-world.ts'
import { pushInvoice } from './push-invoice.ts'
import { syncInvoice } from './sync-invoice.ts'

vi.setConfig({ testTimeout: 30_000 })

let owner: Pool
let world: StripeWorld
let invoice: TestInvoice

beforeAll(async () => {
  world = await startStripeWorld()
  ;({ owner } = world)
}, 60_000)
afterAll(() => world.stop())
beforeEach(async () => {
  world.logged.length = 0
  invoice = await issueInvoice(owner, [700n, 300n, 234n])
})
afterEach(() => world.simulators.stripe.faults.clear())

/** Every Stripe invoice of the organization, whatever became of it. */
const atStripe = () =>
  [...world.simulators.stripe.world.tables.invoices.values()].filter(
    (one) => one.metadata?.['invoice_uuid'] === invoice.invoiceId,
  )
const collection = async () => {
  const { rows } = await owner.query<Record<string, unknown>>(
    'SELECT state, stripe_invoice_id, push_version, paid_cents::text, attempts, blocked_reason, last_error FROM invoice_collection WHERE invoice_id = $1',
    [invoice.invoiceId],
  )
  return rows[0]
}
const push = () => pushInvoice(world.deps, invoice.invoiceId)
/** As a worker would: until it went through, with nothing repeated by hand. */
const pushUntilDone = async (): Promise<number> => {
  for (let attempt = 1; attempt <= 8; attempt += 1) {
    await makeDue(owner)
    if ((await push()).kind === 'pushed') return attempt
  }
  throw new Error(`still not pushed: ${JSON.stringify(await collection())}`)
}
const expectOne = (): void => {
  expect(atStripe().map((one) => [one.status, one.subtotal])).toEqual([[expect.stringMatching(/open|paid/), 1_234]])
}

describe('pushing an invoice', () => {
  it('makes one Stripe invoice with our number, our lines and our total, and its charge is posted once', async () => {
    await addCard(world, owner, invoice)
    expect(await push()).toMatchObject({ kind: 'pushed' })
    await world.simulators.stripe.idle()
    expectOne()
    const [made] = atStripe()
    expect(made).toMatchObject({ number: `T-${invoice.invoiceId.slice(-12)}`, status: 'paid' })
    for (let again = 0; again < 3; again += 1) await syncInvoice(world.deps, made?.id ?? '')
    expect(await collection()).toMatchObject({ state: 'paid', paid_cents: '1234' })
    expect(await balancesOf(owner, invoice.id)).toEqual({
      unbilled_usage: -1234n,
      'cash:stripe': 1168n,
      stripe_fees: 66n,
    })
    expect(await push()).toEqual({ kind: 'idle' })
  })

  it('charges nobody for what the balance paid', async () => {
    await owner.query('UPDATE invoice_collection SET prepaid_cents = 1234, amount_cents = 0 WHERE invoice_id = $1', [
      invoice.invoiceId,
    ])
    await push()
    expect(await collection()).toMatchObject({ state: 'paid' })
    expect(atStripe()).toEqual([])
  })

  it('asks Stripe only for what the balance left over', async () => {
    await owner.query('UPDATE invoice_collection SET prepaid_cents = 234, amount_cents = 1000 WHERE invoice_id = $1', [
      invoice.invoiceId,
    ])
    await push()
    expect(atStripe().map((one) => one.subtotal)).toEqual([1_000])
  })

  it('makes one customer for one organization, also when two push at once and a year later', async () => {
    const second = await issueInvoice(owner, [100n], invoice)
    await Promise.all([push(), pushInvoice(world.deps, second.invoiceId)])
    const customers = () =>
      [...world.simulators.stripe.world.tables.customers.values()].filter(
        (one) => one.metadata['org_id'] === invoice.id,
      )
    expect(customers()).toHaveLength(1)
    world.simulators.stripe.pruneKeys()
    await owner.query('UPDATE billing_account SET stripe_customer_id = NULL WHERE org_id = $1', [invoice.id])
    const third = await issueInvoice(owner, [100n], invoice)
    await pushInvoice(world.deps, third.invoiceId)
    expect(customers()).toHaveLength(1)
  })

  const STEPS = [
    ['the customer', { method: 'POST', path: '/v1/customers' }, 0],
    ['the draft', { method: 'POST', path: '/v1/invoices' }, 0],
    ['the first line', { method: 'POST', path: '/v1/invoiceitems' }, 0],
    ['the last line', { method: 'POST', path: '/v1/invoiceitems' }, 2],
    ['the comparison', { method: 'GET', path: '/v1/invoices/:id' }, 0],
    ['the finalisation', { method: 'POST', path: '/v1/invoices/:id/finalize' }, 0],
  ] as const
  const FAULTS = ['reset', 'reset_after_commit', 'stored_500', 'error_500', 'rate_limit'] as const

  for (const [step, match, after] of STEPS)
    it.each(FAULTS)(`ends in one invoice over the right amount when ${step} meets %s`, async (kind) => {
      world.simulators.stripe.faults.add({ kind, match: { ...match }, times: 2, after })
      expect(await pushUntilDone()).toBeLessThanOrEqual(3)
      expectOne()
      expect(await collection()).toMatchObject({ state: expect.stringMatching(/open|paid/), last_error: null })
    })

  it.each([
    'before the draft is noted',
    'with half of the lines',
    'before it is finalised',
    'before it is noted as open',
  ])('is gone on with after a crash %s, also when Stripe has forgotten its keys', async (moment) => {
    const pathOf: Readonly<Record<string, readonly [string, 'GET' | 'POST', number]>> = {
      'before the draft is noted': ['/v1/invoices', 'POST', 0],
      'with half of the lines': ['/v1/invoiceitems', 'POST', 1],
      'before it is finalised': ['/v1/invoices/:id', 'GET', 0],
      'before it is noted as open': ['/v1/invoices/:id/finalize', 'POST', 0],
    }
    const [path, method, after] = pathOf[moment] ?? ['', 'GET', 0]
    world.simulators.stripe.faults.add({ kind: 'reset_after_commit', match: { path, method }, times: 2, after })
    await push()
    // What a process that died would not have written.
    await owner.query(
      `UPDATE invoice_collection SET stripe_invoice_id = NULL, last_error = NULL, next_attempt_at = now() WHERE invoice_id = $1`,
      [invoice.invoiceId],
    )
    world.simulators.stripe.advance(25 * 3_600)
    world.simulators.stripe.pruneKeys()
    expect(await pushUntilDone()).toBe(1)
    expectOne()
  })

  it('survives a storm of 429 and failures, at any request', async () => {
    world.simulators.stripe.faults.setChaos({ seed: 4, requests: 0.35 })
    try {
      for (let attempt = 0; attempt < 60 && (await collection())?.['state'] !== 'open'; attempt += 1) {
        await makeDue(owner)
        await push()
      }
    } finally {
      world.simulators.stripe.faults.setChaos(null)
    }
    expectOne()
  })

  it('throws a draft away that somebody else wrote into, and never finalises it', async () => {
    const customer = await addCard(world, owner, invoice)
    world.simulators.stripe.faults.add({
      kind: 'reset',
      match: { method: 'POST', path: '/v1/invoices/:id/finalize' },
      // The client repeats a request whose connection was lost once.
      times: 2,
    })
    await push()
    const [draft] = atStripe()
    await world.stripe.invoiceItems.create({ customer, invoice: draft?.id ?? '', amount: 5, currency: 'usd' })
    await makeDue(owner)
    expect(await push()).toMatchObject({ kind: 'waiting' })
    expect(world.logged.map((one) => one.event)).toContain('stripe-draft-differs')
    expect(await pushUntilDone()).toBe(1)
    expectOne()
    expect(await collection()).toMatchObject({ push_version: 2 })
  })

  it('holds back the invoices of an organization whose proof fails, and of nobody else', async () => {
    await owner.query(
      `INSERT INTO proof_run (id, org_id, proof, period, difference_pusd, detail) VALUES (gen_random_uuid(), $1, 'P3', '2026-11-01', 7, '{}')`,
      [invoice.id],
    )
    expect(await push()).toMatchObject({ kind: 'waiting', reason: 'proof P3 is off by 7 pUSD' })
    expect(atStripe()).toEqual([])
    const other = await issueInvoice(owner, [100n])
    expect(await pushInvoice(world.deps, other.invoiceId)).toMatchObject({ kind: 'pushed' })
    await owner.query(
      `INSERT INTO proof_run (id, org_id, proof, period, difference_pusd, detail, ran_at) VALUES (gen_random_uuid(), $1, 'P3', '2026-11-01', 0, '{}', now() + interval '1 second')`,
      [invoice.id],
    )
    expect(await pushUntilDone()).toBe(1)
  })

  it('waits for a better address where tax is required, and goes out without it where it is not', async () => {
    const taxed = (tax: 'required' | 'optional') => ({ ...world.deps, collecting: { ...world.deps.collecting, tax } })
    expect(await pushInvoice(taxed('required'), invoice.invoiceId)).toMatchObject({ kind: 'waiting' })
    expect(await collection()).toMatchObject({ blocked_reason: 'tax_location' })
    await makeDue(owner)
    expect(await pushInvoice(taxed('optional'), invoice.invoiceId)).toMatchObject({ kind: 'pushed' })
    expectOne()
  })
})
