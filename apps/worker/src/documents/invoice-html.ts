import { isCarry, parFigures, type DocumentLine, type InvoiceModel, type Party } from './document-model.ts'
import { escapeHtml, PAGE_STYLE } from './page-style.ts'
import {
  attemptsText,
  CARRIED_NOTICE,
  cents,
  dayName,
  detailsOf,
  dollars,
  grouped,
  monthName,
  PAR_STATEMENT,
  RECOMPUTE_HINT,
  TAX_MISSING,
  unitsText,
} from './words.ts'

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title><style>${PAGE_STYLE}</style></head>
<body>
${body}
</body></html>
`

const party = (heading: string, { name, details }: Party): string =>
  `<div><h2>${heading}</h2><p class="strong">${escapeHtml(name)}</p>${details.map((detail) => `<p>${escapeHtml(detail)}</p>`).join('')}</div>`

const lineRow = (line: DocumentLine): string => {
  const details = [...detailsOf(line), attemptsText(line)].filter((detail) => detail !== '')
  const isUsage = !isCarry(line)
  return `<tr><td><span class="strong">${escapeHtml(line.description)}</span>${details.map((detail) => `<small>${escapeHtml(detail)}</small>`).join('')}</td>
<td class="n">${isUsage ? dollars(line.costPusd) : ''}</td><td class="n">${isUsage && line.absorbedPusd !== 0n ? dollars(-line.absorbedPusd) : ''}</td>
<td class="n">${dollars(line.amountPusd)}</td><td class="n strong">${cents(line.cents)}</td></tr>`
}

/** The sums, in the order in which one leads to the next. Shared with nobody: the PDF draws its own from the same model. */
const sums = (model: InvoiceModel): string => {
  const par = parFigures(model.lines)
  const rows: readonly (readonly [string, string])[] = [
    ['Units × list price', dollars(par.costPusd)],
    ['Absorbed by us (failed and lost attempts)', dollars(-par.absorbedPusd)],
    ['Markup', '$0.00'],
    ['Payment processing fee, borne by us', '$0.00'],
    ['Usage billed', dollars(model.usagePusd)],
    ...(model.interimPusd === 0n ? [] : [['Billed before on interim invoices', dollars(-model.interimPusd)] as const]),
    ['Carried over from earlier invoices', dollars(model.carryInPusd)],
    ['Carried forward to the next invoice', dollars(-model.carryOutPusd)],
    ['Subtotal', cents(model.totalCents)],
    ...(model.taxCents === null ? [] : [['Tax', cents(model.taxCents)] as const]),
  ]
  const total = cents(model.totalCents + (model.taxCents ?? 0n))
  return `<dl class="sums">${rows.map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`).join('')}<dt class="total">Total due</dt><dd class="total">${total}</dd></dl>
${model.taxCents === null ? `<p class="sums muted">${TAX_MISSING}</p>` : ''}`
}

const ownUsage = (model: InvoiceModel): string =>
  model.ownUsage.length === 0
    ? ''
    : `<section><h2>On your own keys and machines</h2><p class="muted">Paid to the provider by you, or to nobody. Atpar charges nothing for it.</p>
<div class="scroll"><table><thead><tr><th>Usage</th><th>Paid by</th><th class="n">Amount</th></tr></thead><tbody>${model.ownUsage
        .map(
          (own) =>
            `<tr><td><span class="strong">${escapeHtml(own.description)}</span><small>${escapeHtml(own.units.map(unitsText).join('  ·  '))}</small></td><td>${own.funding === 'local' ? 'your machine' : 'your provider key'}</td><td class="n">$0.00</td></tr>`,
        )
        .join('')}</tbody></table></div></section>`

/** The document as issued. It is stored byte for byte and never rendered again. */
export const renderInvoiceHtml = (model: InvoiceModel): string => {
  const due = cents(model.totalCents + (model.taxCents ?? 0n))
  return page(
    `Invoice ${model.number}`,
    `<header><div><h1>Invoice</h1><p class="mono">${escapeHtml(model.number)}</p></div><div class="brand">${escapeHtml(model.seller.name)}</div></header>
<div class="parties">${party('Billed to', model.buyer)}${party('From', model.seller)}
<div><h2>Period</h2><p class="strong">${monthName(model.period)}</p><p class="muted">UTC calendar month</p></div>
<div><h2>Issued</h2><p class="strong">${dayName(model.issuedAtMs)}</p><p class="muted">US dollars</p></div>
<div><h2>Total due</h2><p class="due">${due}</p></div></div>
${model.status === 'carried' ? `<p class="notice">${CARRIED_NOTICE}</p>` : ''}
<div class="scroll"><table><thead><tr><th>Usage</th><th class="n">At list price</th><th class="n">Absorbed</th><th class="n">Exact amount</th><th class="n">Amount</th></tr></thead>
<tbody>${model.lines.map(lineRow).join('\n')}${model.lines.length === 0 ? '<tr><td colspan="5" class="muted">Nothing was used in this month.</td></tr>' : ''}</tbody></table></div>
${sums(model)}
${ownUsage(model)}
<section><h2>Statement of par</h2><p>${PAR_STATEMENT}</p></section>
<section><h2>Evidence</h2><p>${grouped(model.evidence.eventCount)} usage events, SHA-256</p><p class="mono">${model.evidence.sha256}</p>
<p class="muted">${RECOMPUTE_HINT} The hash is ${escapeHtml(model.evidence.rule)}</p></section>`,
  )
}
