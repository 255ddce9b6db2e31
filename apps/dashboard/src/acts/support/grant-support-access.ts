import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { findOperator, grantSupportAccess } from '@atpar/db/support-access'
import { defineAct } from '../define-act.ts'

/** Lets one operator look, reading only, from now on. @throws AppError not_found (param `operatorEmail`) when no operator has that address. */
export const grantSupportAccessAct = defineAct({
  name: 'grant-support-access',
  effect: 'write',
  permission: 'support:manage',
  input: z.strictObject({
    operatorEmail: z.string().trim().toLowerCase().pipe(z.email('Enter the address that support gave you.')),
    reason: z.string().trim().min(1, 'Say what they should look at.').max(500, 'At most 500 characters.'),
    hours: z.coerce.number().int().min(1).max(24, 'A day at most.').default(4),
  }),
  run: async (act, { operatorEmail, reason, hours }) => {
    // A person vouches for another person: a key does not.
    if (act.userId === null) throw new AppError('forbidden')
    const operator = await findOperator(act.tx, operatorEmail)
    if (operator === null)
      throw new AppError('not_found', {
        message: 'Nobody of the support staff has this address.',
        param: 'operatorEmail',
      })
    const access = await grantSupportAccess(act.tx, act.orgId, {
      operator,
      reason,
      hours,
      grantedByUserId: act.userId,
    })
    await act.audit({
      action: 'support-access-granted',
      subjectKind: 'support-access',
      subjectId: access.accessId,
      after: { operator: operator.email, reason, hours },
    })
    return access
  },
})
