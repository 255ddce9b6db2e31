import { z } from 'zod'
import { toStripeAmount } from '@atpar/billing/cents'
import { openTopUpPage } from '@atpar/billing/hosted-pages'
import { MAX_TOP_UP_CENTS, MIN_TOP_UP_CENTS } from '@atpar/core/auto-top-up'
import { noteTopUpPage, requestTopUp } from '@atpar/db/prepaid'
import { findBillingPage } from '../../stripe/billing-page.ts'
import { requireCustomer } from '../../stripe/require-customer.ts'
import { defineAct } from '../define-act.ts'

/**
 * Opens Stripe's page on which a top-up is paid. The balance grows once Stripe says that the payment succeeded, by what was charged.
 * @returns where to send the browser
 */
export const startTopUpAct = defineAct({
  name: 'start-top-up',
  effect: 'write',
  permission: 'payment:manage',
  input: z.strictObject({
    amountCents: z
      .bigint()
      .min(MIN_TOP_UP_CENTS, `Top up at least $${MIN_TOP_UP_CENTS / 100n}.`)
      .max(MAX_TOP_UP_CENTS, `Top up at most $${MAX_TOP_UP_CENTS / 100n} at a time.`),
  }),
  run: async (act, { amountCents }): Promise<{ readonly url: string }> => {
    const { client, customerId } = await requireCustomer(act)
    const back = await findBillingPage(act)
    const { topUpId } = await requestTopUp(act.tx, act.orgId, { amountCents, userId: act.userId })
    const page = await openTopUpPage(client, {
      customerId,
      topUpId,
      cents: toStripeAmount(amountCents),
      successUrl: `${back}?topup=paid`,
      cancelUrl: back,
    })
    await noteTopUpPage(act.tx, act.orgId, { topUpId, sessionId: page.sessionId })
    await act.audit({
      action: 'top-up-started',
      subjectKind: 'topup',
      subjectId: topUpId,
      after: { amountCents: amountCents.toString() },
    })
    return { url: page.url }
  },
})
