import { createTaxId } from '../api/tax-ids.ts'
import { emit } from '../events.ts'
import { confirmPaymentIntent, refusePayment } from '../money/payment-intent.ts'
import { confirmSetupIntent } from '../money/setup-intent.ts'
import type { CheckoutSession, PaymentMethod } from '../objects.ts'
import { StripeRefusal } from '../refusal.ts'
import { escapeHtml } from '../../service/page.ts'
import { idOf, type World } from '../world.ts'
import { formatMoney, writeAddressFields, writeAlert, writeCardChoice, writeHostedPage } from './frame.ts'
import { readCard, type PageAnswer, type PageCall } from './page-answer.ts'

/** `/stripe/checkout/:session`, where a person pays or saves a card. */
export function answerCheckout(world: World, session: CheckoutSession, call: PageCall): PageAnswer {
  if (session.status !== 'open') return { kind: 'page', html: writeClosed(session) }
  if (call.method !== 'POST') return { kind: 'page', html: writeCheckout(world, session, null) }
  try {
    const asked = submit(world, session, call.form)
    return asked === null
      ? { kind: 'see_other', url: successUrl(session) }
      : { kind: 'see_other', url: `/stripe/authenticate/${asked}?session=${session.id}` }
  } catch (error) {
    if (!(error instanceof StripeRefusal)) throw error
    return { kind: 'page', html: writeCheckout(world, session, error.message) }
  }
}

/** Null when it is done; the intent's id when its owner has to be asked first. */
function submit(world: World, session: CheckoutSession, form: URLSearchParams): string | null {
  const customer = world.tables.customers.get(idOf(session.customer) ?? '')
  const method = readCard(world, form, { email: customer?.email ?? session.customer_email })
  takeDetails(world, session, form)
  return charge(world, session, { method, hasOwnerAgreed: false })
}

function takeDetails(world: World, session: CheckoutSession, form: URLSearchParams): void {
  const customer = world.tables.customers.get(idOf(session.customer) ?? '')
  const country = form.get('country')
  const address =
    country === null
      ? null
      : {
          city: null,
          country,
          line1: null,
          line2: null,
          postal_code: form.get('postal_code') ?? '',
          state: form.get('state') ?? '',
        }
  session.customer_details = {
    address,
    business_name: null,
    email: customer?.email ?? session.customer_email,
    individual_name: null,
    name: customer?.name ?? null,
    phone: null,
    tax_exempt: customer?.tax_exempt ?? 'none',
    tax_ids: [],
  }
  if (customer === undefined) return
  if (address !== null && world.tables.checkoutsKeepingAddress.has(session.id)) {
    customer.address = address
    emit(world, 'customer.updated', customer)
  }
  const taxId = (form.get('tax_id') ?? '').trim()
  if (session.tax_id_collection?.enabled === true && taxId !== '') {
    createTaxId(world, customer, { type: form.get('tax_id_type') ?? 'eu_vat', value: taxId })
  }
}

/** Confirms what the session is for, and ends it when that went well. */
function charge(
  world: World,
  session: CheckoutSession,
  { method, hasOwnerAgreed }: { method: PaymentMethod; hasOwnerAgreed: boolean },
): string | null {
  const setup = world.tables.setupIntents.get(idOf(session.setup_intent) ?? '')
  if (setup !== undefined) {
    confirmSetupIntent(world, setup, { method, hasOwnerAgreed })
    if (setup.status === 'requires_action') return setup.id
  }
  const intent = world.tables.paymentIntents.get(idOf(session.payment_intent) ?? '')
  if (intent !== undefined) {
    const result = confirmPaymentIntent(world, intent, { paymentMethod: method, isOwnerPresent: true, hasOwnerAgreed })
    if (result.kind === 'asks_owner') return intent.id
    if (result.kind === 'declined') throw refusePayment(world, intent, result.decline)
    const customer = idOf(session.customer)
    if (intent.setup_future_usage !== null && customer !== null && method.customer === null) {
      method.customer = customer
      world.tables.setUpMethods.set(method.id, true)
      emit(world, 'payment_method.attached', method)
    }
    session.payment_status = 'paid'
  }
  session.status = 'complete'
  session.url = null
  emit(world, 'checkout.session.completed', session)
  return null
}

/** The owner said yes or no on the bank's page. */
export function resumeCheckout(world: World, session: CheckoutSession, method: PaymentMethod): string {
  charge(world, session, { method, hasOwnerAgreed: true })
  return successUrl(session)
}

function successUrl(session: CheckoutSession): string {
  return (session.success_url ?? '/').replaceAll('{CHECKOUT_SESSION_ID}', session.id)
}

function writeCheckout(world: World, session: CheckoutSession, problem: string | null): string {
  const customer = world.tables.customers.get(idOf(session.customer) ?? '')
  const intent = world.tables.paymentIntents.get(idOf(session.payment_intent) ?? '')
  const isPayment = session.mode === 'payment'
  const sum = formatMoney(session.amount_total ?? 0, session.currency)
  const title = isPayment ? (intent?.description ?? 'Payment') : 'Save a card'
  const needsAddress = session.billing_address_collection === 'required'
  const who = customer?.email ?? session.customer_email
  return writeHostedPage(
    title,
    `<h1>${escapeHtml(title)}</h1>
${isPayment ? `<p class="amount">${sum}</p>` : '<p class="soft">It is charged when an invoice is due, not now.</p>'}
${who === null ? '' : `<p class="soft">${escapeHtml(who)}</p>`}
${writeAlert(problem)}
<form method="post">
${writeCardChoice()}
${needsAddress ? writeAddressFields(customer?.address?.country ?? null) : ''}
${
  session.tax_id_collection?.enabled === true
    ? `<label class="field">Tax id type<select name="tax_id_type"><option>eu_vat</option><option>gb_vat</option><option>us_ein</option></select></label><label class="field">Tax id (optional)<input name="tax_id" autocomplete="off"></label>`
    : ''
}
<button class="main">${isPayment ? `Pay ${sum}` : 'Save card'}</button>
</form>
${session.cancel_url === null ? '' : `<p class="foot"><a href="${escapeHtml(session.cancel_url)}">Cancel and go back</a></p>`}`,
  )
}

function writeClosed(session: CheckoutSession): string {
  const isExpired = session.status === 'expired'
  const back = isExpired ? session.cancel_url : successUrl(session)
  return writeHostedPage(
    isExpired ? 'Expired' : 'Done',
    `<h1>${isExpired ? 'This page has expired' : 'This is already done'}</h1>
<p class="soft">${isExpired ? 'Nothing was charged or saved. Start again where you came from.' : 'There is nothing left to do here.'}</p>
${back === null ? '' : `<p><a href="${escapeHtml(back)}">Go back</a></p>`}`,
  )
}
