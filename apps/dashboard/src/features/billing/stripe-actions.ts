'use server'

import { openBillingPortalAct } from '../../acts/billing/open-billing-portal.ts'
import { AppError } from '@atpar/core/errors'
import { startCardSetupAct } from '../../acts/billing/start-card-setup.ts'
import { actAs, requireOrganization } from '../../auth/guard.ts'
import { runAction } from '../../run-action.ts'
import { startTopUpAct } from '../../acts/billing/start-top-up.ts'
import { parseCents } from '../../format/parse-cents.ts'
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

export const startTopUpAction = async (orgSlug: string, form: FormData): Promise<StripePage> =>
  runAction(
    'start-top-up',
    async (): Promise<StripePage> => {
      const amountCents = parseCents(form.get('amount'))
      if (amountCents === null)
        throw new AppError('invalid_request', { message: 'Use an amount like 25 or 12.50.', param: 'amountCents' })
      const { url } = await startTopUpAct(await actAs(await requireOrganization(orgSlug)), { amountCents })
      return { status: 'done', url }
    },
    ['amountCents'],
  )
