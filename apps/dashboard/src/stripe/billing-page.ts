import { AppError } from '@atpar/core/errors'
import { readOrganization } from '@atpar/db/organizations'
import type { Act } from '../acts/define-act.ts'
import { readEnv } from '../env.ts'

/** Where Stripe's pages send people back to. @throws AppError not_found */
export const findBillingPage = async (act: Pick<Act, 'tx' | 'orgId'>): Promise<string> => {
  const organization = await readOrganization(act.tx, act.orgId)
  if (organization === null) throw new AppError('not_found')
  return `${readEnv().dashboardUrl}/${organization.slug}/settings/billing`
}
