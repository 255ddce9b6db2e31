import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { findTotp, isTwoFactorRequired, requireTwoFactor } from '@atpar/db/two-factor'
import { defineAct } from '../define-act.ts'

/** Whether members are let in with a second factor only. @throws AppError conflict when the person who asks for it has none themselves. */
export const setTwoFactorPolicyAct = defineAct({
  name: 'set-two-factor-policy',
  effect: 'write',
  permission: 'security:manage',
  input: z.strictObject({ requireTwoFactor: z.boolean() }),
  run: async (act, { requireTwoFactor: isRequired }) => {
    // Locking oneself out with the same click would be a poor start.
    if (isRequired && act.userId !== null && (await findTotp(act.tx, act.userId))?.isConfirmed !== true)
      throw new AppError('conflict', { message: 'Set up your own second factor first, on your account page.' })
    const before = await isTwoFactorRequired(act.tx, act.orgId)
    if (before === isRequired) return
    await requireTwoFactor(act.tx, act.orgId, isRequired)
    await act.audit({
      action: 'two-factor-policy-changed',
      subjectKind: 'organization',
      subjectId: act.orgId,
      before: { requireTwoFactor: before },
      after: { requireTwoFactor: isRequired },
    })
  },
})
