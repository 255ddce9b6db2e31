'use server'

import { revalidatePath } from 'next/cache'
import { redirect } from 'next/navigation'
import { archiveTeamAct } from '../../acts/teams/archive-team.ts'
import { createTeamAct } from '../../acts/teams/create-team.ts'
import { moveMemberAct } from '../../acts/teams/move-member.ts'
import { removeFromTeamAct } from '../../acts/teams/remove-from-team.ts'
import { renameTeamAct } from '../../acts/teams/rename-team.ts'
import { setTeamRoleAct } from '../../acts/teams/set-team-role.ts'
import { actAs, requireOrganization } from '../../auth/guard.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'

const context = async (orgSlug: string) => actAs(await requireOrganization(orgSlug))
const refresh = (orgSlug: string) => revalidatePath(`/${orgSlug}/teams`, 'layout')
const DONE: FormState = { status: 'done' }

export const createTeamAction = async (orgSlug: string, _previous: FormState, form: FormData): Promise<FormState> =>
  runAction(
    'create-team',
    async (): Promise<FormState> => {
      const { teamId } = await createTeamAct(await context(orgSlug), { name: form.get('name') })
      return redirect(`/${orgSlug}/teams/${teamId}`)
    },
    ['name'],
  )

interface TeamAddress {
  readonly orgSlug: string
  readonly teamId: string
}

export const renameTeamAction = async (
  { orgSlug, teamId }: TeamAddress,
  _previous: FormState,
  form: FormData,
): Promise<FormState> =>
  runAction(
    'rename-team',
    async () => {
      await renameTeamAct(await context(orgSlug), { teamId, name: form.get('name') })
      refresh(orgSlug)
      return DONE
    },
    ['name'],
  )

export const archiveTeamAction = async (
  { orgSlug, teamId }: TeamAddress,
  _previous: FormState,
  _form: FormData,
): Promise<FormState> =>
  runAction('archive-team', async (): Promise<FormState> => {
    await archiveTeamAct(await context(orgSlug), { teamId })
    refresh(orgSlug)
    return redirect(`/${orgSlug}/teams`)
  })

/** Everyone who was chosen, all or nothing being no help here: each is an act of its own. */
export const addMembersAction = async (
  { orgSlug, teamId }: TeamAddress,
  _previous: FormState,
  form: FormData,
): Promise<FormState> =>
  runAction('add-team-members', async (): Promise<FormState> => {
    const memberIds = form.getAll('memberId')
    if (memberIds.length === 0) return { status: 'failed', message: 'Choose at least one person.' }
    const who = await context(orgSlug)
    for (const memberId of memberIds) await setTeamRoleAct(who, { teamId, memberId, role: form.get('role') })
    refresh(orgSlug)
    return DONE
  })

interface PlaceAddress extends TeamAddress {
  readonly memberId: string
}

export const setTeamRoleAction = async (
  { orgSlug, teamId, memberId }: PlaceAddress,
  _previous: FormState,
  form: FormData,
): Promise<FormState> =>
  runAction('set-team-role', async () => {
    await setTeamRoleAct(await context(orgSlug), { teamId, memberId, role: form.get('role') })
    refresh(orgSlug)
    return DONE
  })

/** Out of the team, or into another one when one is chosen. */
export const takeOutAction = async (
  { orgSlug, teamId, memberId }: PlaceAddress,
  _previous: FormState,
  form: FormData,
): Promise<FormState> =>
  runAction('remove-from-team', async () => {
    const toTeamId = form.get('toTeamId')
    const who = await context(orgSlug)
    await (typeof toTeamId === 'string' && toTeamId !== ''
      ? moveMemberAct(who, { memberId, fromTeamId: teamId, toTeamId })
      : removeFromTeamAct(who, { memberId, teamId }))
    refresh(orgSlug)
    return DONE
  })
