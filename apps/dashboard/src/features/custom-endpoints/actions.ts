'use server'

import { revalidatePath } from 'next/cache'
import { AppError } from '@atpar/core/errors'
import { addCustomEndpointAct } from '../../acts/custom-endpoints/add-custom-endpoint.ts'
import { removeCustomEndpointAct } from '../../acts/custom-endpoints/remove-custom-endpoint.ts'
import { removeCustomModelAct } from '../../acts/custom-endpoints/remove-custom-model.ts'
import { replaceCustomEndpointAct } from '../../acts/custom-endpoints/replace-custom-endpoint.ts'
import { setCustomModelAct } from '../../acts/custom-endpoints/set-custom-model.ts'
import { testCustomEndpointAct } from '../../acts/custom-endpoints/test-custom-endpoint.ts'
import { updateCustomEndpointAct } from '../../acts/custom-endpoints/update-custom-endpoint.ts'
import { actAs, requireOrganization } from '../../auth/guard.ts'
import { requireRecentAuth } from '../../auth/recent-auth.ts'
import { readText } from '../../form-fields.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'
import type { TestState } from '../../ui/test-button.tsx'

const ENDPOINT_FIELDS = ['name', 'label', 'shape', 'baseUrl', 'apiKey', 'headers']
const MODEL_FIELDS = [
  'model.name',
  'model.upstreamModel',
  'model.contextTokens',
  'model.maxOutputTokens',
  'model.inputUsdPerMillion',
  'model.outputUsdPerMillion',
  'task',
]

const refresh = (orgSlug: string): void => revalidatePath(`/${orgSlug}/settings/endpoints`)

/** One header a line, as `Name: value`. @throws AppError invalid_request (param `headers`); no line is repeated, for it holds a secret. */
const readHeaders = (form: FormData): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readText(form, 'headers')
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line): [string, string] => {
        const colon = line.indexOf(':')
        if (colon < 1)
          throw new AppError('invalid_request', {
            param: 'headers',
            message: 'Write one header a line, as Name: value.',
          })
        return [line.slice(0, colon), line.slice(colon + 1)]
      }),
  )

const readSecret = (form: FormData) => ({
  baseUrl: readText(form, 'baseUrl'),
  apiKey: readText(form, 'apiKey'),
  headers: readHeaders(form),
})

export const addEndpointAction = async (orgSlug: string, _previous: FormState, form: FormData): Promise<FormState> =>
  runAction(
    'add-custom-endpoint',
    async (): Promise<FormState> => {
      await requireRecentAuth()
      await addCustomEndpointAct(await actAs(await requireOrganization(orgSlug)), {
        name: readText(form, 'name'),
        label: form.get('label'),
        shape: form.get('shape'),
        ...readSecret(form),
      })
      refresh(orgSlug)
      return { status: 'done' }
    },
    ENDPOINT_FIELDS,
  )

interface EndpointAddress {
  readonly orgSlug: string
  readonly endpointId: string
}

export const replaceEndpointAction = async (
  { orgSlug, endpointId }: EndpointAddress,
  _previous: FormState,
  form: FormData,
): Promise<FormState> =>
  runAction(
    'replace-custom-endpoint',
    async (): Promise<FormState> => {
      await requireRecentAuth()
      const input = { endpointId, ...readSecret(form) }
      await replaceCustomEndpointAct(await actAs(await requireOrganization(orgSlug)), input)
      refresh(orgSlug)
      return { status: 'done' }
    },
    ENDPOINT_FIELDS,
  )

export const renameEndpointAction = async (
  { orgSlug, endpointId }: EndpointAddress,
  _previous: FormState,
  form: FormData,
): Promise<FormState> =>
  runAction(
    'rename-custom-endpoint',
    async (): Promise<FormState> => {
      const input = { endpointId, name: readText(form, 'name'), label: form.get('label') }
      await updateCustomEndpointAct(await actAs(await requireOrganization(orgSlug)), input)
      refresh(orgSlug)
      return { status: 'done' }
    },
    ENDPOINT_FIELDS,
  )

export const switchEndpointAction = async (
  { orgSlug, endpointId, enabled }: EndpointAddress & { readonly enabled: boolean },
  _previous: FormState,
  _form: FormData,
): Promise<FormState> =>
  runAction('switch-custom-endpoint', async (): Promise<FormState> => {
    await updateCustomEndpointAct(await actAs(await requireOrganization(orgSlug)), { endpointId, enabled })
    refresh(orgSlug)
    return { status: 'done' }
  })

export const removeEndpointAction = async (
  { orgSlug, endpointId }: EndpointAddress,
  _previous: FormState,
  _form: FormData,
): Promise<FormState> =>
  runAction('remove-custom-endpoint', async (): Promise<FormState> => {
    await requireRecentAuth()
    await removeCustomEndpointAct(await actAs(await requireOrganization(orgSlug)), { endpointId })
    refresh(orgSlug)
    return { status: 'done' }
  })

/** An empty input says nothing. */
const readCount = (form: FormData, name: string): number | null => {
  const text = readText(form, name)
  return text === '' ? null : Number(text)
}
const readPrice = (form: FormData, name: string): string | null => readText(form, name) || null

export const setModelAction = async (
  { orgSlug, endpointId }: EndpointAddress,
  _previous: FormState,
  form: FormData,
): Promise<FormState> =>
  runAction(
    'set-custom-model',
    async (): Promise<FormState> => {
      const model = {
        name: readText(form, 'model.name'),
        upstreamModel: readText(form, 'model.upstreamModel'),
        task: form.get('task'),
        reasoning: form.get('reasoning') === 'yes',
        contextTokens: readCount(form, 'model.contextTokens'),
        maxOutputTokens: readCount(form, 'model.maxOutputTokens'),
        inputUsdPerMillion: readPrice(form, 'model.inputUsdPerMillion'),
        outputUsdPerMillion: readPrice(form, 'model.outputUsdPerMillion'),
      }
      await setCustomModelAct(await actAs(await requireOrganization(orgSlug)), { endpointId, model })
      refresh(orgSlug)
      return { status: 'done' }
    },
    MODEL_FIELDS,
  )

export const removeModelAction = async (
  { orgSlug, endpointId, name }: EndpointAddress & { readonly name: string },
  _previous: FormState,
  _form: FormData,
): Promise<FormState> =>
  runAction('remove-custom-model', async (): Promise<FormState> => {
    await removeCustomModelAct(await actAs(await requireOrganization(orgSlug)), { endpointId, name })
    refresh(orgSlug)
    return { status: 'done' }
  })

const RESULTS = {
  ok: 'The endpoint answers and takes the key.',
  refused: 'The endpoint answers, and refuses the key.',
  unreachable: 'The endpoint did not answer, or is not where calls may go. Check its address.',
  unexpected: 'Something answered, but not with a list of models. Calls may still work: add a model and try one.',
} as const

const SHOWN_NAMES = 12

const describeModels = (models: readonly string[]): string => {
  if (models.length === 0) return ''
  const rest = models.length - SHOWN_NAMES
  return ` It serves ${models.slice(0, SHOWN_NAMES).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}.`
}

export const testEndpointAction = async (
  { orgSlug, endpointId }: EndpointAddress,
  _previous: TestState,
  _form: FormData,
): Promise<TestState> =>
  runAction('test-custom-endpoint', async (): Promise<TestState> => {
    const context = await actAs(await requireOrganization(orgSlug))
    const { result, statusClass, models } = await testCustomEndpointAct(context, { endpointId })
    refresh(orgSlug)
    const answered = statusClass === null || result === 'ok' ? '' : ` It answered ${statusClass}.`
    return { status: 'done', isGood: result === 'ok', message: RESULTS[result] + answered + describeModels(models) }
  })
