import { z } from 'zod'
import { createCredential } from '@atpar/db/credentials'
import { defineAct } from '../define-act.ts'
import {
  apiKeySchema,
  baseUrlSchema,
  fieldsSchema,
  labelSchema,
  preferenceSchema,
  readSecret,
  requireProvider,
  sealSecret,
} from './credential-fields.ts'

/** Seals a key for the proxy and keeps it. @throws AppError not_found (param `providerId`), invalid_request (param `baseUrl`, `apiKey`, a field's name) */
export const addCredentialAct = defineAct({
  name: 'add-credential',
  effect: 'write',
  permission: 'credential:manage',
  input: z.strictObject({
    providerId: z.string(),
    label: labelSchema,
    apiKey: apiKeySchema,
    baseUrl: baseUrlSchema,
    fields: fieldsSchema,
    preference: preferenceSchema.default('prefer'),
  }),
  run: async (act, { providerId, label, apiKey, baseUrl, fields, preference }) => {
    const provider = requireProvider(providerId)
    const secret = sealSecret(provider, readSecret(provider, { apiKey, baseUrl, fields }))
    const { credentialId } = await createCredential(act.tx, act.orgId, { providerId, label, preference, secret })
    await act.audit({
      action: 'credential-added',
      subjectKind: 'credential',
      subjectId: credentialId,
      after: { provider: providerId, label, preference, ...(baseUrl === null ? {} : { baseUrl }) },
    })
    return { credentialId }
  },
})
