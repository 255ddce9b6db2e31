import { z } from 'zod'
import { ROLES, TEAM_ROLES } from '@atpar/core/permissions'
import { createInvitation } from '@atpar/db/invitations'
import { listMembers } from '@atpar/db/members'
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

const MAX_AT_ONCE = 100

const email = z
  .string()
  .trim()
  .toLowerCase()
  .max(254)
  .pipe(z.email({ error: (issue) => `"${String(issue.input)}" is not an e-mail address.` }))

const input = z.strictObject({
  emails: z
    .array(email)
    .min(1, 'Enter at least one e-mail address.')
    .max(MAX_AT_ONCE, `At most ${MAX_AT_ONCE} addresses at once.`),
  role: z.enum(ROLES),
  teamId: z.string().nullable().default(null),
  teamRole: z.enum(TEAM_ROLES).default('developer'),
})

export interface InvitedMembers {
  readonly invited: readonly { readonly invitationId: string; readonly email: string }[]
  /** Members of this organization already. Whether an address has an account elsewhere is told to nobody. */
  readonly alreadyMembers: readonly string[]
}

/**
 * Sends each address a link that makes whoever it belongs to a member, once, within seven days. A newer invitation to an address replaces the open one.
 * @throws AppError forbidden for a role that is not the inviter's to give, not_found for a foreign team, rate_limited.
 */
export const inviteMembersAct = defineAct({
  name: 'invite-members',
  effect: 'write',
  permission: 'member:invite',
  input,
  run: async (act, { emails, role, teamId, teamRole }): Promise<InvitedMembers> => {
    const inviter = await requireInviter(act)
    requireGrantable(act, role)
    const members = new Set((await listMembers(act.tx, act.orgId)).map((member) => member.email))
    const wanted = [...new Set(emails)]
    const strangers = wanted.filter((address) => !members.has(address))
    takeMailAllowance(act, strangers.length)
    const organization = await readOrganizationName(act)
    const invited: { invitationId: string; email: string }[] = []
    const mails = []
    for (const address of strangers) {
      const { tokenHash, link, expiresAtMs } = makeInvitationLink(act)
      const { invitationId } = await createInvitation(act.tx, act.orgId, {
        email: address,
        role,
        teamId,
        teamRole,
        tokenHash,
        invitedByUserId: inviter.userId,
        expiresAtMs,
      })
      await act.audit({
        action: 'member-invited',
        subjectKind: 'invitation',
        subjectId: invitationId,
        after: { email: address, role, teamId, teamRole },
      })
      invited.push({ invitationId, email: address })
      mails.push(writeInvitationMail({ to: address, organization, inviter: inviter.name, role, link }))
    }
    // Last, and before the commit: without a queue nobody is left waiting for a mail that never goes out.
    for (const mail of mails) await sendOrRefuse(mail)
    return { invited, alreadyMembers: wanted.filter((address) => members.has(address)) }
  },
})
