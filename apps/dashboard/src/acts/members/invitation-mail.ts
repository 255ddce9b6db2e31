import type { Role } from '@atpar/core/permissions'
import type { Mail } from '../../deps.ts'
import { ROLE_LABELS } from '../../organization/role-labels.ts'

export const INVITATION_DAYS = 7

/** Names come from people: a line break in one would add a line of theirs to our mail, and an address in it would read as ours. */
const plain = (text: string): string => text.replaceAll(/[\p{C}\p{Z}]+/gu, ' ').trim()

export const writeInvitationMail = (invitation: {
  readonly to: string
  readonly organization: string
  readonly inviter: string
  readonly role: Role
  readonly link: string
}): Mail => {
  const organization = plain(invitation.organization)
  return {
    to: invitation.to,
    subject: `Join ${organization} on Atpar`,
    text: `${plain(invitation.inviter)} invited you to join "${organization}" on Atpar as ${ROLE_LABELS[invitation.role].toLowerCase()}.

Look at the invitation and accept it here:
${invitation.link}

The link works once, for ${invitation.to} only, and for ${INVITATION_DAYS} days.
If you did not expect this mail, ignore it: nothing happens without you.
`,
  }
}
