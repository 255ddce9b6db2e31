'use server'

import { openBillingPortalAct } from '../../acts/billing/open-billing-portal.ts'
import { startCardSetupAct } from '../../acts/billing/start-card-setup.ts'
import { actAs, requireOrganization } from '../../auth/guard.ts'
import { runAction } from '../../run-action.ts'
import type { StripePage } from './stripe-page.ts'

export const startCardSetupAction = async (orgSlug: string): Promise<StripePage> =>
  runAction('start-card-setup', async (): Promise<StripePage> => {
    const { url } = await startCardSetupAct(await actAs(await requireOrganization(orgSlug)), {})
    return { status: 'done', url }
  })

export const openBillingPortalAction = async (orgSlug: string): Promise<StripePage> =>
  runAction('open-billing-portal', async (): Promise<StripePage> => {
    const { url } = await openBillingPortalAct(await actAs(await requireOrganization(orgSlug)), {})
    return { status: 'done', url }
  })
