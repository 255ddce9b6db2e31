import { z } from 'zod'

import { emit } from '../events.ts'
import { createCreditNote, voidCreditNote } from '../money/credit-note.ts'
import { applyMetadata, ignored, integer, listing, metadata, text } from '../params.ts'
import { refuseParameter } from '../refusal.ts'
import { findInvoice } from './invoices.ts'
import { find, many, one, type Route } from './route.ts'

const line = z.strictObject({
  amount: integer.optional(),
  description: text.optional(),
  invoice_line_item: text.optional(),
  quantity: integer.optional(),
  type: z.enum(['custom_line_item', 'invoice_line_item']),
  unit_amount: integer.optional(),
  tax_amounts: ignored,
  metadata: ignored,
})

const linkedRefund = z.strictObject({
  amount_refunded: integer.optional(),
  refund: text,
  type: z.enum(['refund']).optional(),
})

export const creditNoteRoutes: readonly Route[] = [
  one(
    { method: 'POST', path: '/v1/credit_notes' },
    {
      amount: integer.optional(),
      credit_amount: integer.optional(),
      effective_at: integer.optional(),
      email_type: ignored,
      invoice: text,
      lines: z.array(line).optional(),
      memo: text.optional(),
      metadata: metadata.optional(),
      out_of_band_amount: integer.optional(),
      reason: z.enum(['duplicate', 'fraudulent', 'order_change', 'product_unsatisfactory']).optional(),
      refund_amount: integer.optional(),
      refunds: z.array(linkedRefund).optional(),
    },
    (world, params) => {
      if (params.amount === undefined && params.lines === undefined) {
        throw refuseParameter('You must specify one of these parameters: amount, lines.', { code: 'parameter_missing' })
      }
      const invoice = findInvoice(world, params.invoice, 'invoice')
      return createCreditNote(world, invoice, {
        amount: params.amount ?? null,
        lines: (params.lines ?? []).map((given) => ({
          amount: given.amount ?? (given.unit_amount ?? 0) * (given.quantity ?? 1),
          description: given.description ?? null,
          quantity: given.quantity ?? 1,
          invoiceLine: given.invoice_line_item ?? null,
        })),
        creditAmount: params.credit_amount ?? 0,
        refundAmount: params.refund_amount ?? 0,
        refunds: (params.refunds ?? []).map((linked) => {
          const refund = find(world.tables.refunds, linked.refund, 'refund', 'refunds[0][refund]')
          return { refund, amount: linked.amount_refunded ?? refund.amount }
        }),
        outOfBandAmount: params.out_of_band_amount ?? 0,
        memo: params.memo ?? null,
        metadata: applyMetadata({}, params.metadata),
        reason: params.reason ?? null,
      })
    },
  ),
  many(
    '/v1/credit_notes',
    { ...listing, customer: text.optional(), invoice: text.optional() },
    (world, { customer, invoice }) => ({
      items: [...world.tables.creditNotes.values()].filter(
        (one) =>
          (customer === undefined || one.customer === customer) && (invoice === undefined || one.invoice === invoice),
      ),
    }),
  ),
  one({ method: 'GET', path: '/v1/credit_notes/:id' }, {}, (world, _, { ids: [id] }) =>
    find(world.tables.creditNotes, id, 'credit note'),
  ),
  one(
    { method: 'POST', path: '/v1/credit_notes/:id' },
    { memo: text.optional(), metadata: metadata.optional() },
    (world, { memo, metadata: given }, { ids: [id] }) => {
      const note = find(world.tables.creditNotes, id, 'credit note')
      if (memo !== undefined) note.memo = memo
      note.metadata = applyMetadata(note.metadata, given)
      emit(world, 'credit_note.updated', note)
      return note
    },
  ),
  one({ method: 'POST', path: '/v1/credit_notes/:id/void' }, {}, (world, _, { ids: [id] }) => {
    const note = find(world.tables.creditNotes, id, 'credit note')
    voidCreditNote(world, note)
    return note
  }),
  many('/v1/credit_notes/:id/lines', listing, (world, _, { ids: [id] }) => ({
    items: world.tables.creditNoteLines.get(find(world.tables.creditNotes, id, 'credit note').id) ?? [],
    order: 'as_kept',
  })),
]
