import { z } from 'zod'

import { emit } from '../events.ts'
import { markUncollectible, payInvoice, payOutOfBand, requireCard, voidInvoice } from '../invoice/collect.ts'
import { createInvoice, SECONDS_AS_DRAFT } from '../invoice/create.ts'
import { finalizeInvoice } from '../invoice/finalize.ts'
import { refuseUnlessDraft } from '../invoice/lines.ts'
import { recompute } from '../invoice/totals.ts'
import type { Invoice } from '../objects.ts'
import { applyMetadata, boolean, clearable, ignored, integer, listing, metadata, text } from '../params.ts'
import { refuse } from '../refusal.ts'
import { renderPlain } from '../render.ts'
import { compileSearch } from '../search.ts'
import type { World } from '../world.ts'
import { find, many, one, plain, type Route } from './route.ts'

const fields = {
  auto_advance: boolean.optional(),
  automatic_tax: z.strictObject({ enabled: boolean, liability: ignored }).optional(),
  automatically_finalizes_at: integer.optional(),
  collection_method: z.enum(['charge_automatically', 'send_invoice']).optional(),
  custom_fields: z.union([z.literal(''), z.array(z.strictObject({ name: text, value: text })).max(4)]).optional(),
  days_until_due: integer.optional(),
  default_payment_method: clearable.optional(),
  description: clearable.optional(),
  due_date: integer.optional(),
  effective_at: integer.optional(),
  footer: clearable.optional(),
  metadata: metadata.optional(),
  number: text.max(26).optional(),
  payment_settings: ignored,
  rendering: ignored,
  shipping_details: ignored,
  statement_descriptor: text.optional(),
}

export function findInvoice(world: World, id: string | undefined, param?: string): Invoice {
  return find(world.tables.invoices, id, 'invoice', param)
}

function refuseTakenNumber(world: World, number: string | undefined, own: string): void {
  if (number === undefined) return
  for (const invoice of world.tables.invoices.values()) {
    if (invoice.number === number && invoice.id !== own) {
      throw refuse(`The invoice number ${number} is already used by another invoice.`, { param: 'number' })
    }
  }
}

/** What may still be changed after an invoice is finalized: nothing that says or moves money. */
const OPEN_FIELDS = new Set(['auto_advance', 'metadata', 'default_payment_method', 'payment_settings', 'footer'])

const orNull = (value: string) => (value === '' ? null : value)

const invoiceFields = z.strictObject(fields)

function update(world: World, invoice: Invoice, given: z.infer<typeof invoiceFields>): void {
  const closed = Object.entries(given).find(([name, value]) => value !== undefined && !OPEN_FIELDS.has(name))
  if (closed !== undefined) refuseUnlessDraft(invoice)
  refuseTakenNumber(world, given.number, invoice.id)
  if (given.auto_advance !== undefined) setAutoAdvance(world, invoice, given.auto_advance)
  if (given.automatic_tax !== undefined) {
    invoice.automatic_tax.enabled = given.automatic_tax.enabled
    invoice.automatic_tax.liability = given.automatic_tax.enabled ? { type: 'self' } : null
    invoice.automatic_tax.status = null
  }
  if (given.collection_method !== undefined) invoice.collection_method = given.collection_method
  if (given.custom_fields !== undefined) {
    invoice.custom_fields = given.custom_fields === '' ? null : given.custom_fields
  }
  if (given.default_payment_method !== undefined) invoice.default_payment_method = orNull(given.default_payment_method)
  if (given.description !== undefined) invoice.description = orNull(given.description)
  if (given.due_date !== undefined) invoice.due_date = given.due_date
  if (given.effective_at !== undefined) invoice.effective_at = given.effective_at
  if (given.footer !== undefined) invoice.footer = orNull(given.footer)
  if (given.number !== undefined) invoice.number = orNull(given.number)
  if (given.statement_descriptor !== undefined) invoice.statement_descriptor = given.statement_descriptor
  invoice.metadata = applyMetadata(invoice.metadata, given.metadata)
  if (invoice.status === 'draft') recompute(world, invoice)
  emit(world, 'invoice.updated', invoice)
}

function setAutoAdvance(world: World, invoice: Invoice, isOn: boolean): void {
  invoice.auto_advance = isOn
  if (invoice.status === 'draft') {
    invoice.automatically_finalizes_at = isOn ? world.now() + SECONDS_AS_DRAFT : null
    return
  }
  const work = world.tables.collections.get(invoice.id)
  if (work === undefined || invoice.collection_method !== 'charge_automatically') return
  work.tryAt = isOn ? (work.tryAt ?? world.now()) : null
  invoice.next_payment_attempt = work.tryAt
}

export const invoiceRoutes: readonly Route[] = [
  one(
    { method: 'POST', path: '/v1/invoices' },
    {
      ...fields,
      currency: text.optional(),
      customer: text,
      pending_invoice_items_behavior: z.enum(['exclude', 'include']).optional(),
    },
    (world, params) => {
      const customer = find(world.tables.customers, params.customer, 'customer', 'customer')
      const currency = params.currency?.toLowerCase() ?? customer.currency ?? 'usd'
      if (!/^[a-z]{3}$/.test(currency)) throw refuse(`Invalid currency: ${currency}.`, { param: 'currency' })
      if (params.due_date !== undefined && params.collection_method !== 'send_invoice') {
        throw refuse('due_date can only be set on invoices with collection_method=send_invoice.', { param: 'due_date' })
      }
      refuseTakenNumber(world, params.number, '')
      const days = params.days_until_due
      return createInvoice(world, customer, {
        autoAdvance: params.auto_advance ?? false,
        automaticTax: params.automatic_tax?.enabled ?? false,
        automaticallyFinalizesAt: params.automatically_finalizes_at ?? null,
        collectionMethod: params.collection_method ?? 'charge_automatically',
        currency,
        customFields: params.custom_fields === '' ? null : (params.custom_fields ?? null),
        dueDate: params.due_date ?? (days === undefined ? null : world.now() + days * 86_400),
        defaultPaymentMethod: params.default_payment_method ?? null,
        description: params.description ?? null,
        effectiveAt: params.effective_at ?? null,
        footer: params.footer ?? null,
        metadata: applyMetadata({}, params.metadata),
        number: params.number ?? null,
        statementDescriptor: params.statement_descriptor ?? null,
        takesPendingItems: params.pending_invoice_items_behavior === 'include',
      })
    },
  ),
  many(
    '/v1/invoices',
    {
      ...listing,
      collection_method: text.optional(),
      customer: text.optional(),
      due_date: ignored,
      status: z.enum(['draft', 'open', 'paid', 'uncollectible', 'void']).optional(),
      subscription: text.optional(),
    },
    (world, { customer, status, collection_method: collection }) => ({
      items: [...world.tables.invoices.values()].filter(
        (one) =>
          (customer === undefined || one.customer === customer) &&
          (status === undefined || one.status === status) &&
          (collection === undefined || one.collection_method === collection),
      ),
    }),
  ),
  plain(
    { method: 'GET', path: '/v1/invoices/search' },
    { query: text, limit: integer.optional(), page: integer.optional() },
    (world, { query, limit = 10, page = 1 }, { path }) => {
      const matches = compileSearch(query)
      const found = [...world.tables.invoices.values()].filter((invoice) => matches({ ...invoice })).toReversed()
      const start = (page - 1) * limit
      const hasMore = found.length > start + limit
      return {
        object: 'search_result',
        data: found.slice(start, start + limit).map((invoice) => renderPlain(world, invoice)),
        has_more: hasMore,
        next_page: hasMore ? String(page + 1) : null,
        url: path,
      }
    },
  ),
  one({ method: 'GET', path: '/v1/invoices/:id' }, {}, (world, _, { ids: [id] }) => findInvoice(world, id)),
  one({ method: 'POST', path: '/v1/invoices/:id' }, fields, (world, params, { ids: [id] }) => {
    const invoice = findInvoice(world, id)
    update(world, invoice, params)
    return invoice
  }),
  plain({ method: 'DELETE', path: '/v1/invoices/:id' }, {}, (world, _, { ids: [id] }) => {
    const invoice = findInvoice(world, id)
    if (invoice.status !== 'draft') {
      throw refuse('You can only delete draft invoices. Void this one instead.', { code: 'invoice_not_editable' })
    }
    for (const item of world.tables.invoiceItems.values()) {
      if (item.invoice === invoice.id) world.tables.invoiceItems.delete(item.id)
    }
    world.tables.invoiceLines.delete(invoice.id)
    world.tables.invoices.delete(invoice.id)
    emit(world, 'invoice.deleted', invoice)
    return { id: invoice.id, object: 'invoice', deleted: true }
  }),
  one(
    { method: 'POST', path: '/v1/invoices/:id/finalize' },
    { auto_advance: boolean.optional() },
    (world, { auto_advance: autoAdvance }, { ids: [id] }) => {
      const invoice = findInvoice(world, id)
      finalizeInvoice(world, invoice, autoAdvance)
      return invoice
    },
  ),
  one(
    { method: 'POST', path: '/v1/invoices/:id/pay' },
    {
      forgive: boolean.optional(),
      mandate: ignored,
      off_session: boolean.optional(),
      paid_out_of_band: boolean.optional(),
      payment_method: text.optional(),
    },
    (world, params, { ids: [id] }) => {
      const invoice = findInvoice(world, id)
      if (invoice.status === 'draft') {
        // Asked before it is finalized, so that a refusal leaves the draft as it was.
        if (params.paid_out_of_band !== true && invoice.amount_due > 0) {
          requireCard(world, invoice, params.payment_method)
        }
        finalizeInvoice(world, invoice, undefined)
        // Nothing was due.
        if (invoice.status !== 'open') return invoice
      }
      if (params.paid_out_of_band === true) payOutOfBand(world, invoice)
      else payInvoice(world, invoice, { paymentMethod: params.payment_method, isOwnerPresent: true })
      return invoice
    },
  ),
  one({ method: 'POST', path: '/v1/invoices/:id/void' }, {}, (world, _, { ids: [id] }) => {
    const invoice = findInvoice(world, id)
    voidInvoice(world, invoice)
    return invoice
  }),
  one({ method: 'POST', path: '/v1/invoices/:id/mark_uncollectible' }, {}, (world, _, { ids: [id] }) => {
    const invoice = findInvoice(world, id)
    markUncollectible(world, invoice)
    return invoice
  }),
  one({ method: 'POST', path: '/v1/invoices/:id/send' }, {}, (world, _, { ids: [id] }) => {
    const invoice = findInvoice(world, id)
    if (invoice.status === 'draft') finalizeInvoice(world, invoice, undefined)
    emit(world, 'invoice.sent', invoice)
    return invoice
  }),
]
