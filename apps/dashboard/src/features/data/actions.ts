'use server'

import { revalidatePath } from 'next/cache'
import { deleteOrganizationAct } from '../../acts/data/delete-organization.ts'
import { restoreOrganizationAct } from '../../acts/data/restore-organization.ts'
import { actAs, requireOrganization, requirePermission } from '../../auth/guard.ts'
import { requireRecentAuth } from '../../auth/recent-auth.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'

export const deleteOrganizationAction = async (
  orgSlug: string,
  _previous: FormState,
  form: FormData,
): Promise<FormState> =>
  runAction(
    'delete-organization',
    async (): Promise<FormState> => {
      await requireRecentAuth()
      await deleteOrganizationAct(await actAs(await requireOrganization(orgSlug)), { name: form.get('name') })
      revalidatePath(`/${orgSlug}`, 'layout')
      return { status: 'done' }
    },
    ['name'],
  )

/** Before the download starts: a page can ask for a proof, a download cannot. */
export const prepareExportAction = async (orgSlug: string, _previous: FormState, _form: FormData): Promise<FormState> =>
  runAction('prepare-export', async (): Promise<FormState> => {
    await requireRecentAuth()
    await requirePermission(orgSlug, 'organization:export')
    return { status: 'done' }
  })

export const restoreOrganizationAction = async (
  orgSlug: string,
  _previous: FormState,
  _form: FormData,
): Promise<FormState> =>
  runAction('restore-organization', async (): Promise<FormState> => {
    await restoreOrganizationAct(await actAs(await requireOrganization(orgSlug)), {})
    revalidatePath(`/${orgSlug}`, 'layout')
    return { status: 'done' }
  })
