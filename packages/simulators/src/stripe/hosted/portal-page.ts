import { detachMethod } from '../api/payment-methods.ts'
import { createTaxId } from '../api/tax-ids.ts'
import { emit } from '../events.ts'
import { confirmSetupIntent, createSetupIntent } from '../money/setup-intent.ts'
import type { Customer, PortalSession } from '../objects.ts'
import { refuseMissing, StripeRefusal } from '../refusal.ts'
import { escapeHtml } from '../../service/page.ts'
import type { World } from '../world.ts'
import { formatMoney, writeAddressFields, writeAlert, writeCardChoice, writeHostedPage } from './frame.ts'
import { readCard, type PageAnswer, type PageCall } from './page-answer.ts'

/** `/stripe/portal/:session`: a customer's cards, tax ids, address and invoices. */
export function answerPortal(world: World, session: PortalSession, call: PageCall): PageAnswer {
  const customer = world.tables.customers.get(session.customer)
  if (customer === undefined) throw refuseMissing('customer', session.customer)
  if (call.method !== 'POST') return { kind: 'page', html: writePortal(world, session, { customer, problem: null }) }
  try {
    const asked = act(world, customer, call.form)
    const url = asked === null ? `/stripe/portal/${session.id}` : `${asked}?portal=${session.id}`
    return { kind: 'see_other', url }
  } catch (error) {
    if (!(error instanceof StripeRefusal)) throw error
    return { kind: 'page', html: writePortal(world, session, { customer, problem: error.message }) }
  }
}

function act(world: World, customer: Customer, form: URLSearchParams): string | null {
  const method = world.tables.paymentMethods.get(form.get('method') ?? '')
  switch (form.get('act') ?? '') {
    case 'add':
      return addCard(world, customer, form)
    case 'default':
      makeDefault(world, customer.id, form.get('method') ?? '')
      return null
    case 'remove':
      if (method?.customer === customer.id) detachMethod(world, method)
      return null
    case 'tax_id':
      createTaxId(world, customer, { type: form.get('tax_id_type') ?? 'eu_vat', value: form.get('tax_id') ?? '' })
      return null
    case 'address':
      customer.address = {
        city: null,
        country: form.get('country'),
        line1: null,
        line2: null,
        postal_code: form.get('postal_code'),
        state: form.get('state'),
      }
      emit(world, 'customer.updated', customer)
      return null
    default:
      return null
  }
}

/** Cards added here become the one that is charged, as in Stripe's portal. */
function addCard(world: World, customer: Customer, form: URLSearchParams): string | null {
  const method = readCard(world, form, { email: customer.email })
  const intent = createSetupIntent(world, {
    customer: customer.id,
    description: null,
    metadata: {},
    usage: 'off_session',
  })
  confirmSetupIntent(world, intent, { method, hasOwnerAgreed: false })
  if (intent.status === 'requires_action') return `/stripe/authenticate/${intent.id}`
  makeDefault(world, customer.id, method.id)
  return null
}

export function makeDefault(world: World, customerId: string, methodId: string): void {
  const customer = world.tables.customers.get(customerId)
  if (customer === undefined || world.tables.paymentMethods.get(methodId)?.customer !== customerId) return
  customer.invoice_settings.default_payment_method = methodId
  emit(world, 'customer.updated', customer)
}

function writePortal(
  world: World,
  session: PortalSession,
  { customer, problem }: { customer: Customer; problem: string | null },
): string {
  const chosen = customer.invoice_settings.default_payment_method
  const button = (act: string, method: string, says: string) =>
    `<form method="post"><input type="hidden" name="act" value="${act}"><input type="hidden" name="method" value="${method}"><button class="plain">${says}</button></form>`
  const cards = [...world.tables.paymentMethods.values()]
    .filter((method) => method.customer === customer.id)
    .map(({ id, card }) => {
      const name = `${card?.brand ?? 'card'} •••• ${card?.last4 ?? ''}`
      const acts = `${id === chosen ? 'Default ' : `${button('default', id, 'Make default')} `}${button('remove', id, 'Remove')}`
      return `<tr><td>${escapeHtml(name)}</td><td class="end">${acts}</td></tr>`
    })
    .join('')
  const invoices = [...world.tables.invoices.values()]
    .filter((invoice) => invoice.customer === customer.id && invoice.status !== 'draft')
    .toReversed()
    .map(
      (invoice) =>
        `<tr><td><a href="/stripe/invoices/${invoice.id}">${escapeHtml(invoice.number ?? invoice.id)}</a></td><td>${String(invoice.status)}</td><td class="end">${formatMoney(invoice.total, invoice.currency)}</td></tr>`,
    )
    .join('')
  const taxIds = [...world.tables.taxIds.values()]
    .filter((taxId) => taxId.customer === customer.id)
    .map(({ type, value }) => `<tr><td>${escapeHtml(type)}</td><td class="end">${escapeHtml(value)}</td></tr>`)
    .join('')
  return writeHostedPage(
    'Billing',
    `<h1>${escapeHtml(customer.name ?? customer.email ?? 'Billing')}</h1>
${session.return_url === null ? '' : `<p><a href="${escapeHtml(session.return_url)}">Go back</a></p>`}
${writeAlert(problem)}
<h2>Cards</h2>${cards === '' ? '<p class="soft">No card yet.</p>' : `<table><tbody>${cards}</tbody></table>`}
<form method="post"><input type="hidden" name="act" value="add">${writeCardChoice()}<button>Add card</button></form>
<h2>Invoices</h2>${invoices === '' ? '<p class="soft">No invoice yet.</p>' : `<div class="scroll"><table><tbody>${invoices}</tbody></table></div>`}
<h2>Tax ids</h2>${taxIds === '' ? '' : `<table><tbody>${taxIds}</tbody></table>`}
<form method="post"><input type="hidden" name="act" value="tax_id">
<label class="field">Tax id type<select name="tax_id_type"><option>eu_vat</option><option>gb_vat</option><option>us_ein</option></select></label>
<label class="field">Tax id<input name="tax_id" required autocomplete="off"></label><button>Add tax id</button></form>
<h2>Address</h2><form method="post"><input type="hidden" name="act" value="address">${writeAddressFields(customer.address?.country ?? null)}<button>Save address</button></form>`,
    'wide',
  )
}
