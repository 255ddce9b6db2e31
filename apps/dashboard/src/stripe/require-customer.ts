import type { Stripe } from '@atpar/billing/client'
import { ensureCustomer } from '@atpar/billing/customers'
import { AppError } from '@atpar/core/errors'
import { findStripeCustomer, readInstallationId, rememberStripeCustomer } from '@atpar/db/billing-account'
import type { Act } from '../acts/define-act.ts'
import { readDeps } from '../deps.ts'

/** Stripe, and the acting organization's customer there, made when it is first needed. @throws AppError invalid_request where nothing is collected */
export const requireCustomer = async (
  act: Pick<Act, 'tx' | 'orgId'>,
): Promise<{ readonly client: Stripe; readonly customerId: string }> => {
  const { stripe } = readDeps()
  if (stripe === null)
    throw new AppError('invalid_request', { message: 'This installation collects no money: no Stripe key is set.' })
  const { client } = stripe
  const known = await findStripeCustomer(act.tx, act.orgId)
  if (known !== null) return { client, customerId: known }
  const installationId = await readInstallationId(act.tx)
  const customerId = await ensureCustomer(client, { installationId, orgId: act.orgId })
  await rememberStripeCustomer(act.tx, act.orgId, { customerId, livemode: stripe.webhook.livemode })
  return { client, customerId }
}
