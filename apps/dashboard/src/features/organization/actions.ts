'use server'

import { revalidatePath } from 'next/cache'
import { redirect } from 'next/navigation'
import { updateOrganizationAct } from '../../acts/organization/update-organization.ts'
import { actAs, requireOrganization } from '../../auth/guard.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'

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
