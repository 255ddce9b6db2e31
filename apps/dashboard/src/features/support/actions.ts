'use server'

import { revalidatePath } from 'next/cache'
import { z } from 'zod'
import { requestSupportAccess } from '@atpar/db/support-access'
import { withActor } from '@atpar/db/tenant'
import { approveSupportAccessAct } from '../../acts/support/approve-support-access.ts'
import { endSupportAccessAct } from '../../acts/support/end-support-access.ts'
import { grantSupportAccessAct } from '../../acts/support/grant-support-access.ts'
import { actAs, requireOrganization } from '../../auth/guard.ts'
import { readDeps } from '../../deps.ts'
import { fieldErrors } from '../../form-errors.ts'
import { requireOperatorId } from '../../operator/require-operator.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'

export const grantAction = async (orgSlug: string, _previous: FormState, form: FormData): Promise<FormState> =>
  runAction(
    'grant-support-access',
    async (): Promise<FormState> => {
      await grantSupportAccessAct(await actAs(await requireOrganization(orgSlug)), {
        operatorEmail: form.get('operatorEmail'),
        reason: form.get('reason'),
        hours: form.get('hours'),
      })
      revalidatePath(`/${orgSlug}`, 'layout')
      return { status: 'done' }
    },
    ['operatorEmail', 'reason', 'hours'],
  )

interface AccessAddress {
  readonly orgSlug: string
  readonly accessId: string
}

export const approveAction = async (
  { orgSlug, accessId }: AccessAddress,
  _previous: FormState,
  _form: FormData,
): Promise<FormState> =>
  runAction('approve-support-access', async (): Promise<FormState> => {
    await approveSupportAccessAct(await actAs(await requireOrganization(orgSlug)), { accessId })
    revalidatePath(`/${orgSlug}`, 'layout')
    return { status: 'done' }
  })

export const endAction = async (
  { orgSlug, accessId }: AccessAddress,
  _previous: FormState,
  _form: FormData,
): Promise<FormState> =>
  runAction('end-support-access', async (): Promise<FormState> => {
    await endSupportAccessAct(await actAs(await requireOrganization(orgSlug)), { accessId })
    revalidatePath(`/${orgSlug}`, 'layout')
    return { status: 'done' }
  })

const requestSchema = z.object({
  slug: z.string().trim().toLowerCase().min(1, 'Enter the address of the organization.').max(48),
  reason: z.string().trim().min(1, 'Say what you need to see.').max(500, 'At most 500 characters.'),
  hours: z.coerce.number().int().min(1).max(24),
})

/** An operator asks; only the organization can say yes. */
export const requestAction = async (_previous: FormState, form: FormData): Promise<FormState> =>
  runAction('request-support-access', async (): Promise<FormState> => {
    const userId = await requireOperatorId()
    const parsed = requestSchema.safeParse(Object.fromEntries(form))
    if (!parsed.success) return { status: 'failed', fields: fieldErrors(parsed.error) }
    const isFiled = await withActor(readDeps().db, userId, (tx) => requestSupportAccess(tx, parsed.data))
    if (!isFiled) return { status: 'failed', fields: { slug: 'No organization has this address.' } }
    revalidatePath('/operator')
    return { status: 'done' }
  })
