import { DAY_MS } from '@atpar/core/durations'
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
import { decideCredit, readCreditFacts } from '../credit/credit-facts.ts'
import type { CollectDeps } from './collecting.ts'
import { pushInvoice } from './push-invoice.ts'
import { collectDue } from './sweep.ts'
import { syncInvoice } from './sync-invoice.ts'

vi.setConfig({ testTimeout: 60_000 })

let owner: Pool
let world: StripeWorld
let invoice: TestInvoice
let stripeInvoiceId: string

beforeAll(async () => {
  world = await startStripeWorld()
  ;({ owner } = world)
}, 60_000)
afterAll(() => world.stop())
beforeEach(async () => {
  invoice = await issueInvoice(owner, [700n, 300n])
  await addCard(world, owner, { id: invoice.id, card: 'pm_card_chargeCustomerFail' })
  await owner.query('INSERT INTO credit_standing (org_id, starter_pusd, line_pusd) VALUES ($1, 0, 0)', [invoice.id])
  const pushed = await pushInvoice(world.deps, invoice.invoiceId)
  if (pushed.kind !== 'pushed') throw new Error(`The invoice is ${pushed.kind}.`)
  ;({ stripeInvoiceId } = pushed)
  await world.simulators.stripe.idle()
})
afterEach(() => world.simulators.stripe.faults.clear())

const onDay = (day: number): CollectDeps => ({ ...world.deps, nowMs: world.deps.nowMs + day * DAY_MS })
const collectOnDay = async (day: number): Promise<void> => {
  await makeDue(owner)
  await collectDue(onDay(day))
}
const atStripe = async () => (await world.stripe.invoices.retrieve(stripeInvoiceId)).status
const stateHere = async () => {
  const { rows } = await owner.query<{ state: string }>('SELECT state FROM invoice_collection WHERE invoice_id = $1', [
    invoice.invoiceId,
  ])
  return rows[0]?.state
}
const writeOffs = async () => {
  const { rows } = await owner.query<{ key: string }>(
    `SELECT natural_key AS key FROM ledger_transaction WHERE org_id = $1 AND kind = 'write_off' ORDER BY id`,
    [invoice.id],
  )
  return rows.map(({ key }) => key)
}
const stageOnDay = async (day: number) => {
  const { nowMs } = onDay(day)
  const [facts] = await readCreditFacts(owner, { orgId: invoice.id, nowMs })
  return facts === undefined ? undefined : decideCredit(facts, nowMs).stage
}
const payWithAnotherCard = async (): Promise<void> => {
  const { customer } = await world.stripe.invoices.retrieve(stripeInvoiceId)
  if (typeof customer !== 'string') throw new Error('The invoice has no customer.')
  const method = await world.stripe.paymentMethods.attach('pm_card_visa', { customer })
  await world.stripe.invoices.pay(stripeInvoiceId, { payment_method: method.id })
}

describe('an invoice that nobody paid for thirty days', () => {
  it('is given up at Stripe and written off once, not a day early, and calls stay refused', async () => {
    await collectOnDay(29)
    expect([await atStripe(), await writeOffs()]).toEqual(['open', []])
    await Promise.all([collectOnDay(30), collectOnDay(30)])
    await collectOnDay(31)
    expect([await atStripe(), await stateHere()]).toEqual(['uncollectible', 'uncollectible'])
    expect(await writeOffs()).toEqual([`write-off:${invoice.invoiceId}`])
    expect(await balancesOf(owner, invoice.id)).toEqual({ unbilled_usage: -1000n, written_off: 1000n })
    expect(await stageOnDay(31)).toBe('uncollectible')
  })

  it('is put back on the books by a payment, and nothing is left of dunning', async () => {
    await collectOnDay(30)
    await payWithAnotherCard()
    await syncInvoice(onDay(40), stripeInvoiceId)
    expect(await stateHere()).toBe('paid')
    expect(await writeOffs()).toEqual([`write-off:${invoice.invoiceId}`, `write-off-reversed:${invoice.invoiceId}`])
    expect(await balancesOf(owner, invoice.id)).toEqual({
      unbilled_usage: -1000n,
      'cash:stripe': 941n,
      stripe_fees: 59n,
    })
    expect(await stageOnDay(40)).toBe('none')
  })

  it('is written off once when the answer was lost', async () => {
    world.simulators.stripe.faults.add({
      kind: 'reset_after_commit',
      match: { path: '/v1/invoices/:id/mark_uncollectible' },
      times: 1,
    })
    await collectOnDay(30)
    await collectOnDay(30)
    expect([await stateHere(), await writeOffs()]).toEqual(['uncollectible', [`write-off:${invoice.invoiceId}`]])
  })

  it('that was paid without our hearing of it is paid, and nothing is written off', async () => {
    await payWithAnotherCard()
    await collectOnDay(30)
    expect([await stateHere(), await writeOffs()]).toEqual(['paid', []])
    expect((await balancesOf(owner, invoice.id))['written_off']).toBeUndefined()
  })
})
