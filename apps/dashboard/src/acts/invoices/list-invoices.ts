import { z } from 'zod'
import { listInvoices } from '@atpar/db/invoices'
import { defineAct } from '../define-act.ts'

/** Newest period first, without their lines. */
export const listInvoicesAct = defineAct({
  name: 'list-invoices',
  effect: 'read',
  permission: 'invoice:read',
  input: z.strictObject({}),
  run: (act) => listInvoices(act.tx, act.orgId),
})
