import { emit } from '../events.ts'
import { createPaymentIntent, LEAST_CENTS } from '../money/payment-intent.ts'
import { changeBalance } from '../money/customer-balance.ts'
import type { Invoice, InvoicePayment } from '../objects.ts'
import { refuse, StripeRefusal } from '../refusal.ts'
import { idOf, randomText, type World } from '../world.ts'
import { customerOf, recompute } from './totals.ts'

/** draft → open: the amounts are fixed, the number is given, the payment is prepared. */
export function finalizeInvoice(world: World, invoice: Invoice, autoAdvance: boolean | undefined): void {
  if (invoice.status !== 'draft') {
    throw refuse(`This invoice is already finalized, you can't re-finalize a non-draft invoice.`, {
      code: 'invoice_not_editable',
    })
  }
  const customer = customerOf(world, invoice)
  if (customer === undefined) throw refuse(`Invoice ${invoice.id} has no customer any more.`)
  recompute(world, invoice)
  if (invoice.automatic_tax.status === 'requires_location_inputs') failForLocation(world, invoice)
  const now = world.now()
  invoice.number ??= nextNumber(world, customer.id)
  invoice.status = 'open'
  invoice.auto_advance = autoAdvance ?? invoice.auto_advance ?? false
  invoice.automatically_finalizes_at = null
  invoice.last_finalization_error = null
  invoice.status_transitions.finalized_at = now
  invoice.effective_at ??= now
  invoice.hosted_invoice_url = `${world.baseUrl}/stripe/invoices/${invoice.id}`
  invoice.invoice_pdf = `${world.baseUrl}/stripe/invoices/${invoice.id}/pdf`
  settleAgainstBalance(world, invoice)
  if (invoice.amount_due === 0) {
    emit(world, 'invoice.finalized', invoice)
    markPaid(world, invoice)
    return
  }
  const intent = createPaymentIntent(world, {
    amount: invoice.amount_due,
    currency: invoice.currency,
    customer: customer.id,
    description: `Payment for Invoice ${invoice.number}`,
    metadata: {},
    paymentMethod: null,
    receiptEmail: null,
    setupFutureUsage: null,
  })
  const payment: InvoicePayment = {
    id: world.newId('inpay'),
    object: 'invoice_payment',
    amount_paid: null,
    amount_requested: invoice.amount_due,
    created: now,
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: true,
    livemode: false,
    payment: { type: 'payment_intent', payment_intent: intent.id },
    status: 'open',
    status_transitions: { canceled_at: null, paid_at: null },
  }
  world.tables.invoicePayments.set(payment.id, payment)
  const collects = invoice.auto_advance && invoice.collection_method === 'charge_automatically'
  invoice.next_payment_attempt = collects ? now : null
  world.tables.collections.set(invoice.id, {
    tryAt: collects ? now : null,
    firstFailedAt: null,
    deadPaymentMethod: null,
  })
  emit(world, 'invoice.finalized', invoice)
  emit(world, 'invoice.updated', invoice, { status: 'draft' })
}

/** Credit is used up first; a debt is added; what is too small to charge becomes a debt and the invoice counts as paid. */
function settleAgainstBalance(world: World, invoice: Invoice): void {
  const customer = customerOf(world, invoice)
  if (customer === undefined) return
  const applied =
    invoice.starting_balance < 0
      ? Math.min(-invoice.starting_balance, Math.max(0, invoice.total))
      : -invoice.starting_balance
  if (applied !== 0) {
    changeBalance(world, customer, { amount: applied, type: 'applied_to_invoice', invoice: invoice.id })
  }
  const due = invoice.total - applied
  if (due < 0) changeBalance(world, customer, { amount: due, type: 'applied_to_invoice', invoice: invoice.id })
  if (due > 0 && due < LEAST_CENTS) {
    changeBalance(world, customer, { amount: due, type: 'invoice_too_small', invoice: invoice.id })
  }
  invoice.amount_due = due < LEAST_CENTS ? 0 : due
  invoice.amount_remaining = invoice.amount_due
  invoice.ending_balance = customer.balance
}

function failForLocation(world: World, invoice: Invoice): never {
  const error = {
    code: 'customer_tax_location_invalid',
    message:
      "The customer's location isn't recognized. Set a valid customer address in order to automatically calculate tax.",
    type: 'invalid_request_error',
  } as const
  invoice.last_finalization_error = error
  invoice.automatic_tax.status = 'requires_location_inputs'
  invoice.auto_advance = false
  invoice.automatically_finalizes_at = null
  emit(world, 'invoice.finalization_failed', invoice)
  throw new StripeRefusal(400, { ...error })
}

/** → paid, however that came about. */
export function markPaid(world: World, invoice: Invoice): void {
  invoice.status = 'paid'
  invoice.attempted = true
  invoice.amount_remaining = 0
  invoice.next_payment_attempt = null
  invoice.auto_advance = false
  invoice.status_transitions.paid_at = world.now()
  world.tables.collections.delete(invoice.id)
  emit(world, 'invoice.updated', invoice, { status: 'open' })
  emit(world, 'invoice.paid', invoice)
  emit(world, 'invoice.payment_succeeded', invoice)
  const customer = world.tables.customers.get(idOf(invoice.customer) ?? '')
  if (customer?.delinquent === true) customer.delinquent = false
}

function nextNumber(world: World, customerId: string): string {
  const customer = world.tables.customers.get(customerId)
  if (customer === undefined) return randomText(8).toUpperCase()
  const sequence = customer.next_invoice_sequence ?? 1
  customer.next_invoice_sequence = sequence + 1
  return `${customer.invoice_prefix ?? 'SIM'}-${String(sequence).padStart(4, '0')}`
}
