import { z } from 'zod'

import { emit } from '../events.ts'
import {
  addLine,
  createItem,
  itemOfLine,
  readAmount,
  refuseTooMany,
  refuseUnlessDraft,
  removeItem,
  type NewItem,
} from '../invoice/lines.ts'
import { recompute } from '../invoice/totals.ts'
import type { InvoiceItem } from '../objects.ts'
import { applyMetadata, boolean, clearable, integer, listing, metadata, text } from '../params.ts'
import { refuseParameter } from '../refusal.ts'
import { idOf, type World } from '../world.ts'
import { findInvoice } from './invoices.ts'
import { find, many, one, plain, type Route } from './route.ts'

const fields = {
  amount: integer.optional(),
  description: clearable.optional(),
  discountable: boolean.optional(),
  metadata: metadata.optional(),
  period: z.strictObject({ start: integer, end: integer }).optional(),
  quantity: integer.optional(),
  tax_behavior: z.enum(['exclusive', 'unspecified']).optional(),
  tax_code: text.optional(),
  unit_amount_decimal: text.optional(),
}

/** Stripe's code for what bears no tax anywhere. */
const NONTAXABLE = 'txcd_00000000'

const itemFields = z.strictObject(fields)

function readItem(given: z.infer<typeof itemFields>, currency: string): NewItem {
  const { amount, quantity, unitAmountDecimal } = readAmount(given)
  if (given.period !== undefined && given.period.end < given.period.start) {
    throw refuseParameter('The end of a period must not be before its start.', { param: 'period[end]' })
  }
  return {
    amount,
    currency,
    description: given.description ?? null,
    discountable: given.discountable ?? true,
    isTaxFree: given.tax_code === NONTAXABLE,
    metadata: applyMetadata({}, given.metadata),
    period: given.period,
    quantity,
    unitAmountDecimal,
  }
}

function update(world: World, item: InvoiceItem, given: z.infer<typeof itemFields>): void {
  const invoice = world.tables.invoices.get(idOf(item.invoice) ?? '')
  if (invoice !== undefined) refuseUnlessDraft(invoice)
  if (given.amount !== undefined || given.unit_amount_decimal !== undefined) {
    const { amount, quantity, unitAmountDecimal } = readAmount(given)
    Object.assign(item, { amount, quantity, quantity_decimal: String(quantity) })
    item.pricing = { type: 'price_details', unit_amount_decimal: unitAmountDecimal }
  }
  if (given.description !== undefined) item.description = given.description
  if (given.period !== undefined) item.period = given.period
  item.metadata = applyMetadata(item.metadata, given.metadata)
  if (invoice !== undefined) {
    for (const line of world.tables.invoiceLines.get(invoice.id) ?? []) {
      if (itemOfLine(line) !== item.id) continue
      const { amount, description, metadata: all, period, pricing, quantity, quantity_decimal: exact } = item
      Object.assign(line, { amount, subtotal: amount, description, period, pricing, quantity })
      Object.assign(line, { quantity_decimal: exact, metadata: { ...all } })
    }
    recompute(world, invoice)
  }
  emit(world, 'invoiceitem.updated', item)
}

const findItem = (world: World, id: string | undefined) => find(world.tables.invoiceItems, id, 'invoiceitem')

export const invoiceItemRoutes: readonly Route[] = [
  one(
    { method: 'POST', path: '/v1/invoiceitems' },
    { ...fields, customer: text.optional(), currency: text.optional(), invoice: text.optional() },
    (world, { customer: customerId, currency: asked, invoice: invoiceId, ...rest }) => {
      const invoice = invoiceId === undefined ? null : findInvoice(world, invoiceId, 'invoice')
      const id = customerId ?? idOf(invoice?.customer) ?? undefined
      if (id === undefined) {
        throw refuseParameter('Missing required param: customer.', { code: 'parameter_missing', param: 'customer' })
      }
      const customer = find(world.tables.customers, id, 'customer', 'customer')
      const currency = asked?.toLowerCase() ?? invoice?.currency ?? 'usd'
      return createItem(world, readItem(rest, currency), { customer: customer.id, invoice })
    },
  ),
  many(
    '/v1/invoiceitems',
    { ...listing, customer: text.optional(), invoice: text.optional(), pending: boolean.optional() },
    (world, { customer, invoice, pending }) => ({
      items: [...world.tables.invoiceItems.values()].filter(
        (one) =>
          (customer === undefined || one.customer === customer) &&
          (invoice === undefined || one.invoice === invoice) &&
          (pending === undefined || (one.invoice === null) === pending),
      ),
    }),
  ),
  one({ method: 'GET', path: '/v1/invoiceitems/:id' }, {}, (world, _, { ids: [id] }) => findItem(world, id)),
  one({ method: 'POST', path: '/v1/invoiceitems/:id' }, fields, (world, params, { ids: [id] }) => {
    const item = findItem(world, id)
    update(world, item, params)
    return item
  }),
  plain({ method: 'DELETE', path: '/v1/invoiceitems/:id' }, {}, (world, _, { ids: [id] }) => {
    const item = findItem(world, id)
    removeItem(world, item)
    return { id: item.id, object: 'invoiceitem', deleted: true }
  }),
  many('/v1/invoices/:id/lines', listing, (world, _, { ids: [id] }) => ({
    items: world.tables.invoiceLines.get(findInvoice(world, id).id) ?? [],
    order: 'as_kept',
  })),
  one(
    { method: 'POST', path: '/v1/invoices/:id/add_lines' },
    {
      invoice_metadata: metadata.optional(),
      lines: z.array(z.strictObject({ ...fields, invoice_item: text.optional() })).max(250),
    },
    (world, { lines, invoice_metadata: given }, { ids: [id] }) => {
      const invoice = findInvoice(world, id)
      refuseUnlessDraft(invoice)
      // All or nothing: every line is read before the first is added.
      refuseTooMany(world, invoice, lines.length)
      const items = lines.map((line) => {
        const { invoice_item: pending, ...rest } = line
        return pending === undefined ? readItem(rest, invoice.currency) : findItem(world, pending)
      })
      const customer = idOf(invoice.customer) ?? ''
      for (const item of items) {
        if (!('id' in item)) createItem(world, item, { customer, invoice })
        else if (item.invoice === null) addLine(world, invoice, item)
      }
      invoice.metadata = applyMetadata(invoice.metadata, given)
      emit(world, 'invoice.updated', invoice)
      return invoice
    },
  ),
  one(
    { method: 'POST', path: '/v1/invoices/:id/remove_lines' },
    {
      invoice_metadata: metadata.optional(),
      lines: z.array(z.strictObject({ id: text, behavior: z.enum(['delete', 'unassign']) })).max(250),
    },
    (world, { lines }, { ids: [id] }) => {
      const invoice = findInvoice(world, id)
      refuseUnlessDraft(invoice)
      for (const asked of lines) {
        const line = (world.tables.invoiceLines.get(invoice.id) ?? []).find((one) => one.id === asked.id)
        const item = line === undefined ? undefined : world.tables.invoiceItems.get(itemOfLine(line) ?? '')
        if (item === undefined) throw refuseParameter(`No such line item: '${asked.id}'`, { param: 'lines' })
        removeItem(world, item)
      }
      emit(world, 'invoice.updated', invoice)
      return invoice
    },
  ),
]
