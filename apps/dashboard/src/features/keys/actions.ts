'use server'

import { revalidatePath } from 'next/cache'
import { AppError } from '@atpar/core/errors'
import { can } from '@atpar/core/permissions'
import { listCatalogue } from '@atpar/db/catalogue'
import { revokeKeyAct } from '../../acts/keys/revoke-key.ts'
import { actAs, requireOrganization, requirePermission, type Visit } from '../../auth/guard.ts'
import { readDeps } from '../../deps.ts'
import { fieldErrors } from '../../form-errors.ts'
import { issueKey, type KeyOrder } from '../../keys/issue-key.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'
import { createKeySchema, type CreateKeyInput } from './schema.ts'

export interface CreateKeyState extends FormState {
  /** The whole key, in this answer and never again. */
  readonly apiKey?: string
  /** What was typed, given back after a refusal. */
  readonly values?: Readonly<Record<string, string>>
}

const toOrder = (visit: Visit, input: CreateKeyInput): KeyOrder => {
  if (input.kind === 'service' && !can(visit.role, 'key:create'))
    throw new AppError('forbidden', { message: 'Your role creates keys for yourself only.' })
  return {
    name: input.name,
    owner:
      input.kind === 'service' && input.teamId !== undefined
        ? { kind: 'service', teamId: input.teamId }
        : { kind: 'member', memberId: visit.memberId, teamId: null },
    budgets: [
      ...(input.monthlyBudget === null ? [] : [{ period: 'month' as const, limitPusd: input.monthlyBudget }]),
      ...(input.dailyBudget === null ? [] : [{ period: 'day' as const, limitPusd: input.dailyBudget }]),
    ],
    allowedModels: input.allowedModels,
  }
}

const typedValues = (form: FormData): Readonly<Record<string, string>> =>
  Object.fromEntries([...form].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])))

/** A misspelt name would make a key that is refused for a reason its owner does not see. */
const findUnknownModels = async (names: readonly string[]): Promise<readonly string[]> => {
  if (names.length === 0) return []
  const known = new Set((await listCatalogue(readDeps().db)).map((model) => model.id))
  return names.filter((name) => !known.has(name))
}

export const createKeyAction = async (
  orgSlug: string,
  _previous: CreateKeyState,
  form: FormData,
): Promise<CreateKeyState> =>
  runAction('create-key', async (): Promise<CreateKeyState> => {
    const visit = await requirePermission(orgSlug, 'key:create:own')
    const values = typedValues(form)
    const parsed = createKeySchema.safeParse(values)
    if (!parsed.success) return { status: 'failed', fields: fieldErrors(parsed.error), values }
    const unknown = await findUnknownModels(parsed.data.allowedModels)
    if (unknown.length > 0)
      return { status: 'failed', fields: { allowedModels: `Not on the price list: ${unknown.join(', ')}.` }, values }
    const apiKey = await issueKey(visit, toOrder(visit, parsed.data))
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
