import { z } from 'zod'
import { MAX_TOP_UP_CENTS, MIN_TOP_UP_CENTS } from '@atpar/core/auto-top-up'
import { AppError } from '@atpar/core/errors'
import { readBillingAccount } from '@atpar/db/billing-account'
import { readAutoTopUp, setAutoTopUp } from '@atpar/db/prepaid'
import { defineAct } from '../define-act.ts'

const MOST_CENTS = 100_000_000n
const dollars = (cents: bigint): string => `$${cents / 100n}`

const cents = (least: bigint, most: bigint) =>
  z
    .bigint()
    .min(least, `Use at least ${dollars(least)}.`)
    .max(most, `Use at most ${dollars(most)}.`)

/**
 * When the balance charges the card by itself. Saving it ends a pause after a failed charge.
 * @throws AppError conflict without a card, invalid_request when a day's cap lies below one top-up
 */
export const setAutoTopUpAct = defineAct({
  name: 'set-auto-top-up',
  effect: 'write',
  permission: 'payment:manage',
  input: z.strictObject({
    isEnabled: z.boolean(),
    thresholdCents: cents(0n, MOST_CENTS),
    amountCents: cents(MIN_TOP_UP_CENTS, MAX_TOP_UP_CENTS),
    dailyCapCents: cents(MIN_TOP_UP_CENTS, MOST_CENTS),
  }),
  run: async (act, input) => {
    if (input.dailyCapCents < input.amountCents)
      throw new AppError('invalid_request', {
        param: 'dailyCapCents',
        message: 'The most per day must allow at least one top-up.',
      })
    const { paymentMethod } = await readBillingAccount(act.tx, act.orgId)
    if (input.isEnabled && paymentMethod === null)
      throw new AppError('conflict', { message: 'Add a card first: an automatic top-up has nothing to charge.' })
    const before = await readAutoTopUp(act.tx, act.orgId)
    await setAutoTopUp(act.tx, act.orgId, { ...input, setByUserId: act.userId })
    const described = (settings: typeof input) => ({
      isEnabled: settings.isEnabled,
      thresholdCents: settings.thresholdCents.toString(),
      amountCents: settings.amountCents.toString(),
      dailyCapCents: settings.dailyCapCents.toString(),
    })
    await act.audit({
      action: 'auto-top-up-set',
      subjectKind: 'organization',
      subjectId: act.orgId,
      ...(before === null ? {} : { before: described(before) }),
      after: described(input),
    })
  },
})
