import { openPaymentOf, payInvoice } from '../invoice/collect.ts'
import type { Invoice } from '../objects.ts'
import { StripeRefusal } from '../refusal.ts'
import { escapeHtml } from '../../service/page.ts'
import { idOf, type World } from '../world.ts'
import { formatMoney, writeAlert, writeCardChoice, writeHostedPage } from './frame.ts'
import { readCard, type PageAnswer, type PageCall } from './page-answer.ts'

/** `/stripe/invoices/:invoice`: what is due, and a way to pay it with another card. */
export function answerInvoice(world: World, invoice: Invoice, call: PageCall): PageAnswer {
  if (call.method !== 'POST') return { kind: 'page', html: writeInvoice(world, invoice, null) }
  try {
    const method = readCard(world, call.form, { email: invoice.customer_email })
    method.customer = idOf(invoice.customer)
    payInvoice(world, invoice, { paymentMethod: method.id, isOwnerPresent: true })
    return { kind: 'page', html: writeInvoice(world, invoice, null) }
  } catch (error) {
    if (!(error instanceof StripeRefusal)) throw error
    const open = openPaymentOf(world, invoice)
    if (open?.intent.status === 'requires_action') {
      return { kind: 'see_other', url: `/stripe/authenticate/${open.intent.id}` }
    }
    return { kind: 'page', html: writeInvoice(world, invoice, error.message) }
  }
}

function writeInvoice(world: World, invoice: Invoice, problem: string | null): string {
  const lines = (world.tables.invoiceLines.get(invoice.id) ?? [])
    .map(
      ({ description, amount }) =>
        `<tr><td>${escapeHtml(description ?? '')}</td><td class="end">${formatMoney(amount, invoice.currency)}</td></tr>`,
    )
    .join('')
  const tax = invoice.total - invoice.subtotal
  const isPayable = invoice.status === 'open' || invoice.status === 'uncollectible'
  const due = formatMoney(invoice.amount_remaining, invoice.currency)
  return writeHostedPage(
    `Invoice ${invoice.number ?? ''}`,
    `<h1>Invoice ${escapeHtml(invoice.number ?? '')}</h1>
<p class="amount">${formatMoney(isPayable ? invoice.amount_remaining : invoice.total, invoice.currency)}</p>
<p class="soft">${escapeHtml(invoice.customer_email ?? '')} · ${String(invoice.status)}</p>
<table><tbody>${lines}${tax === 0 ? '' : `<tr><td>Tax</td><td class="end">${formatMoney(tax, invoice.currency)}</td></tr>`}
<tr><th scope="row">Total</th><td class="end">${formatMoney(invoice.total, invoice.currency)}</td></tr></tbody></table>
${writeAlert(problem)}
${isPayable ? `<form method="post">${writeCardChoice()}<button class="main">Pay ${due}</button></form>` : ''}`,
  )
}
