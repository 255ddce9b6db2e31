import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import { Stripe } from 'stripe'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { startSimulators, type Simulators } from '../start.ts'

let simulators: Simulators
let stripe: Stripe

beforeAll(async () => {
  simulators = await startSimulators()
  stripe = connect()
})
afterAll(() => simulators.close())
beforeEach(() => {
  simulators.stripe.faults.clear()
  simulators.stripe.calls.clear()
})

function connect(options: { maxNetworkRetries?: number; timeout?: number } = {}): Stripe {
  return new Stripe('sk_test_simulated', {
    host: '127.0.0.1',
    port: simulators.port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
    ...options,
  })
}

async function customerWithCard(card = 'pm_card_visa') {
  const customer = await stripe.customers.create({ email: 'ada@example.com', address: { country: 'SG' } })
  const method = await stripe.paymentMethods.attach(card, { customer: customer.id })
  return stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } })
}

async function draft(customer: string, cents = 1_234) {
  const invoice = await stripe.invoices.create({
    customer,
    currency: 'usd',
    collection_method: 'charge_automatically',
    auto_advance: false,
    pending_invoice_items_behavior: 'exclude',
    metadata: { invoice_uuid: `uuid-${customer}` },
  })
  await stripe.invoiceItems.create({
    customer,
    invoice: invoice.id,
    currency: 'usd',
    amount: cents,
    description: 'Use',
  })
  return stripe.invoices.retrieve(invoice.id)
}

function cardOf({ invoice_settings: { default_payment_method: method } }: Stripe.Customer): string {
  if (typeof method !== 'string') throw new Error('the customer has no card')
  return method
}

const errorOf = async (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error('it was not refused')
    },
    (error: unknown) => error as Stripe.errors.StripeError,
  )

test('an invoice walks from draft over open to paid, and the money less the fee lies in the balance', async () => {
  const customer = await customerWithCard()
  const invoice = await draft(customer.id)
  expect(invoice).toMatchObject({ status: 'draft', subtotal: 1_234, total: 1_234, number: null })
  expect(invoice.lines.data).toMatchObject([{ amount: 1_234, description: 'Use' }])
  const open = await stripe.invoices.finalizeInvoice(invoice.id, { auto_advance: false })
  expect(open).toMatchObject({ status: 'open', amount_due: 1_234, amount_remaining: 1_234 })
  const paid = await stripe.invoices.pay(invoice.id, { expand: ['payments.data.payment.payment_intent.latest_charge'] })
  expect(paid).toMatchObject({ status: 'paid', amount_paid: 1_234, amount_remaining: 0, attempt_count: 1 })
  const intent = paid.payments?.data[0]?.payment.payment_intent as Stripe.PaymentIntent
  const charge = intent.latest_charge as Stripe.Charge
  const [booked] = (await stripe.balanceTransactions.list({ source: charge.id })).data
  expect(booked).toMatchObject({ type: 'charge', amount: 1_234, fee: 66, net: 1_168 })
  for (const gone of ['payment_intent', 'charge', 'paid', 'paid_out_of_band']) expect(paid).not.toHaveProperty(gone)
})

test('an invoice is found by its metadata, and an unknown value finds nothing', async () => {
  const customer = await customerWithCard()
  const invoice = await draft(customer.id)
  const search = (value: string) => stripe.invoices.search({ query: `metadata['invoice_uuid']:'${value}'` })
  expect((await search(`uuid-${customer.id}`)).data.map(({ id }) => id)).toEqual([invoice.id])
  expect((await search('uuid-nobody')).data).toEqual([])
})

test('every step out of order is refused, and changes nothing', async () => {
  const customer = await customerWithCard()
  const { id } = await draft(customer.id)
  expect(await errorOf(stripe.invoices.voidInvoice(id))).toMatchObject({ statusCode: 400 })
  await stripe.invoices.finalizeInvoice(id)
  expect(await errorOf(stripe.invoices.finalizeInvoice(id))).toMatchObject({ code: 'invoice_not_editable' })
  expect(await errorOf(stripe.invoices.update(id, { description: 'other' }))).toMatchObject({
    code: 'invoice_not_editable',
  })
  expect(
    await errorOf(stripe.invoiceItems.create({ customer: customer.id, invoice: id, amount: 1, currency: 'usd' })),
  ).toMatchObject({ code: 'invoice_not_editable' })
  expect(await errorOf(stripe.invoices.del(id))).toMatchObject({ code: 'invoice_not_editable' })
  await stripe.invoices.voidInvoice(id)
  expect(await errorOf(stripe.invoices.pay(id))).toMatchObject({ code: 'invoice_not_payable' })
  expect((await stripe.invoices.retrieve(id)).status).toBe('void')
})

test('what Stripe does not know, or cannot read, is refused by name', async () => {
  const customer = await customerWithCard()
  const raw = (path: string, body: Record<string, unknown>) => stripe.rawRequest('POST', path, body)
  expect(await errorOf(raw('/v1/invoices', { customer: customer.id, colour: 'red' }))).toMatchObject({
    code: 'parameter_unknown',
    param: 'colour',
    message: 'Received unknown parameter: colour',
  })
  expect(await errorOf(raw('/v1/invoiceitems', { customer: customer.id, amount: '12.5' }))).toMatchObject({
    code: 'parameter_invalid_integer',
    param: 'amount',
  })
  expect(await errorOf(raw('/v1/invoices', {}))).toMatchObject({ code: 'parameter_missing', param: 'customer' })
  const invoice = await draft(customer.id)
  expect(
    await errorOf(
      stripe.invoiceItems.create({ customer: customer.id, invoice: invoice.id, amount: 5, currency: 'eur' }),
    ),
  ).toMatchObject({ param: 'currency' })
  expect(await errorOf(stripe.customers.retrieve('cus_nobody'))).toMatchObject({
    statusCode: 404,
    code: 'resource_missing',
  })
})

test('an invoice holds 250 lines and no more, added all or none', async () => {
  const customer = await customerWithCard()
  const invoice = await stripe.invoices.create({ customer: customer.id })
  const lines = (count: number) => Array.from({ length: count }, (_, i) => ({ amount: 1, description: `line ${i}` }))
  await stripe.invoices.addLines(invoice.id, { lines: lines(200) })
  expect(await errorOf(stripe.invoices.addLines(invoice.id, { lines: lines(51) }))).toMatchObject({ statusCode: 400 })
  const all = await stripe.invoices.listLineItems(invoice.id, { limit: 100 }).autoPagingToArray({ limit: 1_000 })
  expect(all).toHaveLength(200)
  expect(all.map(({ description }) => description).slice(0, 3)).toEqual(['line 0', 'line 1', 'line 2'])
})

test('a key is answered once: the same request gets the same answer, another one is refused', async () => {
  const key = { idempotencyKey: `key-${Math.random()}` }
  const first = await stripe.customers.create({ email: 'a@example.com' }, key)
  const again = await stripe.customers.create({ email: 'a@example.com' }, key)
  expect(again.id).toBe(first.id)
  expect(again.lastResponse.headers['idempotent-replayed']).toBe('true')
  expect(await errorOf(stripe.customers.create({ email: 'b@example.com' }, key))).toMatchObject({
    type: 'StripeIdempotencyError',
    statusCode: 400,
  })
  simulators.stripe.pruneKeys()
  expect((await stripe.customers.create({ email: 'a@example.com' }, key)).id).not.toBe(first.id)
})

test('a stored 500 was done and stays a 500 for its key', async () => {
  const key = { idempotencyKey: `key-${Math.random()}` }
  simulators.stripe.faults.add({ kind: 'stored_500', match: { path: '/v1/customers' }, times: 1 })
  const email = `${Math.random()}@example.com`
  expect(await errorOf(stripe.customers.create({ email }, key))).toMatchObject({ statusCode: 500 })
  expect(await errorOf(stripe.customers.create({ email }, key))).toMatchObject({ statusCode: 500 })
  expect((await stripe.customers.list({ email })).data).toHaveLength(1)
})

test('an answer lost after the commit is had by asking again with the key', async () => {
  const key = { idempotencyKey: `key-${Math.random()}` }
  simulators.stripe.faults.add({ kind: 'reset_after_commit', match: { path: '/v1/customers' }, times: 1 })
  const email = `${Math.random()}@example.com`
  // The SDK asks again by itself when a connection breaks, with the same key.
  const customer = await stripe.customers.create({ email }, key)
  expect((await stripe.customers.list({ email })).data.map(({ id }) => id)).toEqual([customer.id])
  expect(simulators.stripe.calls.entries().filter(({ method }) => method === 'POST')).toMatchObject([
    { status: null, fault: 'reset_after_commit', isReplay: false },
    { status: 200, fault: null, isReplay: true },
  ])
})

test('a request in progress refuses its own key', async () => {
  const key = { idempotencyKey: `key-${Math.random()}` }
  simulators.stripe.faults.add({ kind: 'slow', match: { path: '/v1/customers' }, times: 1, delayMs: 600_000 })
  void stripe.customers.create({ email: 'slow@example.com' }, key).catch(() => undefined)
  await expect.poll(() => simulators.stripe.running.size).toBe(1)
  expect(await errorOf(stripe.customers.create({ email: 'slow@example.com' }, key))).toMatchObject({
    statusCode: 409,
    code: 'idempotency_key_in_use',
  })
  simulators.stripe.running.clear()
})

test('a declined card is a 402 with the intent in it, and the invoice stays open', async () => {
  const customer = await customerWithCard('pm_card_chargeCustomerFail')
  const { id } = await draft(customer.id)
  await stripe.invoices.finalizeInvoice(id)
  const error = await errorOf(stripe.invoices.pay(id))
  expect(error).toMatchObject({ type: 'StripeCardError', code: 'card_declined', decline_code: 'generic_decline' })
  expect(error.payment_intent).toMatchObject({ status: 'requires_payment_method', amount: 1_234 })
  expect(await stripe.invoices.retrieve(id)).toMatchObject({ status: 'open', attempted: true, amount_remaining: 1_234 })
})

test('a payment off session takes the money, or says that the owner is needed', async () => {
  const customer = await customerWithCard()
  const pay = (paymentMethod: string, owner: string) =>
    stripe.paymentIntents.create({
      amount: 5_000,
      currency: 'usd',
      customer: owner,
      payment_method: paymentMethod,
      off_session: true,
      confirm: true,
    })
  const intent = await pay(cardOf(customer), customer.id)
  expect(intent).toMatchObject({ status: 'succeeded', amount_received: 5_000 })
  const asking = await customerWithCard('pm_card_authenticationRequired')
  expect(await errorOf(pay(cardOf(asking), asking.id))).toMatchObject({
    code: 'authentication_required',
  })
})

test('events reach an endpoint signed, so that the SDK accepts them, and are tried again until they do', async () => {
  const taken: Stripe.Event[] = []
  const secret = 'whsec_of_this_test'
  let failures = 1
  const receiver = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      failures -= 1
      if (failures >= 0) response.writeHead(503).end()
      else {
        const signature = String(request.headers['stripe-signature'])
        taken.push(stripe.webhooks.constructEvent(Buffer.concat(parts), signature, secret))
        response.end()
      }
    })
  })
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  const { port } = receiver.address() as AddressInfo
  simulators.stripe.addWebhookEndpoint({ url: `http://127.0.0.1:${port}/hook`, secret, enabledEvents: ['customer.*'] })
  const customer = await stripe.customers.create({ email: 'hook@example.com' })
  await simulators.stripe.idle()
  expect(taken).toEqual([])
  simulators.stripe.advance(60)
  await simulators.stripe.idle()
  expect(taken).toMatchObject([{ type: 'customer.created', data: { object: { id: customer.id } } }])
  simulators.stripe.faults.add({ kind: 'webhook_duplicate', times: 1 })
  await stripe.customers.update(customer.id, { name: 'Ada' })
  await simulators.stripe.idle()
  expect(taken.map(({ id }) => id)).toHaveLength(3)
  expect(taken[1]?.id).toBe(taken[2]?.id)
  receiver.close()
})

test('a card is set up through a session on a hosted page', async () => {
  const customer = await stripe.customers.create({ email: 'page@example.com' })
  const session = await stripe.checkout.sessions.create({
    mode: 'setup',
    currency: 'usd',
    customer: customer.id,
    success_url: 'http://127.0.0.1:1/ok?session={CHECKOUT_SESSION_ID}',
    cancel_url: 'http://127.0.0.1:1/no',
  })
  expect(session).toMatchObject({ status: 'open', mode: 'setup', customer: customer.id })
  expect(session.url).toBe(`${simulators.url}/stripe/checkout/${session.id}`)
})
