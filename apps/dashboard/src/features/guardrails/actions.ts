'use server'

import { revalidatePath } from 'next/cache'
import { removeGuardrailAct } from '../../acts/guardrails/remove-guardrail.ts'
import { setGuardrailAct } from '../../acts/guardrails/set-guardrail.ts'
import { tryGuardrailsAct, type GuardTrials } from '../../acts/guardrails/try-guardrails.ts'
import { actAs, requireOrganization } from '../../auth/guard.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'
import { readLevel, readPolicy } from './form.ts'

const context = async (orgSlug: string) => actAs(await requireOrganization(orgSlug))
const refresh = (orgSlug: string): void => revalidatePath(`/${orgSlug}/settings/guardrails`)

export const setGuardrailAction = async (orgSlug: string, _previous: FormState, form: FormData): Promise<FormState> =>
  runAction('set-guardrail', async (): Promise<FormState> => {
    await setGuardrailAct(await context(orgSlug), { ...readLevel(form), policy: readPolicy(form) })
    refresh(orgSlug)
    return { status: 'done' }
  })

export const removeGuardrailAction = async (
  { orgSlug, guardrailId }: { readonly orgSlug: string; readonly guardrailId: string },
  _previous: FormState,
  _form: FormData,
): Promise<FormState> =>
  runAction('remove-guardrail', async (): Promise<FormState> => {
    await removeGuardrailAct(await context(orgSlug), { guardrailId })
    refresh(orgSlug)
    return { status: 'done' }
  })

export interface TrialState extends FormState {
  readonly trials?: GuardTrials
}

export const tryGuardrailsAction = async (
  orgSlug: string,
  _previous: TrialState,
  form: FormData,
): Promise<TrialState> =>
  runAction(
    'try-guardrails',
    async (): Promise<TrialState> => ({
      status: 'done',
      trials: await tryGuardrailsAct(await context(orgSlug), { ...readLevel(form), text: form.get('text') }),
    }),
    ['text'],
  )
