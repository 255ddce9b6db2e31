'use server'

import { revalidatePath } from 'next/cache'
import { readContentAct, type ReadContent } from '../../acts/content/read-content.ts'
import { setContentPolicyAct } from '../../acts/content/set-content-policy.ts'
import { actAs, requireOrganization } from '../../auth/guard.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'

export const setContentPolicyAction = async (
  { orgSlug, teamId }: { readonly orgSlug: string; readonly teamId: string | null },
  _previous: FormState,
  form: FormData,
): Promise<FormState> =>
  runAction('set-content-policy', async (): Promise<FormState> => {
    const days = form.get('days')
    await setContentPolicyAct(await actAs(await requireOrganization(orgSlug)), {
      teamId,
      days: days === 'inherit' ? null : Number(days),
    })
    revalidatePath(`/${orgSlug}/settings/content`)
    return { status: 'done' }
  })

export interface OpenedState extends FormState {
  readonly opened?: ReadContent
}

export const openContentAction = async (
  { orgSlug, requestId }: { readonly orgSlug: string; readonly requestId: string },
  _previous: OpenedState,
  _form: FormData,
): Promise<OpenedState> =>
  runAction('open-content', async (): Promise<OpenedState> => {
    const opened = await readContentAct(await actAs(await requireOrganization(orgSlug)), { requestId })
    return { status: 'done', opened }
  })
