import type { ComposedInvoice, InvoiceLine, UnitTotals } from '@atpar/core/invoice'
import { formatUsd, PUSD_PER_CENT, pusd, type Pusd } from '@atpar/core/money'

export interface DocumentInput {
  readonly number: string
  readonly orgName: string
  readonly period: string
  readonly issuedAtMs: number
  readonly invoice: ComposedInvoice
  readonly evidence: { readonly eventCount: bigint; readonly sha256: string; readonly rule: string }
}

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
const exact = (amount: Pusd): string =>
  amount < 0n ? `−$${formatUsd(pusd(0n - amount), 2)}` : `$${formatUsd(amount, 2)}`
const centsText = (cents: bigint): string => exact(pusd(cents * PUSD_PER_CENT))
const grouped = (count: bigint): string => count.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ' ')

const unitsText = (units: UnitTotals): string =>
  Object.entries(units)
    .filter(([, count]) => count !== 0n)
    .map(([bucket, count]) => `${grouped(count)} ${bucket.replaceAll('_', ' ')}`)
    .join(', ')

const monthName = (period: string): string =>
  new Date(`${period}T00:00:00Z`).toLocaleDateString('en-US', { month: 'long', year: 'numeric', timeZone: 'UTC' })

const lineRow = (line: InvoiceLine): string => {
  const book =
    line.kind === 'carry_over' || line.kind === 'interim'
      ? ''
      : line.priceBookId === null
        ? 'several price books'
        : `price book ${line.priceBookId}`
  const detail = [unitsText(line.units), line.events === 0n ? '' : `${grouped(line.events)} attempts`, book]
    .filter((part) => part !== '')
    .join(' · ')
  const isUsage = line.kind !== 'carry_over' && line.kind !== 'interim'
  return `<tr><td><strong>${escapeHtml(line.description)}</strong>${detail === '' ? '' : `<small>${escapeHtml(detail)}</small>`}</td>
<td class="n">${isUsage ? exact(line.costPusd) : ''}</td><td class="n">${isUsage && line.absorbedPusd !== 0n ? exact(pusd(0n - line.absorbedPusd)) : ''}</td>
<td class="n">${isUsage ? '$0.00' : ''}</td><td class="n">${exact(line.amountPusd)}</td><td class="n">${centsText(line.cents)}</td></tr>`
}

const STYLE = `
:root{color-scheme:light}*{box-sizing:border-box}body{margin:0 auto;max-width:60rem;padding:3rem 2rem;font:14px/1.5 system-ui,sans-serif;color:#18181b;background:#fff}
header{display:flex;justify-content:space-between;gap:2rem;flex-wrap:wrap;margin-bottom:2.5rem}h1{font-size:1.5rem;margin:0 0 .25rem}p{margin:0 0 .5rem}
dl{display:grid;grid-template-columns:auto auto;gap:.15rem 1.5rem;margin:0}dt{color:#71717a}dd{margin:0;text-align:right;font-variant-numeric:tabular-nums}
table{width:100%;border-collapse:collapse;margin:1.5rem 0}th{font-weight:500;color:#71717a;text-align:left;border-bottom:1px solid #d4d4d8;padding:.5rem .5rem .5rem 0}
td{border-bottom:1px solid #e4e4e7;padding:.6rem .5rem .6rem 0;vertical-align:top}td small{display:block;color:#71717a}.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
tfoot td{border-bottom:0;font-weight:600;font-size:1.1rem;padding-top:1rem}section{border:1px solid #e4e4e7;border-radius:.5rem;padding:1.25rem 1.5rem;margin-top:2rem}
section h2{font-size:1rem;margin:0 0 .5rem}code{font:12px/1.5 ui-monospace,monospace;word-break:break-all}
@media print{body{padding:0;max-width:none}section{break-inside:avoid}tr{break-inside:avoid}}`

/**
 * The document as issued: one self-contained page without scripts or anything to fetch, so that it prints and reads the same in ten years.
 * It is stored byte for byte and never rendered again.
 */
export const renderInvoice = (input: DocumentInput): string => {
  const { invoice } = input
  const usage = invoice.lines.filter((line) => line.kind !== 'carry_over' && line.kind !== 'interim')
  const total = (pick: (line: InvoiceLine) => Pusd): Pusd => pusd(usage.reduce((sum, line) => sum + pick(line), 0n))
  const carried = invoice.status === 'carried'
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Invoice ${escapeHtml(input.number)}</title><style>${STYLE}</style></head>
<body>
<header><div><h1>Invoice ${escapeHtml(input.number)}</h1><p>Atpar: every AI model, one endpoint, at par.</p></div>
<dl><dt>Billed to</dt><dd>${escapeHtml(input.orgName)}</dd><dt>Period</dt><dd>${monthName(input.period)} (UTC)</dd><dt>Issued</dt><dd>${new Date(input.issuedAtMs).toISOString().slice(0, 10)}</dd><dt>Currency</dt><dd>USD</dd></dl></header>
${carried ? '<p>Nothing is due: the total is below the minimum charge and is carried forward to the next invoice.</p>' : ''}
<table><thead><tr><th>Usage</th><th class="n">Units × list price</th><th class="n">Absorbed by Atpar</th><th class="n">Markup</th><th class="n">Exact amount</th><th class="n">Amount</th></tr></thead>
<tbody>${invoice.lines.map(lineRow).join('\n')}</tbody>
<tfoot><tr><td colspan="5">Total due</td><td class="n">${centsText(invoice.totalCents)}</td></tr></tfoot></table>
<section><h2>Statement of par</h2>
<p>Every amount is the provider's list price on the day of use times the units the provider reported, to a trillionth of a dollar. Atpar adds nothing.</p>
<dl><dt>Units × list price</dt><dd>${exact(total((line) => line.costPusd))}</dd><dt>Absorbed by Atpar (failed and lost attempts)</dt><dd>${exact(pusd(0n - total((line) => line.absorbedPusd)))}</dd>
<dt>Markup</dt><dd>$0.00</dd><dt>Usage billed</dt><dd>${exact(invoice.usagePusd)}</dd><dt>Carried over from earlier</dt><dd>${exact(invoice.carryInPusd)}</dd>
<dt>Carried forward to the next invoice</dt><dd>${exact(pusd(0n - invoice.carryOutPusd))}</dd><dt>Total due</dt><dd>${centsText(invoice.totalCents)}</dd></dl></section>
<section><h2>Evidence</h2><p>${grouped(input.evidence.eventCount)} usage events. SHA-256 of their keys and amounts:</p><p><code>${input.evidence.sha256}</code></p><p><small>${escapeHtml(input.evidence.rule)}</small></p></section>
<p><small>No tax is stated on this document.</small></p>
</body></html>
`
}
