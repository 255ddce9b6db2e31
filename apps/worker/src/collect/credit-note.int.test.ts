import { createHash, randomUUID } from 'node:crypto'
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
import { proveP4 } from '../billing/prove-book.ts'
import { issueCreditNote, type CreditNoteRequest } from './issue-credit-note.ts'
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
})

/** A card that takes nothing leaves the invoice open. */
const collect = async (card: 'pm_card_visa' | 'pm_card_chargeCustomerFail'): Promise<void> => {
  await addCard(world, owner, { ...invoice, card })
  expect(await pushInvoice(world.deps, invoice.invoiceId)).toMatchObject({ kind: 'pushed' })
  await world.simulators.stripe.idle()
  await sweep()
}
const sweep = () => sweepStripe(world.deps, Date.now() + 60_000)
const settle = async (): Promise<void> => {
  await owner.query('UPDATE credit_note_settlement SET next_attempt_at = now()')
  await makeDue(owner)
  await collectDue(world.deps)
  await sweep()
}
const issue = (over: Partial<CreditNoteRequest> = {}) =>
  issueCreditNote(worker, {
    invoiceNumber: `T-${invoice.invoiceId.slice(-12)}`,
    amountCents: 250n,
    reason: 'Billed twice',
    to: 'refund',
    issuedBy: 'operator',
    nowMs: world.deps.nowMs,
    ...over,
  })
const stripeInvoice = async () => {
  const { rows } = await owner.query<{ id: string }>(
    'SELECT stripe_invoice_id AS id FROM invoice_collection WHERE invoice_id = $1',
    [invoice.invoiceId],
  )
  return world.stripe.invoices.retrieve(rows[0]?.id ?? '')
}
const stripeNotes = async () => (await world.stripe.creditNotes.list({ invoice: (await stripeInvoice()).id })).data
const cashDifference = async () => (await proveP4(owner, invoice.id))?.differencePusd
const settlements = async () =>
  (
    await owner.query(
      `SELECT s.way, s.state FROM credit_note_settlement s WHERE s.org_id = $1 ORDER BY s.credit_note_id`,
      [invoice.id],
    )
  ).rows as unknown[]

describe('a credit note on an open invoice', () => {
  it('lowers what is due here and at Stripe, once however often it is asked for', async () => {
    await collect('pm_card_chargeCustomerFail')
    const issued = await issue()
    expect(issued).toMatchObject({ number: `CN-${invoice.slug}-0001`, way: 'lowers_due', isNew: true })
    expect(await issue()).toEqual({ ...issued, isNew: false })
    await settle()
    await settle()
    expect(await stripeInvoice()).toMatchObject({ status: 'open', amount_remaining: 750 })
    expect(await stripeNotes()).toHaveLength(1)
    expect(await balancesOf(owner, invoice.id)).toEqual({ unbilled_usage: -1000n, absorbed: 250n, ar_open: 750n })
    expect(await settlements()).toEqual([{ way: 'lowers_due', state: 'settled' }])
  })

  it('over all of it ends it, and no more than what is left can be taken back', async () => {
    await collect('pm_card_chargeCustomerFail')
    await expect(issue({ amountCents: 1001n })).rejects.toThrow('$10.00 is left')
    await issue({ amountCents: 1000n })
    await expect(issue({ amountCents: 1n })).rejects.toThrow('$0.00 is left')
    await settle()
    expect(await stripeInvoice()).toMatchObject({ status: 'paid', amount_remaining: 0 })
    expect(await balancesOf(owner, invoice.id)).toEqual({ unbilled_usage: -1000n, absorbed: 1000n })
  })

  it('goes into the balance when it was paid before Stripe heard of the note', async () => {
    await collect('pm_card_chargeCustomerFail')
    await issue()
    const { id, customer } = await stripeInvoice()
    const method = await world.stripe.paymentMethods.attach('pm_card_visa', {
      customer: typeof customer === 'string' ? customer : '',
    })
    await world.stripe.invoices.pay(id, { payment_method: method.id })
    await settle()
    expect(await settlements()).toEqual([{ way: 'balance', state: 'settled' }])
    expect(await balancesOf(owner, invoice.id)).toMatchObject({ absorbed: 250n, prepaid_credit: -250n })
    expect(await balancesOf(owner, invoice.id)).not.toHaveProperty('ar_open')
    expect(await cashDifference()).toBe(0n)
  })
})

describe('a credit note on a paid invoice', () => {
  it('goes back to the card with one refund that Stripe has under the note', async () => {
    await collect('pm_card_visa')
    await issue()
    await issue()
    await settle()
    await settle()
    const [note, ...others] = await stripeNotes()
    expect(others).toEqual([])
    expect(note).toMatchObject({ amount: 250, type: 'post_payment', refunds: [{ amount_refunded: 250 }] })
    const balances = await balancesOf(owner, invoice.id)
    expect(balances).toMatchObject({ absorbed: 250n, 'cash:stripe': 691n })
    expect(balances).not.toHaveProperty('ar_open')
    expect(balances).not.toHaveProperty('refunds')
    expect(await settlements()).toEqual([{ way: 'refund', state: 'settled' }])
    expect(await cashDifference()).toBe(0n)
  })

  it('goes into the prepaid balance, also when Stripe failed in the middle', async () => {
    await collect('pm_card_visa')
    await issue({ to: 'balance' })
    world.simulators.stripe.faults.add({
      kind: 'stored_500',
      match: { method: 'POST', path: '/v1/credit_notes' },
      times: 1,
    })
    await settle()
    await settle()
    expect(await stripeNotes()).toHaveLength(1)
    expect(await balancesOf(owner, invoice.id)).toEqual({
      unbilled_usage: -1000n,
      absorbed: 250n,
      prepaid_credit: -250n,
      'cash:stripe': 941n,
      stripe_fees: 59n,
    })
    await expect(issue({ amountCents: 751n, reason: 'Too much' })).rejects.toThrow('$7.50 is left')
  })
})

describe('a credit note that did not come through', () => {
  it('because the card refuses the refund is for the operator, and goes into the balance when redone', async () => {
    await collect('pm_card_visa')
    await issue()
    await owner.query(`UPDATE refund SET state = 'failed' WHERE org_id = $1`, [invoice.id])
    await settle()
    expect(await settlements()).toEqual([{ way: 'refund', state: 'failed' }])
    const operatorId = randomUUID()
    await owner.query(`INSERT INTO app_user (id, email, name, is_operator) VALUES ($1, $2, 'Opal', true)`, [
      operatorId,
      `${operatorId}@example.com`,
    ])
    const { rows } = await owner.query<{ id: string }>('SELECT id FROM credit_note WHERE org_id = $1', [invoice.id])
    const redo = async () => {
      const client = await owner.connect()
      try {
        await client.query('BEGIN')
        await client.query(`SELECT set_config('atpar.user_id', $1, true)`, [operatorId])
        const answer = await client.query<{ done: boolean }>('SELECT operator_redo_credit_note($1) AS done', [
          rows[0]?.id,
        ])
        await client.query('COMMIT')
        return answer.rows[0]?.done
      } finally {
        client.release()
      }
    }
    expect([await redo(), await redo()]).toEqual([true, false])
    await settle()
    await settle()
    expect(await settlements()).toEqual([{ way: 'balance', state: 'settled' }])
    const balances = await balancesOf(owner, invoice.id)
    expect(balances).toMatchObject({ absorbed: 250n, prepaid_credit: -250n, 'cash:stripe': 941n })
    expect(balances).not.toHaveProperty('ar_open')
  })
})

describe('the tax on paper', () => {
  /** Where nine percent are due. */
  const addTaxedCard = async (): Promise<void> => {
    await addCard(world, owner, invoice)
    await owner.query(`UPDATE billing_account SET country = 'SG' WHERE org_id = $1`, [invoice.id])
  }
  const TAXED = () => ({ ...world.deps, collecting: { ...world.deps.collecting, tax: 'required' as const } })
  const incidents = async () =>
    (
      await owner.query<{ kind: string; difference: string }>(
        'SELECT kind, difference_pusd::text AS difference FROM incident WHERE affected_org = $1 ORDER BY kind',
        [invoice.id],
      )
    ).rows

  it('of a credit note is what Stripe computed, or an incident says by how much it is not', async () => {
    await addTaxedCard()
    expect(await pushInvoice(TAXED(), invoice.invoiceId)).toMatchObject({ kind: 'pushed' })
    await world.simulators.stripe.idle()
    await sweep()
    await issue({ amountCents: 545n, to: 'balance' })
    await settle()
    expect(await settlements()).toEqual([{ way: 'balance', state: 'settled' }])
    expect(await incidents()).toEqual([])
    await issue({ amountCents: 109n, to: 'balance', reason: 'Once more' })
    await owner.query('UPDATE credit_note SET tax_cents = tax_cents - 2 WHERE org_id = $1 AND sequence = 2', [
      invoice.id,
    ])
    await settle()
    expect(await incidents()).toEqual([{ kind: 'credit-note-tax', difference: '20000000000' }])
  })

  it('of an invoice that Stripe finalised with another one raises an incident', async () => {
    await addTaxedCard()
    await owner.query(
      `INSERT INTO invoice_document (invoice_id, org_id, html, html_sha256, pdf, pdf_sha256, tax_cents, issued_at) VALUES ($1, $2, '', sha256(''), '', sha256(''), 10, now())`,
      [invoice.invoiceId, invoice.id],
    )
    expect(await pushInvoice(TAXED(), invoice.invoiceId)).toMatchObject({ kind: 'pushed' })
    expect(await incidents()).toEqual([{ kind: 'tax-changed', difference: '800000000000' }])
  })
})

describe('the document of a credit note', () => {
  it('is kept as issued with its hash, and takes from the lines what they have left', async () => {
    await owner.query(`UPDATE invoice_collection SET state = 'not_collected', tax_cents = 190 WHERE invoice_id = $1`, [
      invoice.invoiceId,
    ])
    await issue({ amountCents: 1000n, reason: 'Wrong <price>' })
    await issue({ amountCents: 190n, reason: 'The rest' })
    const { rows } = await owner.query<{ html: string; sha: Buffer; pdf: Buffer; pdf_sha: Buffer; tax: number }>(
      'SELECT html, html_sha256 AS sha, pdf, pdf_sha256 AS pdf_sha, tax_cents::int AS tax FROM credit_note WHERE org_id = $1 ORDER BY sequence',
      [invoice.id],
    )
    const [first] = rows
    expect(first?.html).toContain('Wrong &#60;price&#62;')
    expect(
      createHash('sha256')
        .update(first?.html ?? '')
        .digest(),
    ).toEqual(first?.sha)
    expect(first?.pdf.subarray(0, 5).toString()).toBe('%PDF-')
    expect(
      createHash('sha256')
        .update(first?.pdf ?? '')
        .digest(),
    ).toEqual(first?.pdf_sha)
    expect(rows.map((row) => row.tax)).toEqual([160, 30])
    const lines = await owner.query(
      'SELECT invoice_position AS line, sum(cents)::int AS cents FROM credit_note_line WHERE org_id = $1 GROUP BY 1 ORDER BY 1',
      [invoice.id],
    )
    expect(lines.rows).toEqual([
      { line: 0, cents: 700 },
      { line: 1, cents: 300 },
    ])
    await expect(
      worker.query(`UPDATE credit_note SET reason = 'Other' WHERE org_id = $1`, [invoice.id]),
    ).rejects.toThrow('permission denied')
  })
})
