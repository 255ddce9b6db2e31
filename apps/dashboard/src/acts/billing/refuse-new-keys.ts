import { mayCreateKeys } from '@atpar/core/dunning'
import { AppError } from '@atpar/core/errors'
import { readCreditStanding } from '@atpar/db/credit'
import type { Act } from '../define-act.ts'

/** @throws AppError billing_suspended once an invoice is overdue by days: what is there goes on, nothing new begins. */
export const refuseNewKeysInDunning = async (act: Act): Promise<void> => {
  const { stage } = await readCreditStanding(act.tx, act.orgId)
  if (mayCreateKeys(stage)) return
  throw new AppError('billing_suspended', {
    message:
      'An invoice is overdue, so no new keys can be made. Pay it under Settings, Billing; keys can be made again within seconds.',
  })
}
