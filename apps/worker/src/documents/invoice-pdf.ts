import { isCarry, parFigures, type DocumentLine, type InvoiceModel } from './document-model.ts'
import { drawFacts, drawHead, drawSection, drawSum, partyFact } from './paper-parts.ts'
import { LEFT, MUTED, openPaper, RIGHT, type Paper } from './paper.ts'
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

const SMALL = { size: 7.5, color: MUTED } as const

interface Column {
  readonly heading: string
  readonly x: number
  readonly width: number
}

/** Figures of a pico-dollar need room for twenty characters. */
const USAGE: Column = { heading: 'Usage', x: LEFT, width: 190 }
const LIST: Column = { heading: 'At list price', x: LEFT + 194, width: 80 }
const ABSORBED: Column = { heading: 'Absorbed', x: LEFT + 278, width: 78 }
const EXACT: Column = { heading: 'Exact amount', x: LEFT + 360, width: 80 }
const AMOUNT: Column = { heading: 'Amount', x: LEFT + 442, width: RIGHT - LEFT - 442 }
const FIGURES = [LIST, ABSORBED, EXACT, AMOUNT]

const drawColumnHeads = (paper: Paper): void => {
  paper.write(USAGE.heading, { ...USAGE, ...SMALL })
  for (const column of FIGURES) paper.write(column.heading, { ...column, align: 'right', ...SMALL })
  paper.y += 13
  paper.rule()
  paper.y += 8
}

const figuresOf = (line: DocumentLine): readonly (readonly [Column, string])[] => [
  [LIST, isCarry(line) ? '' : dollars(line.costPusd)],
  [ABSORBED, isCarry(line) || line.absorbedPusd === 0n ? '' : dollars(-line.absorbedPusd)],
  [EXACT, dollars(line.amountPusd)],
]

const drawLine = (paper: Paper, line: DocumentLine): void => {
  const details = [...detailsOf(line), attemptsText(line)].filter((text) => text !== '')
  const heights = [
    paper.heightOf(line.description, { ...USAGE, font: 'strong', size: 9 }),
    ...details.map((text) => paper.heightOf(text, { ...USAGE, ...SMALL }) + 1),
  ]
  paper.need(heights.reduce((sum, height) => sum + height, 0) + 14)
  for (const [column, text] of figuresOf(line))
    if (text !== '') paper.write(text, { ...column, align: 'right', size: 7.5 })
  paper.write(cents(line.cents), { ...AMOUNT, align: 'right', font: 'strong', size: 9 })
  paper.y += paper.write(line.description, { ...USAGE, font: 'strong', size: 9 })
  for (const text of details) paper.y += paper.write(text, { ...USAGE, ...SMALL }) + 1
  paper.y += 5
  paper.rule()
  paper.y += 7
}

const drawSums = (paper: Paper, model: InvoiceModel): void => {
  const par = parFigures(model.lines)
  paper.need(190)
  paper.y += 6
  drawSum(paper, { name: 'Units × list price', value: dollars(par.costPusd) })
  drawSum(paper, { name: 'Absorbed by us', value: dollars(-par.absorbedPusd) })
  drawSum(paper, { name: 'Markup', value: '$0.00' })
  drawSum(paper, { name: 'Payment processing fee', value: '$0.00' })
  drawSum(paper, { name: 'Usage billed', value: dollars(model.usagePusd) })
  if (model.interimPusd !== 0n)
    drawSum(paper, { name: 'Billed before on interim invoices', value: dollars(-model.interimPusd) })
  drawSum(paper, { name: 'Carried over from earlier', value: dollars(model.carryInPusd) })
  drawSum(paper, { name: 'Carried forward', value: dollars(-model.carryOutPusd) })
  drawSum(paper, { name: 'Subtotal', value: cents(model.totalCents) })
  if (model.taxCents !== null) drawSum(paper, { name: 'Tax', value: cents(model.taxCents) })
  drawSum(paper, { name: 'Total due', value: cents(model.totalCents + (model.taxCents ?? 0n)), isTotal: true })
  if (model.taxCents === null)
    paper.y += paper.write(TAX_MISSING, { x: LEFT + 200, width: RIGHT - LEFT - 200, align: 'right', ...SMALL })
}

const drawOwnUsage = (paper: Paper, model: InvoiceModel): void => {
  if (model.ownUsage.length === 0) return
  drawSection(paper, {
    heading: 'On your own keys and machines',
    text: 'Paid to the provider by you, or to nobody. Atpar charges nothing for it.',
  })
  paper.y += 8
  for (const own of model.ownUsage) {
    const units = own.units.map(unitsText).join('  ·  ')
    const box = { x: LEFT, width: 380 }
    paper.need(paper.heightOf(units, { ...box, ...SMALL }) + 24)
    paper.write('$0.00', { ...AMOUNT, align: 'right', size: 9 })
    paper.write(own.funding === 'local' ? 'your machine' : 'your key', { ...EXACT, align: 'right', ...SMALL })
    paper.y += paper.write(own.description, { ...box, font: 'strong', size: 9 })
    paper.y += paper.write(units === '' ? 'No units reported' : units, { ...box, ...SMALL }) + 6
  }
}

/** The same invoice as bytes of a PDF: the same model always gives the same bytes. */
export const renderInvoicePdf = (model: InvoiceModel): Promise<Buffer> => {
  const paper = openPaper({
    title: `Invoice ${model.number}`,
    author: model.seller.name,
    createdAtMs: model.issuedAtMs,
  })
  const due = cents(model.totalCents + (model.taxCents ?? 0n))
  drawHead(paper, { title: 'Invoice', number: model.number, seller: model.seller.name })
  drawFacts(paper, [partyFact('Billed to', model.buyer), partyFact('From', model.seller)])
  drawFacts(paper, [
    { heading: 'Period', value: monthName(model.period), details: ['UTC calendar month'] },
    { heading: 'Issued', value: dayName(model.issuedAtMs), details: ['US dollars'] },
    { heading: 'Total due', value: due },
  ])
  if (model.status === 'carried') paper.y += paper.write(CARRIED_NOTICE, { x: LEFT, width: RIGHT - LEFT, size: 9 }) + 14
  drawColumnHeads(paper)
  paper.repeatOnTop(() => drawColumnHeads(paper))
  for (const line of model.lines) drawLine(paper, line)
  if (model.lines.length === 0)
    paper.y += paper.write('Nothing was used in this month.', { x: LEFT, width: 300, size: 9, color: MUTED }) + 8
  paper.repeatOnTop(null)
  drawSums(paper, model)
  drawOwnUsage(paper, model)
  drawSection(paper, { heading: 'Statement of par', text: PAR_STATEMENT })
  drawSection(paper, {
    heading: `Evidence: ${grouped(model.evidence.eventCount)} usage events`,
    code: model.evidence.sha256,
    text: `${RECOMPUTE_HINT} The hash is ${model.evidence.rule}`,
  })
  return paper.finish(`Invoice ${model.number}`)
}
