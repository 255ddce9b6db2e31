import { z } from 'zod'
import { createCredential } from '@atpar/db/credentials'
import { defineAct } from '../define-act.ts'
import {
  apiKeySchema,
  baseUrlSchema,
  checkBaseUrl,
  labelSchema,
  preferenceSchema,
  requireProvider,
  sealSecret,
} from './credential-fields.ts'

/** Seals a key for the proxy and keeps it. @throws AppError not_found (param `providerId`), invalid_request (param `baseUrl`, `apiKey`) */
export const addCredentialAct = defineAct({
  name: 'add-credential',
  effect: 'write',
  permission: 'credential:manage',
  input: z.strictObject({
    providerId: z.string(),
    label: labelSchema,
    apiKey: apiKeySchema,
    baseUrl: baseUrlSchema,
    preference: preferenceSchema.default('prefer'),
  }),
  run: async (act, { providerId, label, apiKey, baseUrl, preference }) => {
    const provider = requireProvider(providerId)
    checkBaseUrl(provider, baseUrl)
    const secret = sealSecret({ apiKey, baseUrl })
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
