'use server'

import { revalidatePath } from 'next/cache'
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
