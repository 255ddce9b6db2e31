import fc from 'fast-check'
import { expect, test } from 'vitest'

import { findRoute } from './api/routes.ts'
import { decodeForm } from './form.ts'
import { feeOfCharge } from './money/balance.ts'
import { closeDispute, openDispute } from './money/dispute.ts'
import { StripeRefusal } from './refusal.ts'
import { advanceClock, runDue } from './schedule.ts'
import { createWorld, idOf, type World } from './world.ts'

const DISPUTE_FEE = 1_500
const CARDS = ['pm_card_visa', 'pm_card_chargeCustomerFail', 'pm_card_createDispute', 'pm_card_refundFail']

/** Where an invoice may go from where it is. */
const NEXT: Readonly<Record<string, readonly string[]>> = {
  draft: ['draft', 'open', 'paid'],
  open: ['open', 'paid', 'void', 'uncollectible'],
  uncollectible: ['uncollectible', 'paid', 'void'],
  paid: ['paid'],
  void: ['void'],
}

interface Step {
  act: string
  /** Chooses among what there is. */
  which: number
  cents: number
}

const ACTS =
  'customer card invoice item finalize collect pay forgive void uncollectible delete edit refund credit take_back dispute decide wait charge'.split(
    ' ',
  )

const steps = fc.array(
  fc.record({
    act: fc.constantFrom(...ACTS),
    which: fc.nat(50),
    cents: fc.integer({ min: 1, max: 20_000 }),
  }),
  { minLength: 10, maxLength: 60 },
)

const pick = <T>(all: ReadonlyMap<string, T>, which: number): T | undefined =>
  [...all.values()][which % (all.size || 1)]

function call(world: World, method: 'POST' | 'DELETE', target: string): void {
  const [path = '', form = ''] = target.split('?')
  const found = findRoute(method, path)
  if (found === undefined) throw new Error(`no route for ${path}`)
  found.route.run(world, decodeForm(form), { ids: found.ids, path })
}

/** One step as its caller would ask for it; refusals are answers like others. */
function take(world: World, { act, which, cents }: Step): void {
  const { tables } = world
  const customer = pick(tables.customers, which)?.id ?? 'cus_none'
  const invoice = pick(tables.invoices, which)?.id ?? 'in_none'
  const charge = pick(tables.charges, which)
  const dispute = pick(tables.disputes, which)
  const post = (target: string) => call(world, 'POST', target)
  switch (act) {
    case 'customer': {
      const card = CARDS[which % CARDS.length] ?? ''
      return post(`/v1/customers?payment_method=${card}&invoice_settings[default_payment_method]=${card}`)
    }
    case 'card':
      return post(`/v1/payment_methods/${CARDS[cents % CARDS.length] ?? ''}/attach?customer=${customer}`)
    case 'invoice':
      return post(`/v1/invoices?customer=${customer}&auto_advance=${String(cents % 2 === 0)}`)
    case 'item':
      return post(`/v1/invoices/${invoice}/add_lines?lines[0][amount]=${cents % 5 === 0 ? -cents : cents}`)
    case 'finalize':
      return post(`/v1/invoices/${invoice}/finalize?auto_advance=false`)
    case 'collect':
      return post(`/v1/invoices/${invoice}/finalize?auto_advance=true`)
    case 'pay':
      return post(`/v1/invoices/${invoice}/pay`)
    case 'forgive':
      return post(`/v1/invoices/${invoice}/pay?paid_out_of_band=true`)
    case 'void':
      return post(`/v1/invoices/${invoice}/void`)
    case 'uncollectible':
      return post(`/v1/invoices/${invoice}/mark_uncollectible`)
    case 'edit':
      return post(`/v1/invoices/${invoice}?description=other`)
    case 'delete':
      return call(world, 'DELETE', `/v1/invoices/${invoice}`)
    case 'refund':
      return post(`/v1/refunds?charge=${charge?.id ?? 'ch_none'}&amount=${cents}`)
    case 'credit':
      return post(`/v1/credit_notes?invoice=${invoice}&amount=${cents}`)
    case 'take_back':
      return post(`/v1/credit_notes?invoice=${invoice}&amount=${cents}&refund_amount=${cents}`)
    case 'charge': {
      const method = pick(tables.paymentMethods, which)
      return post(
        `/v1/payment_intents?amount=${cents}&currency=usd&confirm=true&customer=${idOf(method?.customer) ?? customer}&payment_method=${method?.id ?? 'pm_none'}`,
      )
    }
    case 'dispute':
      if (charge !== undefined) openDispute(world, charge, { reason: 'fraudulent' })
      return undefined
    case 'decide':
      if (dispute !== undefined) closeDispute(world, dispute, cents % 2 === 0 ? 'won' : 'lost')
      return undefined
    case 'wait':
      return advanceClock(world, cents * 60)
    default:
      throw new Error(`no step called ${act}`)
  }
}

/** What no refused request may touch. */
function readMoney({ tables }: World): string {
  const { balanceTransactions, charges, creditNotes, customerBalanceTransactions, disputes, invoices, refunds } = tables
  const all = [balanceTransactions, charges, creditNotes, customerBalanceTransactions, disputes, invoices, refunds]
  return JSON.stringify(all.map((table) => [...table]))
}

const sum = <T>(all: Iterable<T>, of: (one: T) => number) => [...all].reduce((total, one) => total + of(one), 0)

function checkBooks({ tables }: World): void {
  const moved = [...tables.balanceTransactions.values()]
  for (const { amount, fee, net } of moved) expect(net).toBe(amount - fee)
  const paid = [...tables.charges.values()].filter(({ status }) => status === 'succeeded')
  const refunded = [...tables.refunds.values()].filter(({ status }) => status === 'succeeded')
  const disputed = [...tables.disputes.values()]
  const lost = disputed.filter(({ status }) => status !== 'won')
  expect(sum(moved, ({ amount }) => amount)).toBe(
    sum(paid, ({ amount }) => amount) - sum(refunded, ({ amount }) => amount) - sum(lost, ({ amount }) => amount),
  )
  expect(sum(moved, ({ fee }) => fee)).toBe(
    sum(paid, ({ amount }) => feeOfCharge(amount)) + disputed.length * DISPUTE_FEE,
  )
  for (const charge of paid) {
    expect(charge.amount_refunded).toBe(
      sum(
        refunded.filter((refund) => refund.charge === charge.id),
        ({ amount }) => amount,
      ),
    )
    expect(charge.amount_refunded).toBeLessThanOrEqual(charge.amount)
  }
}

function checkInvoices({ tables }: World): void {
  for (const invoice of tables.invoices.values()) {
    const payments = [...tables.invoicePayments.values()].filter((payment) => payment.invoice === invoice.id)
    const paid = payments.filter(({ status }) => status === 'paid')
    expect(paid.length).toBeLessThanOrEqual(1)
    expect(invoice.amount_paid - (invoice.amount_paid_off_stripe ?? 0)).toBe(
      sum(paid, ({ amount_paid: amount }) => amount ?? 0),
    )
    if (invoice.status === 'paid') expect(invoice.amount_remaining).toBe(0)
    if (invoice.status === 'open') expect(invoice.amount_remaining).toBe(invoice.amount_due - invoice.amount_paid)
    expect(invoice.amount_due).toBeGreaterThanOrEqual(0)
  }
  for (const customer of tables.customers.values()) {
    const moves = [...tables.customerBalanceTransactions.values()].filter((one) => one.customer === customer.id)
    expect(customer.balance).toBe(sum(moves, ({ amount }) => amount))
  }
}

test('whatever is asked in whatever order: no invoice goes back, no cent appears or is lost, a refusal changes nothing', () => {
  fc.assert(
    fc.property(steps, (asked) => {
      const world = createWorld(() => new Date('2026-11-01T00:00:00Z'))
      for (const act of ['customer', 'invoice', 'item']) take(world, { act, which: 0, cents: 1_999 })
      for (const step of asked) {
        const before = new Map([...world.tables.invoices.values()].map(({ id, status }) => [id, String(status)]))
        const money = readMoney(world)
        try {
          take(world, step)
        } catch (error) {
          if (!(error instanceof StripeRefusal)) throw error
          if (error.status !== 402) expect(readMoney(world)).toBe(money)
        }
        runDue(world)
        for (const { id, status } of world.tables.invoices.values()) {
          const was = before.get(id)
          if (was !== undefined && was !== status) expect(NEXT[was]).toContain(status)
        }
        checkBooks(world)
        checkInvoices(world)
      }
    }),
    { numRuns: 40 },
  )
}, 60_000)
