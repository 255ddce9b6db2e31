'use server'

import { revalidatePath } from 'next/cache'
import { redirect } from 'next/navigation'
import { changeRoleAct } from '../../acts/members/change-role.ts'
import { inviteMembersAct, type InvitedMembers } from '../../acts/members/invite-members.ts'
import { removeMemberAct } from '../../acts/members/remove-member.ts'
import { resendInvitationAct } from '../../acts/members/resend-invitation.ts'
import { revokeInvitationAct } from '../../acts/members/revoke-invitation.ts'
import { removeFromTeamAct } from '../../acts/teams/remove-from-team.ts'
import { setTeamRoleAct } from '../../acts/teams/set-team-role.ts'
import { actAs, requireOrganization } from '../../auth/guard.ts'
import { readTyped } from '../../form-fields.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'
import { parseAddresses } from './parse-addresses.ts'

const context = async (orgSlug: string) => actAs(await requireOrganization(orgSlug))
const refresh = (orgSlug: string) => revalidatePath(`/${orgSlug}/members`, 'layout')
const DONE: FormState = { status: 'done' }

export interface InviteState extends FormState {
  readonly result?: InvitedMembers
}

export const inviteMembersAction = async (
  orgSlug: string,
  _previous: InviteState,
  form: FormData,
): Promise<InviteState> =>
  runAction(
    'invite-members',
    async (): Promise<InviteState> => {
      const teamId = readTyped(form, 'teamId')
      const result = await inviteMembersAct(await context(orgSlug), {
        emails: parseAddresses(readTyped(form, 'emails')),
        role: form.get('role'),
        ...(teamId === '' ? {} : { teamId, teamRole: form.get('teamRole') ?? 'developer' }),
      })
      refresh(orgSlug)
      return { status: 'done', result }
    },
    ['emails', 'role', 'teamId'],
  )

interface InvitationAddress {
  readonly orgSlug: string
  readonly invitationId: string
}

export const resendInvitationAction = async (
  { orgSlug, invitationId }: InvitationAddress,
  _previous: FormState,
  _form: FormData,
): Promise<FormState> =>
  runAction('resend-invitation', async () => {
    await resendInvitationAct(await context(orgSlug), { invitationId })
    refresh(orgSlug)
    return DONE
  })

export const revokeInvitationAction = async (
  { orgSlug, invitationId }: InvitationAddress,
  _previous: FormState,
  _form: FormData,
): Promise<FormState> =>
  runAction('revoke-invitation', async () => {
    await revokeInvitationAct(await context(orgSlug), { invitationId })
    refresh(orgSlug)
    return DONE
  })

interface MemberAddress {
  readonly orgSlug: string
  readonly memberId: string
}

export const changeRoleAction = async (
  { orgSlug, memberId }: MemberAddress,
  _previous: FormState,
  form: FormData,
): Promise<FormState> =>
  runAction('change-role', async () => {
    await changeRoleAct(await context(orgSlug), { memberId, role: form.get('role') })
    refresh(orgSlug)
    return DONE
  })

export const removeMemberAction = async (
  { orgSlug, memberId }: MemberAddress,
  _previous: FormState,
  _form: FormData,
): Promise<FormState> =>
  runAction('remove-member', async (): Promise<FormState> => {
    await removeMemberAct(await context(orgSlug), { memberId })
    refresh(orgSlug)
    return redirect(`/${orgSlug}/members`)
  })

/** Adds them to a team or changes what they are in it. */
export const setTeamRoleAction = async (
  { orgSlug, memberId }: MemberAddress,
  _previous: FormState,
  form: FormData,
): Promise<FormState> =>
  runAction('set-team-role', async () => {
    await setTeamRoleAct(await context(orgSlug), {
      memberId,
      teamId: readTyped(form, 'teamId'),
      role: form.get('role') ?? 'developer',
    })
    refresh(orgSlug)
    return DONE
  })

export const removeFromTeamAction = async (
  { orgSlug, memberId, teamId }: MemberAddress & { readonly teamId: string },
  _previous: FormState,
  _form: FormData,
): Promise<FormState> =>
  runAction('remove-from-team', async () => {
    await removeFromTeamAct(await context(orgSlug), { memberId, teamId })
    refresh(orgSlug)
    return DONE
  })
