'use server'

import { revalidatePath } from 'next/cache'
import { addCredentialAct } from '../../acts/credentials/add-credential.ts'
import { deleteCredentialAct } from '../../acts/credentials/delete-credential.ts'
import { replaceCredentialAct } from '../../acts/credentials/replace-credential.ts'
import { testCredentialAct } from '../../acts/credentials/test-credential.ts'
import { updateCredentialAct } from '../../acts/credentials/update-credential.ts'
import { actAs, requireOrganization } from '../../auth/guard.ts'
import { requireRecentAuth } from '../../auth/recent-auth.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'
import type { TestState } from '../../ui/test-button.tsx'

const FIELDS = ['providerId', 'label', 'apiKey', 'baseUrl', 'preference']

/** The other parts of a credential, under names of their own so that none can be taken for another input. */
const PART = 'part-'

const readParts = (form: FormData): Readonly<Record<string, FormDataEntryValue>> =>
  Object.fromEntries(
    [...form].flatMap(([name, value]) =>
      name.startsWith(PART) && value !== '' ? [[name.slice(PART.length), value]] : [],
    ),
  )

/** What may be wrong with this form: its inputs, and a part under the part's own name. */
const fieldsOf = (form: FormData): readonly string[] => [
  ...FIELDS,
  ...[...form.keys()].flatMap((name) => (name.startsWith(PART) ? [name.slice(PART.length)] : [])),
]

/** An empty address is none. */
const readBaseUrl = (form: FormData): FormDataEntryValue | null => {
  const given = form.get('baseUrl')
  return given === '' ? null : given
}

const refresh = (orgSlug: string): void => revalidatePath(`/${orgSlug}/settings/credentials`)

export const addCredentialAction = async (orgSlug: string, _previous: FormState, form: FormData): Promise<FormState> =>
  runAction(
    'add-credential',
    async (): Promise<FormState> => {
      await requireRecentAuth()
      await addCredentialAct(await actAs(await requireOrganization(orgSlug)), {
        providerId: form.get('providerId'),
        label: form.get('label'),
        apiKey: form.get('apiKey'),
        baseUrl: readBaseUrl(form),
        fields: readParts(form),
        preference: form.get('preference'),
      })
      refresh(orgSlug)
      return { status: 'done' }
    },
    fieldsOf(form),
  )

interface CredentialAddress {
  readonly orgSlug: string
  readonly credentialId: string
}

export const replaceCredentialAction = async (
  { orgSlug, credentialId }: CredentialAddress,
  _previous: FormState,
  form: FormData,
): Promise<FormState> =>
  runAction(
    'replace-credential',
    async (): Promise<FormState> => {
      await requireRecentAuth()
      const input = {
        credentialId,
        apiKey: form.get('apiKey'),
        baseUrl: readBaseUrl(form),
        fields: readParts(form),
      }
      await replaceCredentialAct(await actAs(await requireOrganization(orgSlug)), input)
      refresh(orgSlug)
      return { status: 'done' }
    },
    fieldsOf(form),
  )

export const editCredentialAction = async (
  { orgSlug, credentialId }: CredentialAddress,
  _previous: FormState,
  form: FormData,
): Promise<FormState> =>
  runAction(
    'edit-credential',
    async (): Promise<FormState> => {
      const input = { credentialId, label: form.get('label'), preference: form.get('preference') }
      await updateCredentialAct(await actAs(await requireOrganization(orgSlug)), input)
      refresh(orgSlug)
      return { status: 'done' }
    },
    FIELDS,
  )

export const switchCredentialAction = async (
  { orgSlug, credentialId, enabled }: CredentialAddress & { readonly enabled: boolean },
  _previous: FormState,
  _form: FormData,
): Promise<FormState> =>
  runAction('switch-credential', async (): Promise<FormState> => {
    await updateCredentialAct(await actAs(await requireOrganization(orgSlug)), { credentialId, enabled })
    refresh(orgSlug)
    return { status: 'done' }
  })

export const deleteCredentialAction = async (
  { orgSlug, credentialId }: CredentialAddress,
  _previous: FormState,
  _form: FormData,
): Promise<FormState> =>
  runAction('delete-credential', async (): Promise<FormState> => {
    await requireRecentAuth()
    await deleteCredentialAct(await actAs(await requireOrganization(orgSlug)), { credentialId })
    refresh(orgSlug)
    return { status: 'done' }
  })

const RESULTS = {
  ok: 'The provider takes this key.',
  refused: 'The provider refuses this key.',
  unreachable: 'The provider did not answer, so nothing is known. Try again in a moment.',
  unexpected: 'The provider answered neither yes nor no, so nothing is known.',
} as const

export const testCredentialAction = async (
  { orgSlug, credentialId }: CredentialAddress,
  _previous: TestState,
  _form: FormData,
): Promise<TestState> =>
  runAction('test-credential', async (): Promise<TestState> => {
    const { result, statusClass } = await testCredentialAct(await actAs(await requireOrganization(orgSlug)), {
      credentialId,
    })
    refresh(orgSlug)
    const answered = statusClass === null || result === 'ok' ? '' : ` It answered ${statusClass}.`
    return { status: 'done', isGood: result === 'ok', message: RESULTS[result] + answered }
  })
