'use server'

import { revalidatePath } from 'next/cache'
import { setTwoFactorPolicyAct } from '../../acts/organization/set-two-factor-policy.ts'
import { actAs, requireOrganization } from '../../auth/guard.ts'
import { requireRecentAuth } from '../../auth/recent-auth.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'

interface PolicyChange {
  readonly orgSlug: string
  readonly requireTwoFactor: boolean
}

export const setTwoFactorPolicyAction = async (
  { orgSlug, requireTwoFactor }: PolicyChange,
  _previous: FormState,
  _form: FormData,
): Promise<FormState> =>
  runAction('set-two-factor-policy', async (): Promise<FormState> => {
    const visit = await requireOrganization(orgSlug)
    await requireRecentAuth()
    await setTwoFactorPolicyAct(await actAs(visit), { requireTwoFactor })
    revalidatePath(`/${orgSlug}/settings/security`)
    return { status: 'done' }
  })
