import { z } from 'zod'
import { openCardSetup } from '@atpar/billing/hosted-pages'
import { AppError } from '@atpar/core/errors'
import { readOrganization } from '@atpar/db/organizations'
import { readEnv } from '../../env.ts'
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
    const organization = await readOrganization(act.tx, act.orgId)
    if (organization === null) throw new AppError('not_found')
    const back = `${readEnv().dashboardUrl}/${organization.slug}/settings/billing`
    const page = await openCardSetup(client, { customerId, successUrl: `${back}?card=added`, cancelUrl: back })
    await act.audit({ action: 'card-setup-started', subjectKind: 'organization', subjectId: act.orgId })
    return { url: page.url }
  },
})
