'use server'

import { revalidatePath } from 'next/cache'
import { AppError } from '@atpar/core/errors'
import { createKeyAct } from '../../acts/keys/create-key.ts'
import { endFormerSecretsAct } from '../../acts/keys/end-former-secrets.ts'
import { revokeKeyAct } from '../../acts/keys/revoke-key.ts'
import { rotateKeyAct } from '../../acts/keys/rotate-key.ts'
import { updateKeyAct } from '../../acts/keys/update-key.ts'
import { actAs, requireOrganization } from '../../auth/guard.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'
import { budgetFieldOf, readKeyFields, readNewKey } from './schema.ts'

export interface IssuedKeyState extends FormState {
  /** The whole key, in this answer and never again. */
  readonly apiKey?: string
}

const FIELDS = ['name', 'owner', 'allowedModels', 'allowedCidrs', 'labels', 'expiresAtMs', 'rateLimit']
const BUDGET_FIELDS = ['dailyBudget', 'monthlyBudget']

const context = async (orgSlug: string) => actAs(await requireOrganization(orgSlug))

/** An act's budgets are a list; the form has an input for each. */
const atBudgetField = (form: FormData, error: unknown): never => {
  const field = error instanceof AppError && error.param !== null ? budgetFieldOf(form, error.param) : null
  if (!(error instanceof AppError) || field === null) throw error
  const message = error.message.replace(`${error.param ?? ''}: `, '')
  throw new AppError(error.code, { message, param: field, cause: error })
}

export const createKeyAction = async (
  orgSlug: string,
  _previous: IssuedKeyState,
  form: FormData,
): Promise<IssuedKeyState> =>
  runAction(
    'create-key',
    async (): Promise<IssuedKeyState> => {
      const input = readNewKey(form)
      const { apiKey } = await createKeyAct(await context(orgSlug), input).catch((error: unknown) =>
        atBudgetField(form, error),
      )
      revalidatePath(`/${orgSlug}`, 'layout')
      return { status: 'done', apiKey }
    },
    [...FIELDS, ...BUDGET_FIELDS],
  )

interface KeyAddress {
  readonly orgSlug: string
  readonly keyId: string
}

export const updateKeyAction = async (
  { orgSlug, keyId }: KeyAddress,
  _previous: FormState,
  form: FormData,
): Promise<FormState> =>
  runAction(
    'update-key',
    async (): Promise<FormState> => {
      await updateKeyAct(await context(orgSlug), { keyId, ...readKeyFields(form) })
      revalidatePath(`/${orgSlug}`, 'layout')
      return { status: 'done' }
    },
    FIELDS,
  )

export const rotateKeyAction = async (
  { orgSlug, keyId }: KeyAddress,
  _previous: IssuedKeyState,
  form: FormData,
): Promise<IssuedKeyState> =>
  runAction('rotate-key', async (): Promise<IssuedKeyState> => {
    const overlapMinutes = Number(form.get('overlapMinutes') ?? '60')
    const { apiKey } = await rotateKeyAct(await context(orgSlug), { keyId, overlapMinutes })
    revalidatePath(`/${orgSlug}`, 'layout')
    return { status: 'done', apiKey }
  })

export const endFormerSecretsAction = async (
  { orgSlug, keyId }: KeyAddress,
  _previous: FormState,
  _form: FormData,
): Promise<FormState> =>
  runAction('end-former-secrets', async (): Promise<FormState> => {
    await endFormerSecretsAct(await context(orgSlug), { keyId })
    revalidatePath(`/${orgSlug}/keys`, 'layout')
    return { status: 'done' }
  })

export const revokeKeyAction = async (
  { orgSlug, keyId }: KeyAddress,
  _previous: FormState,
  _form: FormData,
): Promise<FormState> =>
  runAction('revoke-key', async (): Promise<FormState> => {
    await revokeKeyAct(await context(orgSlug), { keyId })
    revalidatePath(`/${orgSlug}`, 'layout')
    return { status: 'done' }
  })
