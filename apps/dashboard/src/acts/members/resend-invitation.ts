import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { findOpenInvitation, replaceInvitationToken } from '@atpar/db/invitations'
import { defineAct } from '../define-act.ts'
import { writeInvitationMail } from './invitation-mail.ts'
import {
  makeInvitationLink,
  readOrganizationName,
  requireGrantable,
  requireInviter,
  sendOrRefuse,
  takeMailAllowance,
} from './invitation-rules.ts'

/** A new link for seven more days; the one in the older mail is worth nothing from then on. @throws AppError not_found, forbidden, rate_limited */
export const resendInvitationAct = defineAct({
  name: 'resend-invitation',
  effect: 'write',
  permission: 'member:invite',
  input: z.strictObject({ invitationId: z.string() }),
  run: async (act, { invitationId }): Promise<{ readonly expiresAtMs: number }> => {
    const inviter = await requireInviter(act)
    const invitation = await findOpenInvitation(act.tx, act.orgId, invitationId)
    if (invitation === null) throw new AppError('not_found', { message: 'There is no such open invitation.' })
    requireGrantable(act, invitation.role)
    takeMailAllowance(act, 1)
    const { tokenHash, link, expiresAtMs } = makeInvitationLink(act)
    if (!(await replaceInvitationToken(act.tx, act.orgId, { invitationId, tokenHash, expiresAtMs })))
      throw new AppError('not_found', { message: 'There is no such open invitation.' })
    await act.audit({
      action: 'invitation-resent',
      subjectKind: 'invitation',
      subjectId: invitationId,
      after: { email: invitation.email, role: invitation.role },
    })
    const organization = await readOrganizationName(act)
    await sendOrRefuse(
      writeInvitationMail({ to: invitation.email, organization, inviter: inviter.name, role: invitation.role, link }),
    )
    return { expiresAtMs }
  },
})
