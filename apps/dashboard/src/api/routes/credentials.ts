import { z } from 'zod'
import type { CredentialSummary } from '@atpar/db/credentials'
import { addCredentialAct } from '../../acts/credentials/add-credential.ts'
import { deleteCredentialAct } from '../../acts/credentials/delete-credential.ts'
import { listCredentialsAct } from '../../acts/credentials/list-credentials.ts'
import { readCredentialAct } from '../../acts/credentials/read-credential.ts'
import { replaceCredentialAct } from '../../acts/credentials/replace-credential.ts'
import { updateCredentialAct } from '../../acts/credentials/update-credential.ts'
import { defineRoute } from '../define-route.ts'
import { pageOfAll } from '../page.ts'
import { id, instant, pageOf, pageQuery, toInstant, toInstantOrNull } from '../wire.ts'

const preference = z
  .enum(['prefer', 'only'])
  .meta({ description: '`prefer` falls back to the platform’s; `only` never does.' })

const credential = z
  .strictObject({
    credential_id: id,
    provider: z.string(),
    label: z.string(),
    preference,
    status: z
      .enum(['active', 'disabled', 'refused'])
      .meta({ description: '`refused`: the provider does not take it.' }),
    hint: z.string().meta({ description: 'Its last four characters, where enough others stay hidden.' }),
    base_url: z.string().nullable(),
    version: z.number().int().meta({ description: 'Counts the times it was replaced.' }),
    created_at: instant,
    replaced_at: instant,
    last_used_at: instant.nullable(),
    last_failed_at: instant.nullable(),
    last_error: z.string().nullable(),
  })
  .meta({ id: 'Credential' })

const show = (summary: CredentialSummary) => ({
  credential_id: summary.credentialId,
  provider: summary.providerId,
  label: summary.label,
  preference: summary.preference,
  status: summary.status,
  hint: summary.hint,
  base_url: summary.baseUrl,
  version: summary.secretVersion,
  created_at: toInstant(summary.createdAtMs),
  replaced_at: toInstant(summary.secretSetAtMs),
  last_used_at: toInstantOrNull(summary.lastUsedAtMs),
  last_failed_at: toInstantOrNull(summary.lastFailedAtMs),
  last_error: summary.lastError,
})

const providerKey = z.string().max(10_000).meta({
  description:
    'The provider’s key: an API key, a secret access key, or the JSON key of a service account. Sealed for the proxy; never shown again.',
})

const fields = z.record(z.string().max(50), z.string().max(4_000)).meta({
  description: 'What the credential has beside its key, by the provider’s own names, such as `region`. Sealed with it.',
})

export const CREDENTIAL_ROUTES = [
  defineRoute({
    method: 'GET',
    path: '/credentials',
    operation: 'listCredentials',
    tag: 'Credentials',
    summary: 'List your provider credentials',
    description: 'Never a key.',
    act: listCredentialsAct,
    query: z.strictObject(pageQuery),
    status: 200,
    answer: pageOf(credential),
    toInput: () => ({}),
    toAnswer: (credentials, { query }) => pageOfAll(credentials, { query, placeOf: (row) => row.credentialId, show }),
  }),
  defineRoute({
    method: 'POST',
    path: '/credentials',
    operation: 'addCredential',
    tag: 'Credentials',
    summary: 'Add a provider credential',
    act: addCredentialAct,
    body: z.strictObject({
      provider: z.string().max(100),
      label: z.string().max(80),
      provider_key: providerKey,
      fields: fields.optional(),
      base_url: z.string().max(2000).nullable().optional(),
      preference: preference.optional(),
    }),
    status: 201,
    answer: z.strictObject({ credential_id: id }).meta({ id: 'AddedCredential' }),
    toInput: ({ body }) => ({
      providerId: body.provider,
      label: body.label,
      apiKey: body.provider_key,
      baseUrl: body.base_url ?? null,
      fields: body.fields,
      preference: body.preference,
    }),
    toAnswer: ({ credentialId }) => ({ credential_id: credentialId }),
  }),
  defineRoute({
    method: 'GET',
    path: '/credentials/{credential_id}',
    operation: 'readCredential',
    tag: 'Credentials',
    summary: 'Read a credential',
    act: readCredentialAct,
    status: 200,
    answer: credential,
    toInput: ({ params }) => ({ credentialId: params['credential_id'] }),
    toAnswer: show,
  }),
  defineRoute({
    method: 'PATCH',
    path: '/credentials/{credential_id}',
    operation: 'updateCredential',
    tag: 'Credentials',
    summary: 'Change a credential',
    description: 'Everything but its key. Switching a refused one on tries it again.',
    act: updateCredentialAct,
    body: z.strictObject({
      label: z.string().max(80).optional(),
      preference: preference.optional(),
      enabled: z.boolean().optional(),
    }),
    status: 204,
    toInput: ({ params, body }) => ({ credentialId: params['credential_id'], ...body }),
  }),
  defineRoute({
    method: 'PUT',
    path: '/credentials/{credential_id}/key',
    operation: 'replaceCredential',
    tag: 'Credentials',
    summary: 'Replace a credential’s key',
    act: replaceCredentialAct,
    body: z.strictObject({
      provider_key: providerKey,
      fields: fields.optional(),
      base_url: z.string().max(2000).nullable().optional(),
    }),
    status: 204,
    errors: ['conflict'],
    toInput: ({ params, body }) => ({
      credentialId: params['credential_id'],
      apiKey: body.provider_key,
      baseUrl: body.base_url ?? null,
      fields: body.fields,
    }),
  }),
  defineRoute({
    method: 'DELETE',
    path: '/credentials/{credential_id}',
    operation: 'deleteCredential',
    tag: 'Credentials',
    summary: 'Delete a credential',
    description: 'The sealed key is gone for good; what went over it stays on record.',
    act: deleteCredentialAct,
    status: 204,
    toInput: ({ params }) => ({ credentialId: params['credential_id'] }),
  }),
]
