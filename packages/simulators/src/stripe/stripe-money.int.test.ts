import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Stripe } from 'stripe'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { startSimulators, type Simulators } from '../start.ts'

const DAY = 86_400
const folder = mkdtempSync(join(tmpdir(), 'simulated-stripe-'))
let simulators: Simulators
let stripe: Stripe

beforeAll(async () => {
  simulators = await startSimulators()
  stripe = connect(simulators)
})
afterAll(async () => {
  await simulators.close()
  rmSync(folder, { recursive: true })
})

const connect = ({ port }: Simulators) =>
  new Stripe('sk_test_simulated', {
    host: '127.0.0.1',
    port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
  })

async function customerWithCard(card: string, address: Stripe.AddressParam = { country: 'SG' }) {
  const customer = await stripe.customers.create({ email: 'ada@example.com', address })
  const { id } = await stripe.paymentMethods.attach(card, { customer: customer.id })
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: id } })
  return customer.id
}

async function draft(customer: string, cents: number, more: Stripe.InvoiceCreateParams = {}) {
  const { id } = await stripe.invoices.create({ customer, currency: 'usd', ...more })
  await stripe.invoices.addLines(id, { lines: [{ amount: cents, description: 'Use' }] })
  return id
}

async function chargeOf(invoice: string): Promise<Stripe.Charge> {
  const { data } = await stripe.invoicePayments.list({ invoice, expand: ['data.payment.payment_intent.latest_charge'] })
  const intent = data[0]?.payment.payment_intent as Stripe.PaymentIntent
  return intent.latest_charge as Stripe.Charge
}

async function paid(customer: string, cents: number): Promise<Stripe.Charge> {
  const id = await draft(customer, cents)
  await stripe.invoices.finalizeInvoice(id)
  await stripe.invoices.pay(id)
  return chargeOf(id)
}

const codeOf = async (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error as Stripe.errors.StripeError).code ?? 'no code',
  )

const eventTypes = (customer: string) =>
  [...simulators.stripe.world.tables.events.values()]
    .filter(({ data: { object } }) => object['customer'] === customer || object['id'] === customer)
    .map(({ type }) => type)

test('an invoice collected by Stripe is paid right after it is finalized', async () => {
  const customer = await customerWithCard('pm_card_visa')
  const id = await draft(customer, 900)
  const open = await stripe.invoices.finalizeInvoice(id, { auto_advance: true })
  expect(open.status).toBe('open')
  await simulators.stripe.idle()
  expect(await stripe.invoices.retrieve(id)).toMatchObject({ status: 'paid', amount_paid: 900 })
})

test('a draft that advances by itself is finalized after an hour', async () => {
  const customer = await customerWithCard('pm_card_visa')
  const id = await draft(customer, 900, { auto_advance: true })
  simulators.stripe.advance(3_599)
  expect((await stripe.invoices.retrieve(id)).status).toBe('draft')
  simulators.stripe.advance(2)
  expect((await stripe.invoices.retrieve(id)).status).toBe('paid')
})

test('a failing card is tried eight times more in two weeks, and a new card is taken by the next try', async () => {
  const customer = await customerWithCard('pm_card_chargeCustomerFail')
  const id = await draft(customer, 700)
  await stripe.invoices.finalizeInvoice(id, { auto_advance: true })
  await simulators.stripe.idle()
  const first = await stripe.invoices.retrieve(id)
  expect(first).toMatchObject({ status: 'open', attempt_count: 1, attempted: true })
  expect(first.next_payment_attempt).toBeGreaterThan(simulators.stripe.world.now())
  simulators.stripe.advance(15 * DAY)
  expect(await stripe.invoices.retrieve(id)).toMatchObject({
    status: 'open',
    attempt_count: 9,
    next_payment_attempt: null,
  })
  expect(eventTypes(customer).filter((type) => type === 'invoice.payment_failed')).toHaveLength(9)

  const other = await draft(customer, 700)
  await stripe.invoices.finalizeInvoice(other, { auto_advance: true })
  await simulators.stripe.idle()
  const good = await stripe.paymentMethods.attach('pm_card_visa', { customer })
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: good.id } })
  simulators.stripe.advance(2 * DAY)
  expect((await stripe.invoices.retrieve(other)).status).toBe('paid')
})

test('less than fifty cents is not charged: the invoice counts as paid and the next one is larger', async () => {
  const customer = await customerWithCard('pm_card_visa')
  const small = await draft(customer, 49)
  expect(await stripe.invoices.finalizeInvoice(small)).toMatchObject({
    status: 'paid',
    total: 49,
    amount_due: 0,
    ending_balance: 49,
  })
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: 49 })
  const next = await draft(customer, 100)
  expect(await stripe.invoices.finalizeInvoice(next)).toMatchObject({ status: 'open', amount_due: 149 })
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: 0 })
})

test('tax follows the address: a rate, a reverse charge, or a refusal to finalize without one', async () => {
  const taxed = async (customer: string) => {
    const id = await draft(customer, 10_000, { automatic_tax: { enabled: true } })
    return stripe.invoices.finalizeInvoice(id)
  }
  const german = await customerWithCard('pm_card_visa', { country: 'DE' })
  expect(await taxed(german)).toMatchObject({ subtotal: 10_000, total: 11_900, total_taxes: [{ amount: 1_900 }] })
  await stripe.customers.createTaxId(german, { type: 'eu_vat', value: 'DE123456789' })
  expect(await taxed(german)).toMatchObject({ total: 10_000, total_taxes: [{ taxability_reason: 'reverse_charge' }] })
  const french = await customerWithCard('pm_card_visa', { country: 'FR' })
  const mixed = await stripe.invoices.create({ customer: french, automatic_tax: { enabled: true } })
  await stripe.invoiceItems.create({ customer: french, invoice: mixed.id, amount: 1_000 })
  await stripe.invoiceItems.create({ customer: french, invoice: mixed.id, amount: 50, tax_code: 'txcd_00000000' })
  expect(await stripe.invoices.retrieve(mixed.id)).toMatchObject({
    subtotal: 1_050,
    total: 1_250,
    total_taxes: [{ amount: 200 }, { amount: 0, taxability_reason: 'product_exempt' }],
  })
  expect(await stripe.customers.retrieve(french, { expand: ['tax'] })).toMatchObject({
    tax: { automatic_tax: 'supported', location: { country: 'FR' } },
  })
  const nowhere = await stripe.customers.create({ email: 'nowhere@example.com' })
  expect(await codeOf(taxed(nowhere.id))).toBe('customer_tax_location_invalid')
  expect(eventTypes(nowhere.id)).toContain('invoice.finalization_failed')
})

test('an invoice bears the number it is given, once', async () => {
  const customer = await customerWithCard('pm_card_visa')
  const id = await draft(customer, 900, { number: 'AT-2026-11-0001' })
  expect((await stripe.invoices.finalizeInvoice(id)).number).toBe('AT-2026-11-0001')
  expect(await codeOf(stripe.invoices.create({ customer, number: 'AT-2026-11-0001' }))).not.toBe('no error')
})

test('a charge is refunded in parts, never beyond itself', async () => {
  const customer = await customerWithCard('pm_card_visa')
  const charge = await paid(customer, 1_000)
  const refund = await stripe.refunds.create({ charge: charge.id, amount: 400, metadata: { refund_uuid: 'r1' } })
  expect(refund).toMatchObject({ status: 'succeeded', amount: 400 })
  expect(await codeOf(stripe.refunds.create({ charge: charge.id, amount: 601 }))).not.toBe('no error')
  await stripe.refunds.create({ charge: charge.id })
  expect(await stripe.charges.retrieve(charge.id)).toMatchObject({ amount_refunded: 1_000, refunded: true })
  expect(await codeOf(stripe.refunds.create({ charge: charge.id }))).toBe('charge_already_refunded')
})

test('a refund the bank sends back is on the account again', async () => {
  const customer = await customerWithCard('pm_card_refundFail')
  const charge = await paid(customer, 1_000)
  const refund = await stripe.refunds.create({ charge: charge.id })
  simulators.stripe.advance(5)
  const failed = await stripe.refunds.retrieve(refund.id, { expand: ['failure_balance_transaction'] })
  expect(failed).toMatchObject({ status: 'failed', failure_balance_transaction: { amount: 1_000 } })
  expect(await stripe.charges.retrieve(charge.id)).toMatchObject({ amount_refunded: 0, refunded: false })
})

test('a disputed charge loses its money at once; winning brings the amount back and not the fee', async () => {
  const customer = await customerWithCard('pm_card_createDispute')
  const charge = await paid(customer, 2_000)
  const [dispute] = (await stripe.disputes.list({ charge: charge.id })).data
  expect(dispute).toMatchObject({ status: 'needs_response', amount: 2_000, reason: 'fraudulent' })
  expect(dispute?.balance_transactions).toMatchObject([{ amount: -2_000, fee: 1_500 }])
  expect(await codeOf(stripe.refunds.create({ charge: charge.id }))).toBe('charge_disputed')
  const closed = await stripe.disputes.update(dispute?.id ?? '', {
    evidence: { uncategorized_text: 'winning_evidence' },
  })
  expect(closed).toMatchObject({ status: 'won', balance_transactions: [{}, { amount: 2_000, fee: 0 }] })
})

test('a credit note takes back what is due, or gives back what was paid', async () => {
  const customer = await customerWithCard('pm_card_visa')
  const open = await draft(customer, 1_000)
  await stripe.invoices.finalizeInvoice(open)
  expect(await stripe.creditNotes.create({ invoice: open, amount: 300 })).toMatchObject({ type: 'pre_payment' })
  expect(await stripe.invoices.pay(open)).toMatchObject({ status: 'paid', amount_paid: 700 })
  expect(await codeOf(stripe.creditNotes.create({ invoice: open, amount: 200 }))).toBe('no code')
  const note = await stripe.creditNotes.create({ invoice: open, amount: 200, refund_amount: 200 })
  expect(note).toMatchObject({ type: 'post_payment', refunds: [{ amount_refunded: 200 }] })
  await stripe.creditNotes.create({ invoice: open, amount: 100, credit_amount: 100 })
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: -100 })
  expect(await stripe.invoices.retrieve(open)).toMatchObject({
    pre_payment_credit_notes_amount: 300,
    post_payment_credit_notes_amount: 300,
  })
})

test('a person saves a card and pays on the hosted page, and comes back', async () => {
  const customer = await stripe.customers.create({ email: 'page@example.com' })
  const post = async (url: string, form: Record<string, string>) =>
    fetch(url, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' })
  const setup = await stripe.checkout.sessions.create({
    mode: 'setup',
    currency: 'usd',
    customer: customer.id,
    success_url: 'http://127.0.0.1:1/ok?session={CHECKOUT_SESSION_ID}',
    cancel_url: 'http://127.0.0.1:1/no',
  })
  const page = setup.url ?? ''
  expect(await (await fetch(page)).text()).toContain('Save card')
  const declined = await post(page, { card: '4000000000000002' })
  expect(await declined.text()).toContain('Your card was declined.')
  const asked = await post(page, { card: '4000002500003155' })
  const bank = new URL(asked.headers.get('location') ?? '', page).href
  const done = await post(bank, { answer: 'yes' })
  expect(done.headers.get('location')).toBe(`http://127.0.0.1:1/ok?session=${setup.id}`)
  const saved = await stripe.checkout.sessions.retrieve(setup.id, { expand: ['setup_intent'] })
  expect(saved).toMatchObject({ status: 'complete', setup_intent: { status: 'succeeded' } })
  const [method] = (await stripe.customers.listPaymentMethods(customer.id)).data
  expect(method?.card).toMatchObject({ last4: '3155', brand: 'visa' })
  const offSession = await stripe.paymentIntents.create({
    amount: 1_000,
    currency: 'usd',
    customer: customer.id,
    payment_method: method?.id ?? '',
    off_session: true,
    confirm: true,
  })
  expect(offSession.status).toBe('succeeded')

  const topUp = await stripe.checkout.sessions.create({
    mode: 'payment',
    customer: customer.id,
    line_items: [
      { quantity: 1, price_data: { currency: 'usd', unit_amount: 2_500, product_data: { name: 'Prepaid balance' } } },
    ],
    payment_intent_data: { metadata: { topup_id: 't1' } },
    success_url: 'http://127.0.0.1:1/ok',
  })
  await post(topUp.url ?? '', { number: '4242 4242 4242 4242' })
  expect(await stripe.checkout.sessions.retrieve(topUp.id, { expand: ['payment_intent'] })).toMatchObject({
    status: 'complete',
    payment_status: 'paid',
    payment_intent: { status: 'succeeded', amount_received: 2_500, metadata: { topup_id: 't1' } },
  })
})

test('a session nobody finishes expires after a day', async () => {
  const { id } = await stripe.checkout.sessions.create({
    mode: 'setup',
    currency: 'usd',
    success_url: 'http://a.test/',
  })
  simulators.stripe.advance(DAY + 1)
  expect(await stripe.checkout.sessions.retrieve(id)).toMatchObject({ status: 'expired', url: null })
  expect(await codeOf(stripe.checkout.sessions.expire(id))).toBe('no code')
})

test('the portal shows cards and invoices, adds a card as the default and removes one', async () => {
  const customer = await customerWithCard('pm_card_visa')
  const { url } = await stripe.billingPortal.sessions.create({ customer, return_url: 'http://a.test/back' })
  const post = (form: Record<string, string>) =>
    fetch(url, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' })
  expect(await (await fetch(url)).text()).toContain('visa •••• 4242')
  await post({ act: 'add', card: '5555555555554444' })
  const [newest] = (await stripe.customers.listPaymentMethods(customer)).data
  expect(newest?.card?.brand).toBe('mastercard')
  expect(await stripe.customers.retrieve(customer)).toMatchObject({
    invoice_settings: { default_payment_method: newest?.id },
  })
  const asked = await post({ act: 'add', card: '4000002500003155' })
  const bank = new URL(asked.headers.get('location') ?? '', url).href
  await fetch(bank, { method: 'POST', body: new URLSearchParams({ answer: 'yes' }), redirect: 'manual' })
  expect(
    await stripe.customers.retrieve(customer, { expand: ['invoice_settings.default_payment_method'] }),
  ).toMatchObject({
    invoice_settings: { default_payment_method: { card: { last4: '3155' } } },
  })
  await post({ act: 'remove', method: newest?.id ?? '' })
  expect((await stripe.customers.listPaymentMethods(customer)).data).toHaveLength(2)
  await stripe.customers.del(customer)
  expect(await stripe.customers.retrieve(customer)).toEqual(expect.objectContaining({ id: customer, deleted: true }))
})

test('a restart forgets nothing', async () => {
  const stripeFile = join(folder, 'stripe.json')
  const before = await startSimulators({ stripeFile })
  const customer = await connect(before).customers.create({ email: 'kept@example.com' }, { idempotencyKey: 'k' })
  before.stripe.advance(DAY)
  await before.close()
  const after = await startSimulators({ stripeFile })
  expect(await connect(after).customers.retrieve(customer.id)).toMatchObject({ email: 'kept@example.com' })
  expect((await connect(after).customers.create({ email: 'kept@example.com' }, { idempotencyKey: 'k' })).id).toBe(
    customer.id,
  )
  expect(after.stripe.world.clockAheadMs).toBe(DAY * 1_000)
  await after.close()
})

test('the levers work over HTTP: clock, faults, disputes, calls', async () => {
  const lever = async (method: string, path: string, body?: unknown) =>
    fetch(`${simulators.url}/sim/stripe/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  const before = simulators.stripe.world.now()
  await lever('POST', 'clock', { advanceSeconds: 60 })
  expect(simulators.stripe.world.now()).toBeGreaterThanOrEqual(before + 60)
  expect((await lever('POST', 'faults', { kind: 'nonsense' })).status).toBe(400)
  await lever('POST', 'faults', { kind: 'rate_limit', times: 1 })
  expect(await codeOf(stripe.customers.list())).toBe('rate_limit')
  const charge = await paid(await customerWithCard('pm_card_visa'), 800)
  const opened = (await (await lever('POST', 'disputes', { charge: charge.id })).json()) as { id: string }
  await lever('POST', `disputes/${opened.id}`, { outcome: 'lost' })
  expect(await stripe.disputes.retrieve(opened.id)).toMatchObject({ status: 'lost' })
  const { counts } = (await (await lever('GET', 'calls')).json()) as { counts: Record<string, number> }
  expect(counts['GET /v1/disputes/:id']).toBeGreaterThan(0)
  expect((await fetch(`${simulators.url}/stripe`)).status).toBe(200)
})

test('webhooks come twice, late, out of order or not at all when they are told to, and can be had again', async () => {
  const taken: string[] = []
  const receiver = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      taken.push((JSON.parse(Buffer.concat(parts).toString()) as Stripe.Event).type)
      response.end()
    })
  })
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  const { port } = receiver.address() as AddressInfo
  const { id } = await stripe.webhookEndpoints.create({
    url: `http://127.0.0.1:${port}/`,
    enabled_events: ['customer.created', 'customer.updated', 'customer.deleted'],
  })
  const fault = (kind: 'webhook_delay' | 'webhook_drop' | 'webhook_reorder', type: string) =>
    simulators.stripe.faults.add({ kind, match: { type }, times: 1, delaySeconds: 3 * DAY })
  fault('webhook_reorder', 'customer.created')
  fault('webhook_drop', 'customer.deleted')
  const customer = await stripe.customers.create({})
  await stripe.customers.update(customer.id, { name: 'Ada' })
  await expect.poll(() => taken).toEqual(['customer.updated', 'customer.created'])
  await stripe.customers.del(customer.id)
  fault('webhook_delay', 'customer.created')
  await stripe.customers.create({})
  await simulators.stripe.idle()
  expect(taken).toHaveLength(2)
  simulators.stripe.advance(3 * DAY)
  await simulators.stripe.idle()
  expect(taken.slice(2)).toEqual(['customer.created'])
  const [dropped] = (await stripe.events.list({ type: 'customer.deleted' })).data
  simulators.stripe.redeliver(dropped?.id ?? '')
  await simulators.stripe.idle()
  expect(taken.slice(3)).toEqual(['customer.deleted'])
  await stripe.webhookEndpoints.del(id)
  receiver.close()
})

test('faults by a die fall the same for the same seed', async () => {
  // Not by the SDK, which asks again by itself when a connection breaks.
  const ask = () =>
    fetch(`${simulators.url}/v1/customers`, { headers: { authorization: 'Bearer sk_test_simulated' } }).catch(
      () => null,
    )
  const run = async () => {
    simulators.stripe.calls.clear()
    simulators.stripe.faults.setChaos({ seed: 11, requests: 0.5 })
    for (let turn = 0; turn < 12; turn += 1) await ask()
    simulators.stripe.faults.clear()
    return simulators.stripe.calls.entries().map(({ fault }) => fault)
  }
  const first = await run()
  expect(await run()).toEqual(first)
  expect(new Set(first).size).toBeGreaterThan(2)
})
