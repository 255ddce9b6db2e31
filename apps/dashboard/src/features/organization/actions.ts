'use server'

import { revalidatePath } from 'next/cache'
import { redirect } from 'next/navigation'
import { leaveOrganizationAct } from '../../acts/members/leave-organization.ts'
import { updateOrganizationAct } from '../../acts/organization/update-organization.ts'
import { actAs, requireOrganization } from '../../auth/guard.ts'
import { requireRecentAuth } from '../../auth/recent-auth.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'
import { transferOwnershipOf } from './transfer-ownership.ts'

export const updateOrganizationAction = async (
  orgSlug: string,
  _previous: FormState,
  form: FormData,
): Promise<FormState> =>
  runAction(
    'update-organization',
    async (): Promise<FormState> => {
      const { slug } = await updateOrganizationAct(await actAs(await requireOrganization(orgSlug)), {
        name: form.get('name'),
        slug: form.get('slug'),
      })
      if (slug !== orgSlug) redirect(`/${slug}/settings`)
      revalidatePath(`/${orgSlug}`, 'layout')
      return { status: 'done' }
    },
    ['name', 'slug'],
  )

export const leaveOrganizationAction = async (
  orgSlug: string,
  _previous: FormState,
  _form: FormData,
): Promise<FormState> =>
  runAction('leave-organization', async (): Promise<FormState> => {
    await leaveOrganizationAct(await actAs(await requireOrganization(orgSlug)), {})
    return redirect('/home')
  })

export const transferOwnershipAction = async (
  orgSlug: string,
  _previous: FormState,
  form: FormData,
): Promise<FormState> =>
  runAction('transfer-ownership', async (): Promise<FormState> => {
    const memberId = form.get('memberId')
    await requireRecentAuth()
    await transferOwnershipOf(await requireOrganization(orgSlug), typeof memberId === 'string' ? memberId : '')
    revalidatePath(`/${orgSlug}`, 'layout')
    return { status: 'done' }
  })
