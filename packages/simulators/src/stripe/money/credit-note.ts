import { emit } from '../events.ts'
import { cancelPayments, openPaymentOf } from '../invoice/collect.ts'
import { markPaid } from '../invoice/finalize.ts'
import { taxOn } from '../invoice/tax.ts'
import { customerOf } from '../invoice/totals.ts'
import type { CreditNote, CreditNoteLine, Invoice, Refund } from '../objects.ts'
import { refuse } from '../refusal.ts'
import { idOf, type World } from '../world.ts'
import { changeBalance } from './customer-balance.ts'
import { createRefund } from './refund.ts'

export interface NewCreditNote {
  /** With tax; null when it follows from the lines. */
  amount: number | null
  lines: readonly { amount: number; description: string | null; quantity: number; invoiceLine: string | null }[]
  creditAmount: number
  refundAmount: number
  /** Refunds that were made before and belong to it. */
  refunds: readonly { refund: Refund; amount: number }[]
  outOfBandAmount: number
  memo: string | null
  metadata: Record<string, string>
  reason: CreditNote['reason']
}

/** Takes back a part of a finalized invoice: from what is still due, or from what was paid. */
export function createCreditNote(world: World, invoice: Invoice, input: NewCreditNote): CreditNote {
  if (invoice.status !== 'open' && invoice.status !== 'paid') {
    throw refuse(`Credit notes can only be created for open or paid invoices; this one is ${String(invoice.status)}.`)
  }
  const taxRate = rateOf(invoice)
  const untaxed = input.lines.reduce((sum, line) => sum + line.amount, 0)
  const total = input.amount ?? untaxed + taxOn(untaxed, taxRate)
  const subtotal = input.amount === null ? untaxed : untaxedPart(input.amount, taxRate)
  refuseUnfitting(world, invoice, { input, total })
  const isOpen = invoice.status === 'open'
  const id = world.newId('cn')
  const note: CreditNote = {
    id,
    object: 'credit_note',
    amount: total,
    amount_shipping: 0,
    created: world.now(),
    currency: invoice.currency,
    customer: idOf(invoice.customer) ?? '',
    customer_account: null,
    customer_balance_transaction: null,
    discount_amount: 0,
    discount_amounts: [],
    effective_at: world.now(),
    invoice: invoice.id,
    livemode: false,
    memo: input.memo,
    metadata: input.metadata,
    number: `${String(invoice.number)}-CN-${String(countNotes(world, invoice) + 1).padStart(2, '0')}`,
    out_of_band_amount: input.outOfBandAmount === 0 ? null : input.outOfBandAmount,
    pdf: `${world.baseUrl}/stripe/invoices/${invoice.id}`,
    post_payment_amount: isOpen ? 0 : total,
    pre_payment_amount: isOpen ? total : 0,
    pretax_credit_amounts: [],
    reason: input.reason,
    refunds: [],
    shipping_cost: null,
    status: 'issued',
    subtotal,
    subtotal_excluding_tax: subtotal,
    total,
    total_excluding_tax: subtotal,
    total_taxes: taxesOf(invoice, total - subtotal, subtotal),
    type: isOpen ? 'pre_payment' : 'post_payment',
    voided_at: null,
  }
  if (isOpen) reduceDue(world, invoice, total)
  else giveBack(world, invoice, { note, input })
  world.tables.creditNotes.set(id, note)
  const lines =
    input.lines.length > 0 ? input.lines : [{ amount: subtotal, description: null, quantity: 1, invoiceLine: null }]
  world.tables.creditNoteLines.set(
    id,
    lines.map((line) => lineOf(world, line)),
  )
  emit(world, 'credit_note.created', note)
  emit(world, 'invoice.updated', invoice)
  return note
}

function refuseUnfitting(
  world: World,
  invoice: Invoice,
  { input, total }: { input: NewCreditNote; total: number },
): void {
  if (total < 1) throw refuse('The amount of a credit note must be positive.', { param: 'amount' })
  const isOpen = invoice.status === 'open'
  const noted = invoice.post_payment_credit_notes_amount + invoice.pre_payment_credit_notes_amount
  const most = isOpen ? invoice.amount_remaining : invoice.total - noted
  if (total > most) {
    throw refuse(`The amount of the credit note (${total}) is more than what is left of the invoice (${most}).`, {
      param: 'amount',
    })
  }
  const linked = input.refunds.reduce((sum, { amount }) => sum + amount, 0)
  for (const { refund, amount } of input.refunds) refuseForeign(world, invoice, { refund, amount })
  const given = input.creditAmount + input.refundAmount + input.outOfBandAmount + linked
  if (isOpen ? given !== 0 : given !== total) {
    throw refuse(
      isOpen
        ? 'An open invoice has nothing to give back: leave out credit_amount, refund_amount and out_of_band_amount.'
        : `The sum of credit_amount, refund_amount and out_of_band_amount (${given}) must equal the total of the credit note (${total}).`,
    )
  }
}

const paidCharges = (world: World, invoice: Invoice): readonly string[] =>
  [...world.tables.invoicePayments.values()]
    .filter((payment) => payment.invoice === invoice.id && payment.status === 'paid')
    .map((payment) => {
      const intent = world.tables.paymentIntents.get(idOf(payment.payment.payment_intent) ?? '')
      return idOf(intent?.latest_charge) ?? ''
    })

/** A refund counts for one credit note only, and only for the invoice that its charge paid. */
function refuseForeign(world: World, invoice: Invoice, linked: { refund: Refund; amount: number }): void {
  const { refund, amount } = linked
  if (!paidCharges(world, invoice).includes(idOf(refund.charge) ?? ''))
    throw refuse(`Refund ${refund.id} is not of a payment of invoice ${invoice.id}.`, { param: 'refunds' })
  const taken = [...world.tables.creditNotes.values()]
    .flatMap((note) => note.refunds)
    .filter((one) => idOf(one.refund) === refund.id)
    .reduce((sum, one) => sum + one.amount_refunded, 0)
  if (amount > refund.amount - taken)
    throw refuse(`Refund ${refund.id} has less than ${amount} left to be linked.`, { param: 'refunds' })
}

function rateOf(invoice: Invoice): number {
  const tax = invoice.total_taxes?.find(({ taxability_reason: reason }) => reason !== 'product_exempt')
  return Number(tax?.tax_rate_details?.tax_rate.replace('txr_simulated_', '') ?? 0)
}

/** Of the invoice's rate, as far as there is any. */
function taxesOf(invoice: Invoice, amount: number, taxable: number): NonNullable<CreditNote['total_taxes']> {
  const tax = invoice.total_taxes?.find(({ taxability_reason: reason }) => reason !== 'product_exempt')
  return tax === undefined || amount === 0
    ? []
    : [
        {
          amount,
          tax_behavior: tax.tax_behavior,
          tax_rate_details: tax.tax_rate_details,
          taxability_reason: tax.taxability_reason,
          taxable_amount: taxable,
          type: tax.type,
        },
      ]
}

/** The largest amount that comes to `total` with its tax. */
function untaxedPart(total: number, rate: number): number {
  return Math.round((total * 100_000) / (100_000 + rate))
}

const countNotes = (world: World, invoice: Invoice) =>
  [...world.tables.creditNotes.values()].filter((note) => note.invoice === invoice.id).length

function lineOf(world: World, line: NewCreditNote['lines'][number]): CreditNoteLine {
  return {
    id: world.newId('cnli'),
    object: 'credit_note_line_item',
    amount: line.amount,
    description: line.description,
    discount_amount: 0,
    discount_amounts: [],
    ...(line.invoiceLine === null ? {} : { invoice_line_item: line.invoiceLine }),
    livemode: false,
    metadata: {},
    pretax_credit_amounts: [],
    quantity: line.quantity,
    tax_rates: [],
    taxes: [],
    type: line.invoiceLine === null ? 'custom_line_item' : 'invoice_line_item',
    unit_amount: line.quantity === 1 ? line.amount : null,
    unit_amount_decimal: line.quantity === 1 ? String(line.amount) : null,
  }
}

function reduceDue(world: World, invoice: Invoice, total: number): void {
  invoice.pre_payment_credit_notes_amount += total
  invoice.amount_due -= total
  invoice.amount_remaining -= total
  if (invoice.amount_remaining === 0) {
    cancelPayments(world, invoice)
    markPaid(world, invoice)
    return
  }
  const open = openPaymentOf(world, invoice)
  if (open === undefined) return
  open.intent.amount = invoice.amount_remaining
  open.payment.amount_requested = invoice.amount_remaining
}

function giveBack(world: World, invoice: Invoice, { note, input }: { note: CreditNote; input: NewCreditNote }): void {
  if (input.refundAmount > 0) {
    const paid = [...world.tables.invoicePayments.values()].find(
      (payment) => payment.invoice === invoice.id && payment.status === 'paid',
    )
    const intent = world.tables.paymentIntents.get(idOf(paid?.payment.payment_intent) ?? '')
    const charge = world.tables.charges.get(idOf(intent?.latest_charge) ?? '')
    if (charge === undefined)
      throw refuse(`Invoice ${invoice.id} has no payment to refund.`, { param: 'refund_amount' })
    const refund = createRefund(world, charge, { amount: input.refundAmount, reason: null, metadata: {} })
    note.refunds = [{ amount_refunded: refund.amount, payment_record_refund: null, refund: refund.id, type: 'refund' }]
  }
  for (const { refund, amount } of input.refunds)
    note.refunds.push({ amount_refunded: amount, payment_record_refund: null, refund: refund.id, type: 'refund' })
  invoice.post_payment_credit_notes_amount += note.total
  const customer = customerOf(world, invoice)
  if (input.creditAmount > 0 && customer !== undefined) {
    note.customer_balance_transaction = changeBalance(world, customer, {
      amount: -input.creditAmount,
      type: 'credit_note',
      creditNote: note.id,
      invoice: invoice.id,
    }).id
  }
}

/** Only while the invoice is open: what was given back stays given. */
export function voidCreditNote(world: World, note: CreditNote): void {
  const invoice = world.tables.invoices.get(idOf(note.invoice) ?? '')
  if (note.status !== 'issued' || note.type !== 'pre_payment' || invoice?.status !== 'open') {
    throw refuse('You can only void an issued credit note of an open invoice.')
  }
  note.status = 'void'
  note.voided_at = world.now()
  reduceDue(world, invoice, -note.total)
  emit(world, 'credit_note.voided', note)
}
