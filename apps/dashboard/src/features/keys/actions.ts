'use server'

import { revalidatePath } from 'next/cache'
import { formatUsd } from '@atpar/core/money'
import { createKeyAct } from '../../acts/keys/create-key.ts'
import { revokeKeyAct } from '../../acts/keys/revoke-key.ts'
import { actAs, requireOrganization, type Visit } from '../../auth/guard.ts'
import { fieldErrors } from '../../form-errors.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'
import { createKeySchema, type CreateKeyInput } from './schema.ts'

export interface CreateKeyState extends FormState {
  /** The whole key, in this answer and never again. */
  readonly apiKey?: string
  /** What was typed, given back after a refusal. */
  readonly values?: Readonly<Record<string, string>>
}

const toOwner = (visit: Visit, input: CreateKeyInput) =>
  input.kind === 'service' ? { kind: 'service', teamId: input.teamId } : { kind: 'member', memberId: visit.memberId }

const toBudgets = (input: CreateKeyInput) => [
  ...(input.monthlyBudget === null ? [] : [{ period: 'month', limit: formatUsd(input.monthlyBudget) }]),
  ...(input.dailyBudget === null ? [] : [{ period: 'day', limit: formatUsd(input.dailyBudget) }]),
]

const typedValues = (form: FormData): Readonly<Record<string, string>> =>
  Object.fromEntries([...form].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])))

export const createKeyAction = async (
  orgSlug: string,
  _previous: CreateKeyState,
  form: FormData,
): Promise<CreateKeyState> =>
  runAction('create-key', async (): Promise<CreateKeyState> => {
    const visit = await requireOrganization(orgSlug)
    const values = typedValues(form)
    const parsed = createKeySchema.safeParse(values)
    if (!parsed.success) return { status: 'failed', fields: fieldErrors(parsed.error), values }
    const { apiKey } = await createKeyAct(await actAs(visit), {
      name: parsed.data.name,
      owner: toOwner(visit, parsed.data),
      allowedModels: parsed.data.allowedModels,
      budgets: toBudgets(parsed.data),
    })
    revalidatePath(`/${orgSlug}/keys`)
    return { status: 'done', apiKey }
  })

interface KeyAddress {
  readonly orgSlug: string
  readonly keyId: string
}

export const revokeKeyAction = async (
  { orgSlug, keyId }: KeyAddress,
  _previous: FormState,
  _form: FormData,
): Promise<FormState> =>
  runAction('revoke-key', async (): Promise<FormState> => {
    await revokeKeyAct(await actAs(await requireOrganization(orgSlug)), { keyId })
    revalidatePath(`/${orgSlug}/keys`)
    return { status: 'done' }
  })
