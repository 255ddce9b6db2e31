import { z } from 'zod'
import { openCardSetup } from '@atpar/billing/hosted-pages'
import { findBillingPage } from '../../stripe/billing-page.ts'
import { requireCustomer } from '../../stripe/require-customer.ts'
import { defineAct } from '../define-act.ts'

/** Opens Stripe's page on which a card is saved and nothing is charged. The card counts once Stripe says that it was saved. @returns where to send the browser */
export const startCardSetupAct = defineAct({
  name: 'start-card-setup',
  effect: 'write',
  permission: 'payment:manage',
  input: z.strictObject({}),
  run: async (act): Promise<{ readonly url: string }> => {
    const { client, customerId } = await requireCustomer(act)
    const back = await findBillingPage(act)
    const page = await openCardSetup(client, { customerId, successUrl: `${back}?card=added`, cancelUrl: back })
    await act.audit({ action: 'card-setup-started', subjectKind: 'organization', subjectId: act.orgId })
    return { url: page.url }
  },
})
