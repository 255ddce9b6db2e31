import { emit } from '../events.ts'
import type { Invoice, InvoiceItem, InvoiceLine } from '../objects.ts'
import { refuse, refuseParameter } from '../refusal.ts'
import { idOf, type World } from '../world.ts'
import { recompute } from './totals.ts'

const MOST_LINES = 250

export interface NewItem {
  amount: number
  currency: string
  description: string | null
  discountable: boolean
  isTaxFree: boolean
  metadata: Record<string, string>
  period: { start: number; end: number } | undefined
  quantity: number
  unitAmountDecimal: string | null
}

/** Makes an item of a customer; without an invoice it waits for one that takes pending items. */
export function createItem(
  world: World,
  item: NewItem,
  place: { customer: string; invoice: Invoice | null },
): InvoiceItem {
  const { invoice } = place
  if (invoice !== null) {
    refuseUnlessDraft(invoice)
    if (idOf(invoice.customer) !== place.customer) {
      throw refuse('The invoice item and its invoice must be of the same customer.', { param: 'invoice' })
    }
    if (invoice.currency !== item.currency) {
      throw refuse(
        `The currency of the invoice item (${item.currency}) must match the currency of the invoice (${invoice.currency}).`,
        { param: 'currency' },
      )
    }
    refuseTooMany(world, invoice, 1)
  }
  const now = world.now()
  const id = world.newId('ii')
  const created: InvoiceItem = {
    id,
    object: 'invoiceitem',
    amount: item.amount,
    currency: item.currency,
    customer: place.customer,
    customer_account: null,
    date: now,
    description: item.description,
    discountable: item.discountable,
    discounts: [],
    invoice: invoice?.id ?? null,
    livemode: false,
    metadata: item.metadata,
    parent: null,
    period: item.period ?? { start: now, end: now },
    pricing: { type: 'price_details', unit_amount_decimal: item.unitAmountDecimal },
    proration: false,
    quantity: item.quantity,
    quantity_decimal: String(item.quantity),
    tax_rates: [],
    test_clock: null,
  }
  world.tables.invoiceItems.set(id, created)
  if (item.isTaxFree) world.tables.taxFreeItems.set(id, true)
  emit(world, 'invoiceitem.created', created)
  if (invoice !== null) addLine(world, invoice, created)
  return created
}

export function addLine(world: World, invoice: Invoice, item: InvoiceItem): InvoiceLine {
  const lines = world.tables.invoiceLines.get(invoice.id) ?? []
  const line: InvoiceLine = {
    id: world.newId('il'),
    object: 'line_item',
    amount: item.amount,
    currency: item.currency,
    description: item.description,
    discount_amounts: [],
    discountable: item.discountable,
    discounts: [],
    invoice: invoice.id,
    livemode: false,
    metadata: { ...item.metadata },
    parent: {
      type: 'invoice_item_details',
      invoice_item_details: { invoice_item: item.id, proration: false, proration_details: null, subscription: null },
      subscription_item_details: null,
    },
    period: item.period,
    pretax_credit_amounts: [],
    pricing: item.pricing,
    quantity: item.quantity,
    quantity_decimal: String(item.quantity),
    subscription: null,
    subtotal: item.amount,
    taxes: [],
  }
  item.invoice = invoice.id
  world.tables.invoiceLines.set(invoice.id, [...lines, line])
  recompute(world, invoice)
  return line
}

export function itemOfLine(line: InvoiceLine): string | undefined {
  return line.parent?.invoice_item_details?.invoice_item
}

/** Takes an item off its invoice and forgets it. */
export function removeItem(world: World, item: InvoiceItem): void {
  const invoice = world.tables.invoices.get(idOf(item.invoice) ?? '')
  if (invoice !== undefined) {
    refuseUnlessDraft(invoice)
    const lines = world.tables.invoiceLines.get(invoice.id) ?? []
    world.tables.invoiceLines.set(
      invoice.id,
      lines.filter((line) => itemOfLine(line) !== item.id),
    )
    recompute(world, invoice)
  }
  world.tables.invoiceItems.delete(item.id)
  emit(world, 'invoiceitem.deleted', item)
}

export function refuseTooMany(world: World, invoice: Invoice, added: number): void {
  if ((world.tables.invoiceLines.get(invoice.id) ?? []).length + added <= MOST_LINES) return
  throw refuse(`An invoice takes at most ${MOST_LINES} line items.`, { code: 'invoice_too_many_line_items' })
}

export function refuseUnlessDraft(invoice: Invoice): void {
  if (invoice.status === 'draft') return
  throw refuse(`Invoice ${invoice.id} is no longer editable: finalized invoices can't be updated in this way.`, {
    code: 'invoice_not_editable',
  })
}

/** Whole cents, from an amount or from a decimal price and a quantity (at most 12 decimals, rounded half away from zero). */
export function readAmount(given: {
  amount?: number | undefined
  unit_amount_decimal?: string | undefined
  quantity?: number | undefined
}): { amount: number; quantity: number; unitAmountDecimal: string } {
  const quantity = given.quantity ?? 1
  if (given.amount !== undefined) {
    if (given.unit_amount_decimal !== undefined) {
      throw refuseParameter('You may only specify one of these parameters: amount, unit_amount_decimal.', {
        param: 'amount',
      })
    }
    return { amount: given.amount, quantity, unitAmountDecimal: String(given.amount) }
  }
  const decimal = given.unit_amount_decimal
  const match = decimal === undefined ? null : /^(-?)(\d{1,15})(?:\.(\d{1,12}))?$/.exec(decimal)
  if (match === null || decimal === undefined) {
    throw refuseParameter(
      decimal === undefined
        ? 'Missing required param: amount.'
        : `Invalid decimal: ${decimal}; must contain at maximum 12 decimal places.`,
      decimal === undefined
        ? { code: 'parameter_missing', param: 'amount' }
        : { code: 'parameter_invalid_decimal', param: 'unit_amount_decimal' },
    )
  }
  const scaled = BigInt(match[2] ?? '0') * 10n ** 12n + BigInt((match[3] ?? '').padEnd(12, '0'))
  const cents = (scaled * BigInt(quantity) + 5n * 10n ** 11n) / 10n ** 12n
  return { amount: Number(match[1] === '-' ? -cents : cents), quantity, unitAmountDecimal: decimal }
}
