import { settleInvoiceOf } from '../invoice/collect.ts'
import { emit } from '../events.ts'
import { confirmPaymentIntent, refusePayment } from '../money/payment-intent.ts'
import { confirmSetupIntent } from '../money/setup-intent.ts'
import { refuse, refuseMissing, StripeRefusal } from '../refusal.ts'
import { idOf, type World } from '../world.ts'
import { makeDefault } from './portal-page.ts'
import { resumeCheckout } from './checkout-page.ts'
import { formatMoney, writeAlert, writeHostedPage } from './frame.ts'
import type { PageAnswer, PageCall } from './page-answer.ts'

/** `/stripe/authenticate/:intent`: the bank asks the card's owner. */
export function answerAuthenticate(world: World, intentId: string, call: PageCall): PageAnswer {
  const payment = world.tables.paymentIntents.get(intentId)
  const setup = world.tables.setupIntents.get(intentId)
  const intent = payment ?? setup
  if (intent === undefined) throw refuseMissing('intent', intentId)
  if (intent.status !== 'requires_action') {
    return { kind: 'page', html: writeResult('There is nothing to confirm here', 'It was answered before.') }
  }
  const what =
    payment === undefined ? 'Keep this card for later payments?' : formatMoney(payment.amount, payment.currency)
  if (call.method !== 'POST') return { kind: 'page', html: writeQuestion(what, null) }
  if (call.form.get('answer') !== 'yes') {
    refuseByOwner(world, intentId)
    const session = world.tables.checkoutSessions.get(call.query.get('session') ?? '')
    return session?.url === null || session === undefined
      ? { kind: 'page', html: writeResult('Refused', 'Nothing was charged.') }
      : { kind: 'see_other', url: session.url }
  }
  try {
    return { kind: 'see_other', url: agree(world, intentId, call) }
  } catch (error) {
    if (!(error instanceof StripeRefusal)) throw error
    return { kind: 'page', html: writeResult('It did not work', error.message) }
  }
}

function agree(world: World, intentId: string, call: PageCall): string {
  const payment = world.tables.paymentIntents.get(intentId)
  const setup = world.tables.setupIntents.get(intentId)
  const method = world.tables.paymentMethods.get(idOf((payment ?? setup)?.payment_method) ?? '')
  if (method === undefined) throw refuse('The card is gone.')
  const session = world.tables.checkoutSessions.get(call.query.get('session') ?? '')
  if (session !== undefined) return resumeCheckout(world, session, method)
  if (setup !== undefined) confirmSetupIntent(world, setup, { method, hasOwnerAgreed: true })
  const portal = world.tables.portalSessions.get(call.query.get('portal') ?? '')
  if (portal !== undefined) {
    makeDefault(world, portal.customer, method.id)
    return `/stripe/portal/${portal.id}`
  }
  if (payment !== undefined) {
    const result = confirmPaymentIntent(world, payment, {
      paymentMethod: method,
      isOwnerPresent: true,
      hasOwnerAgreed: true,
    })
    if (result.kind === 'declined') throw refusePayment(world, payment, result.decline)
    settleInvoiceOf(world, payment)
  }
  return `/stripe/done`
}

function refuseByOwner(world: World, intentId: string): void {
  const payment = world.tables.paymentIntents.get(intentId)
  const setup = world.tables.setupIntents.get(intentId)
  for (const intent of [payment, setup]) {
    if (intent === undefined) continue
    intent.status = 'requires_payment_method'
    intent.payment_method = null
    intent.next_action = null
    emit(world, payment === undefined ? 'setup_intent.setup_failed' : 'payment_intent.payment_failed', intent)
  }
}

function writeQuestion(what: string, problem: string | null): string {
  return writeHostedPage(
    'Your bank asks',
    `<h1>Your bank asks: is this you?</h1><p class="amount">${what}</p>${writeAlert(problem)}
<form method="post"><p><button class="main" name="answer" value="yes">Yes, it is me</button></p>
<p class="foot"><button class="plain" name="answer" value="no">No, refuse it</button></p></form>`,
  )
}

export function writeResult(title: string, says: string): string {
  return writeHostedPage(title, `<h1>${title}</h1><p class="soft">${says}</p>`)
}
