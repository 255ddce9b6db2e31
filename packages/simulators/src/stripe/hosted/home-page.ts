import { StripeRefusal } from '../refusal.ts'
import { escapeHtml } from '../../service/page.ts'
import type { StripeService } from '../service.ts'
import { formatMoney, writeAlert, writeHostedPage } from './frame.ts'
import type { PageAnswer, PageCall } from './page-answer.ts'

const MOST_ROWS = 25
const STEPS: readonly (readonly [string, number])[] = [
  ['1 hour', 3_600],
  ['1 day', 86_400],
  ['3 days', 3 * 86_400],
  ['2 weeks', 14 * 86_400],
]

/** `/stripe`: what happened, and the levers that in reality are in other people's hands. */
export function answerHome(service: StripeService, call: PageCall): PageAnswer {
  if (call.method !== 'POST') return { kind: 'page', html: writeHome(service, null) }
  try {
    act(service, call.form)
    return { kind: 'see_other', url: '/stripe' }
  } catch (error) {
    if (!(error instanceof StripeRefusal)) throw error
    return { kind: 'page', html: writeHome(service, error.message) }
  }
}

function act(service: StripeService, form: URLSearchParams): void {
  const id = form.get('id') ?? ''
  switch (form.get('act') ?? '') {
    case 'advance':
      service.advance(Math.max(0, Math.floor(Number(form.get('seconds')))) || 0)
      return
    case 'dispute':
      service.openDispute(id)
      return
    case 'win':
      service.closeDispute(id, 'won')
      return
    case 'lose':
      service.closeDispute(id, 'lost')
      return
    case 'redeliver':
      service.redeliver(id)
      return
    default:
  }
}

const button = (act: string, fields: Record<string, string | number>, says: string) =>
  `<form method="post"><input type="hidden" name="act" value="${act}">${Object.entries(fields)
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(String(value))}">`)
    .join('')}<button class="plain">${says}</button></form>`

function table(heads: readonly string[], rows: readonly string[]): string {
  if (rows.length === 0) return '<p class="soft">None yet.</p>'
  return `<div class="scroll"><table><thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`
}

function writeHome(service: StripeService, problem: string | null): string {
  const { world } = service
  const { tables } = world
  const newest = <T>(place: ReadonlyMap<string, T>) => [...place.values()].slice(-MOST_ROWS).toReversed()
  const charges = newest(tables.charges).map((charge) => {
    const end = charge.status === 'succeeded' && !charge.disputed ? button('dispute', { id: charge.id }, 'Dispute') : ''
    return `<tr><td><code>${charge.id}</code></td><td>${charge.status}</td><td>${formatMoney(charge.amount, charge.currency)}</td><td class="end">${end}</td></tr>`
  })
  const disputes = newest(tables.disputes).map((dispute) => {
    const isOpen = dispute.status !== 'won' && dispute.status !== 'lost'
    const acts = isOpen
      ? `${button('win', { id: dispute.id }, 'Won')} ${button('lose', { id: dispute.id }, 'Lost')}`
      : ''
    return `<tr><td><code>${dispute.id}</code></td><td>${dispute.status}</td><td>${formatMoney(dispute.amount, dispute.currency)}</td><td class="end">${acts}</td></tr>`
  })
  const invoices = newest(tables.invoices).map(
    (invoice) =>
      `<tr><td><a href="/stripe/invoices/${invoice.id}">${escapeHtml(invoice.number ?? invoice.id)}</a></td><td>${String(invoice.status)}</td><td>${formatMoney(invoice.total, invoice.currency)}</td><td class="end">${escapeHtml(invoice.customer_email ?? '')}</td></tr>`,
  )
  const events = newest(tables.events).map(
    (event) =>
      `<tr><td><code>${event.type}</code></td><td>${event.pending_webhooks === 0 ? 'none waiting' : `${event.pending_webhooks} waiting`}</td><td class="end">${button('redeliver', { id: event.id }, 'Send again')}</td></tr>`,
  )
  const steps = STEPS.map(([says, seconds]) => button('advance', { seconds }, `+ ${says}`)).join(' ')
  return writeHostedPage(
    'Account',
    `<h1>Simulated Stripe</h1>${writeAlert(problem)}
<p class="soft">Its clock says ${new Date(world.now() * 1_000).toISOString().replace('T', ' ').slice(0, 16)} UTC.</p><p>${steps.replaceAll('<form', '<form style="display:inline"')}</p>
<h2>Invoices</h2>${table(['Number', 'State', 'Total', ''], invoices)}
<h2>Charges</h2>${table(['Charge', 'State', 'Amount', ''], charges)}
<h2>Disputes</h2>${table(['Dispute', 'State', 'Amount', ''], disputes)}
<h2>Events</h2>${table(['Type', 'Webhooks', ''], events)}`,
    'wide',
  )
}
