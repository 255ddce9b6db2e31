import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { findInvoice } from '@atpar/db/invoices'
import { defineAct } from '../define-act.ts'

/** One invoice with its lines, its evidence and the newest run of each proof. @throws AppError not_found */
export const readInvoiceAct = defineAct({
  name: 'read-invoice',
  effect: 'read',
  permission: 'invoice:read',
  input: z.strictObject({ invoiceId: z.string() }),
  run: async (act, { invoiceId }) => {
    const invoice = await findInvoice(act.tx, act.orgId, invoiceId)
    if (invoice === null) throw new AppError('not_found')
    return invoice
  },
})
