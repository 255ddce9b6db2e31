import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { findOpenInvitation, revokeInvitation } from '@atpar/db/invitations'
import { defineAct } from '../define-act.ts'

/** The link in the mail stops working at once. @throws AppError not_found */
export const revokeInvitationAct = defineAct({
  name: 'revoke-invitation',
  effect: 'write',
  permission: 'member:invite',
  input: z.strictObject({ invitationId: z.string() }),
  run: async (act, { invitationId }) => {
    const invitation = await findOpenInvitation(act.tx, act.orgId, invitationId)
    if (invitation === null || !(await revokeInvitation(act.tx, act.orgId, invitationId)))
      throw new AppError('not_found', { message: 'There is no such open invitation.' })
    await act.audit({
      action: 'invitation-revoked',
      subjectKind: 'invitation',
      subjectId: invitationId,
      before: { email: invitation.email, role: invitation.role },
    })
  },
})
