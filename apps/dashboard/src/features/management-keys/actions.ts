'use server'

import { revalidatePath } from 'next/cache'
import { DAY_MS } from '@atpar/core/durations'
import { createManagementKeyAct } from '../../acts/management-keys/create-management-key.ts'
import { revokeManagementKeyAct } from '../../acts/management-keys/revoke-management-key.ts'
import { actAs, requireOrganization } from '../../auth/guard.ts'
import { requireRecentAuth } from '../../auth/recent-auth.ts'
import { readDeps } from '../../deps.ts'
import { readTyped } from '../../form-fields.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'

export interface CreateManagementKeyState extends FormState {
  /** The whole key, in this answer and never again. */
  readonly managementKey?: string
  /** What was typed, given back after a refusal. */
  readonly values?: Readonly<Record<string, string>>
}

const typedValues = (form: FormData): Readonly<Record<string, string>> => ({
  name: readTyped(form, 'name'),
  allowedCidrs: readTyped(form, 'allowedCidrs'),
  role: readTyped(form, 'role'),
  days: readTyped(form, 'days'),
})

export const createManagementKeyAction = async (
  orgSlug: string,
  _previous: CreateManagementKeyState,
  form: FormData,
): Promise<CreateManagementKeyState> => {
  const values = typedValues(form)
  const state = await runAction(
    'create-management-key',
    async (): Promise<CreateManagementKeyState> => {
      await requireRecentAuth()
      const days = Number(values['days'])
      const { text } = await createManagementKeyAct(await actAs(await requireOrganization(orgSlug)), {
        name: values['name'],
        role: values['role'],
        allowedCidrs: (values['allowedCidrs'] ?? '').split(/[\s,]+/).filter((network) => network !== ''),
        expiresAtMs: days > 0 ? readDeps().nowMs() + days * DAY_MS : null,
      })
      revalidatePath(`/${orgSlug}/settings/management-keys`)
      return { status: 'done', managementKey: text }
    },
    ['name', 'role', 'allowedCidrs'],
  )
  return state.status === 'failed' ? { ...state, values } : state
}

interface KeyAddress {
  readonly orgSlug: string
  readonly managementKeyId: string
}

export const revokeManagementKeyAction = async (
  { orgSlug, managementKeyId }: KeyAddress,
  _previous: FormState,
  _form: FormData,
): Promise<FormState> =>
  runAction('revoke-management-key', async (): Promise<FormState> => {
    await requireRecentAuth()
    await revokeManagementKeyAct(await actAs(await requireOrganization(orgSlug)), { managementKeyId })
    revalidatePath(`/${orgSlug}/settings/management-keys`)
    return { status: 'done' }
  })
