import { z } from 'zod'
import { openPortal } from '@atpar/billing/hosted-pages'
import { findBillingPage } from '../../stripe/billing-page.ts'
import { requireCustomer } from '../../stripe/require-customer.ts'
import { defineAct } from '../define-act.ts'

/** Opens Stripe's page of an organization's cards and tax ids. @returns where to send the browser */
export const openBillingPortalAct = defineAct({
  name: 'open-billing-portal',
  effect: 'write',
  permission: 'payment:manage',
  input: z.strictObject({}),
  run: async (act): Promise<{ readonly url: string }> => {
    const { client, customerId } = await requireCustomer(act)
    const page = await openPortal(client, { customerId, returnUrl: await findBillingPage(act) })
    await act.audit({ action: 'billing-portal-opened', subjectKind: 'organization', subjectId: act.orgId })
    return { url: page.url }
  },
})
