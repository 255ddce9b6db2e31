import type { Party } from './document-model.ts'
import { escapeHtml, PAGE_STYLE } from './page-style.ts'
import { drawFacts, drawHead, drawSection, drawSum, partyFact } from './paper-parts.ts'
import { LEFT, openPaper, RIGHT } from './paper.ts'
import { cents, dayName, monthName } from './words.ts'

/** All that a credit note says. */
export interface CreditNoteModel {
  readonly number: string
  readonly invoiceNumber: string
  /** `YYYY-MM-01` of the invoice. */
  readonly period: string
  readonly seller: Party
  readonly buyer: Party
  readonly issuedAtMs: number
  readonly reason: string
  readonly lines: readonly { readonly description: string; readonly cents: bigint }[]
  /** With tax. */
  readonly totalCents: bigint
  readonly taxCents: bigint
  readonly way: 'lowers_due' | 'refund' | 'balance'
}

const WAYS: Readonly<Record<CreditNoteModel['way'], string>> = {
  lowers_due: 'It is taken off what is still to be paid of the invoice.',
  refund: 'It goes back to the card that paid the invoice.',
  balance: 'It is added to your prepaid balance, which pays for the next invoices.',
}
const UNCHANGED = 'The invoice itself is not changed: it stays as it was issued, and this note stands beside it.'

const sumsOf = (model: CreditNoteModel): readonly (readonly [string, string])[] =>
  model.taxCents === 0n
    ? []
    : [
        ['Subtotal', cents(model.totalCents - model.taxCents)],
        ['Tax', cents(model.taxCents)],
      ]

const party = (heading: string, { name, details }: Party): string =>
  `<div><h2>${heading}</h2><p class="strong">${escapeHtml(name)}</p>${details.map((detail) => `<p>${escapeHtml(detail)}</p>`).join('')}</div>`

/** The document as issued. It is stored byte for byte and never rendered again. */
export const renderCreditNoteHtml = (model: CreditNoteModel): string => {
  const total = cents(model.totalCents)
  const number = escapeHtml(model.number)
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Credit note ${number}</title><style>${PAGE_STYLE}</style></head>
<body>
<header><div><h1>Credit note</h1><p class="mono">${number}</p></div><div class="brand">${escapeHtml(model.seller.name)}</div></header>
<div class="parties">${party('Credited to', model.buyer)}${party('From', model.seller)}
<div><h2>Invoice</h2><p class="strong">${escapeHtml(model.invoiceNumber)}</p><p class="muted">${monthName(model.period)}</p></div>
<div><h2>Issued</h2><p class="strong">${dayName(model.issuedAtMs)}</p><p class="muted">US dollars</p></div>
<div><h2>Total credited</h2><p class="due">${total}</p></div></div>
<section><h2>Reason</h2><p>${escapeHtml(model.reason)}</p></section>
<div class="scroll"><table><thead><tr><th>Line of the invoice</th><th class="n">Credited</th></tr></thead>
<tbody>${model.lines.map((line) => `<tr><td><span class="strong">${escapeHtml(line.description)}</span></td><td class="n">${cents(line.cents)}</td></tr>`).join('\n')}</tbody></table></div>
<dl class="sums">${sumsOf(model)
    .map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`)
    .join('')}<dt class="total">Total credited</dt><dd class="total">${total}</dd></dl>
<section><p>${WAYS[model.way]} ${UNCHANGED}</p></section>
</body></html>
`
}

/** The same credit note as bytes of a PDF: the same model always gives the same bytes. */
export const renderCreditNotePdf = (model: CreditNoteModel): Promise<Buffer> => {
  const { number, seller } = model
  const paper = openPaper({ title: `Credit note ${number}`, author: seller.name, createdAtMs: model.issuedAtMs })
  drawHead(paper, { title: 'Credit note', number, seller: seller.name })
  drawFacts(paper, [partyFact('Credited to', model.buyer), partyFact('From', seller)])
  drawFacts(paper, [
    { heading: 'Invoice', value: model.invoiceNumber, details: [monthName(model.period)] },
    { heading: 'Issued', value: dayName(model.issuedAtMs), details: ['US dollars'] },
    { heading: 'Total credited', value: cents(model.totalCents) },
  ])
  drawSection(paper, { heading: 'Reason', text: model.reason })
  paper.y += 20
  for (const line of model.lines) {
    const box = { x: LEFT, width: 380 }
    paper.need(paper.heightOf(line.description, box) + 8)
    paper.write(cents(line.cents), { x: RIGHT - 100, width: 100, align: 'right' })
    paper.y += paper.write(line.description, box) + 6
  }
  paper.y += 8
  for (const [name, value] of sumsOf(model)) drawSum(paper, { name, value })
  drawSum(paper, { name: 'Total credited', value: cents(model.totalCents), isTotal: true })
  drawSection(paper, { heading: 'What happens with it', text: `${WAYS[model.way]} ${UNCHANGED}` })
  return paper.finish(`Credit note ${number}`)
}
