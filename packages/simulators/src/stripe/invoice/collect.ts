import { emit } from '../events.ts'
import { cancelPaymentIntent, confirmPaymentIntent, refusePayment } from '../money/payment-intent.ts'
import type { Invoice, InvoicePayment, PaymentIntent, PaymentMethod } from '../objects.ts'
import { refuse, refuseMissing, StripeRefusal } from '../refusal.ts'
import { renderPlain } from '../render.ts'
import { idOf, type World } from '../world.ts'
import { markPaid } from './finalize.ts'
import { customerOf } from './totals.ts'

const DAY = 86_400
/** Days after the first failure when Stripe tries again: eight tries in two weeks. */
const RETRY_DAYS = [1, 3, 5, 7, 9, 11, 13, 14]

export interface OpenPayment {
  payment: InvoicePayment
  intent: PaymentIntent
}

export function openPaymentOf(world: World, invoice: Invoice): OpenPayment | undefined {
  for (const payment of world.tables.invoicePayments.values()) {
    if (payment.invoice !== invoice.id || payment.status !== 'open') continue
    const intent = world.tables.paymentIntents.get(idOf(payment.payment.payment_intent) ?? '')
    if (intent !== undefined) return { payment, intent }
  }
  return undefined
}

/** The card an invoice is charged to: its own, or its customer's. */
function cardOf(world: World, invoice: Invoice, asked: string | undefined): PaymentMethod | undefined {
  const id =
    asked ??
    idOf(invoice.default_payment_method) ??
    idOf(customerOf(world, invoice)?.invoice_settings.default_payment_method)
  if (id === null) return undefined
  const method = world.tables.paymentMethods.get(id)
  if (method === undefined) throw refuseMissing('PaymentMethod', id, 'payment_method')
  if (method.customer !== invoice.customer) {
    throw refuse('The payment method must be attached to the customer of the invoice.', { param: 'payment_method' })
  }
  return method
}

/** The card that is asked for, or the usual one; refuses where there is none. */
export function requireCard(world: World, invoice: Invoice, asked: string | undefined): PaymentMethod {
  const method = cardOf(world, invoice, asked)
  if (method !== undefined) return method
  throw refuse(
    'There is no `default_payment_method` set on this Customer or Invoice. Please attach a PaymentMethod and try again.',
  )
}

/** `POST /v1/invoices/:id/pay`: one attempt, now; what goes wrong is told to the caller. */
export function payInvoice(
  world: World,
  invoice: Invoice,
  how: { paymentMethod?: string | undefined; isOwnerPresent: boolean; hasOwnerAgreed?: boolean },
): void {
  refuseUnlessPayable(invoice)
  const open = openPaymentOf(world, invoice)
  if (open === undefined) throw refuse(`Invoice ${invoice.id} has nothing left to pay.`)
  const method = requireCard(world, invoice, how.paymentMethod)
  const result = attempt(world, invoice, {
    open,
    method,
    isOwnerPresent: how.isOwnerPresent,
    hasOwnerAgreed: how.hasOwnerAgreed ?? false,
  })
  if (result.kind === 'succeeded') return
  noteFailure(world, invoice, { isAutomatic: false, method: null })
  if (result.kind === 'declined') throw refusePayment(world, open.intent, result.decline)
  emit(world, 'invoice.payment_action_required', invoice)
  throw new StripeRefusal(402, {
    type: 'card_error',
    code: 'invoice_payment_intent_requires_action',
    message:
      'This payment requires additional user action before it can be completed successfully. Payment can be completed using the PaymentIntent associated with this invoice.',
    payment_intent: renderPlain(world, open.intent),
  })
}

function attempt(
  world: World,
  invoice: Invoice,
  how: { open: OpenPayment; method: PaymentMethod; isOwnerPresent: boolean; hasOwnerAgreed: boolean },
) {
  const { open, method } = how
  const result = confirmPaymentIntent(world, open.intent, { paymentMethod: method, ...how })
  if (result.kind === 'succeeded') settle(world, invoice, open)
  return result
}

/** The intent of an invoice was paid, here or on a hosted page. */
function settle(world: World, invoice: Invoice, { payment, intent }: OpenPayment): void {
  payment.status = 'paid'
  payment.amount_paid = intent.amount
  payment.status_transitions.paid_at = world.now()
  invoice.amount_paid += intent.amount
  if (!invoice.attempted) invoice.attempt_count += 1
  emit(world, 'invoice_payment.paid', payment)
  markPaid(world, invoice)
}

/** A scheduled attempt: nobody is there to hear of it but the webhooks. */
export function collectInvoice(world: World, invoice: Invoice): void {
  const work = world.tables.collections.get(invoice.id)
  const open = openPaymentOf(world, invoice)
  if (work === undefined || open === undefined || invoice.status !== 'open') return
  work.tryAt = null
  const method = cardOf(world, invoice, undefined)
  if (method === undefined || method.id === work.deadPaymentMethod) {
    noteFailure(world, invoice, { isAutomatic: true, method: work.deadPaymentMethod })
    return
  }
  const result = attempt(world, invoice, { open, method, isOwnerPresent: true, hasOwnerAgreed: false })
  if (result.kind === 'succeeded') return
  const isDead = result.kind === 'declined' && result.decline.isHard === true
  noteFailure(world, invoice, { isAutomatic: true, method: isDead ? method.id : null })
  if (result.kind === 'asks_owner') emit(world, 'invoice.payment_action_required', invoice)
}

function noteFailure(world: World, invoice: Invoice, how: { isAutomatic: boolean; method: string | null }): void {
  const now = world.now()
  const isFirst = !invoice.attempted
  invoice.attempted = true
  if (isFirst || how.isAutomatic) invoice.attempt_count += 1
  const work = world.tables.collections.get(invoice.id)
  if (work !== undefined) {
    work.firstFailedAt ??= now
    if (how.method !== null) work.deadPaymentMethod = how.method
    // Only automatic retries move the schedule on; a person's own attempt leaves it as it is.
    if (isFirst || how.isAutomatic) {
      const { firstFailedAt } = work
      const next = RETRY_DAYS.map((days) => firstFailedAt + days * DAY).find((time) => time > now)
      work.tryAt = invoice.auto_advance === true && next !== undefined ? next : null
      invoice.next_payment_attempt = work.tryAt
    }
  }
  const customer = customerOf(world, invoice)
  if (customer !== undefined) customer.delinquent = true
  emit(world, 'invoice.updated', invoice)
  emit(world, 'invoice.payment_failed', invoice)
}

function refuseUnlessPayable(invoice: Invoice): void {
  if (invoice.status === 'paid') throw refuse('Invoice is already paid', { code: 'invoice_already_paid' })
  if (invoice.status === 'open' || invoice.status === 'uncollectible') return
  throw refuse(`This invoice can't be paid because it is ${String(invoice.status)}.`, { code: 'invoice_not_payable' })
}

/** Paid by other means: nothing is charged. */
export function payOutOfBand(world: World, invoice: Invoice): void {
  refuseUnlessPayable(invoice)
  cancelPayments(world, invoice)
  invoice.amount_paid += invoice.amount_remaining
  invoice.amount_paid_off_stripe = (invoice.amount_paid_off_stripe ?? 0) + invoice.amount_remaining
  markPaid(world, invoice)
}

export function voidInvoice(world: World, invoice: Invoice): void {
  if (invoice.status !== 'open' && invoice.status !== 'uncollectible') {
    throw refuse(`You can only void open or uncollectible invoices; this one is ${String(invoice.status)}.`, {
      code: 'invoice_not_voidable',
    })
  }
  cancelPayments(world, invoice)
  invoice.status = 'void'
  stopCollecting(world, invoice)
  invoice.status_transitions.voided_at = world.now()
  emit(world, 'invoice.updated', invoice)
  emit(world, 'invoice.voided', invoice)
}

export function markUncollectible(world: World, invoice: Invoice): void {
  if (invoice.status !== 'open') {
    throw refuse(`You can only mark open invoices as uncollectible; this one is ${String(invoice.status)}.`)
  }
  invoice.status = 'uncollectible'
  stopCollecting(world, invoice)
  invoice.status_transitions.marked_uncollectible_at = world.now()
  emit(world, 'invoice.updated', invoice)
  emit(world, 'invoice.marked_uncollectible', invoice)
}

function stopCollecting(world: World, invoice: Invoice): void {
  invoice.next_payment_attempt = null
  invoice.auto_advance = false
  world.tables.collections.delete(invoice.id)
}

export function cancelPayments(world: World, invoice: Invoice): void {
  const open = openPaymentOf(world, invoice)
  if (open === undefined) return
  cancelPaymentIntent(world, open.intent, 'void_invoice')
  open.payment.status = 'canceled'
  open.payment.status_transitions.canceled_at = world.now()
}

/** When this intent pays an invoice, the invoice is paid with it. */
export function settleInvoiceOf(world: World, intent: PaymentIntent): void {
  for (const payment of world.tables.invoicePayments.values()) {
    if (payment.payment.payment_intent !== intent.id || payment.status !== 'open') continue
    const invoice = world.tables.invoices.get(idOf(payment.invoice) ?? '')
    if (invoice !== undefined && invoice.status !== 'paid') settle(world, invoice, { payment, intent })
  }
}
