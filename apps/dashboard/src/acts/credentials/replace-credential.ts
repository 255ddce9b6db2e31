import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { findCredential, replaceCredentialSecret } from '@atpar/db/credentials'
import { defineAct } from '../define-act.ts'
import {
  apiKeySchema,
  baseUrlSchema,
  describeForAudit,
  fieldsSchema,
  readSecret,
  requireProvider,
  sealSecret,
  unknownCredential,
} from './credential-fields.ts'

/** Another key in the same place, switched on. @throws AppError not_found, conflict when it was replaced at the same moment, invalid_request (param `baseUrl`, `apiKey`, a field's name) */
export const replaceCredentialAct = defineAct({
  name: 'replace-credential',
  effect: 'write',
  permission: 'credential:manage',
  input: z.strictObject({
    credentialId: z.string(),
    apiKey: apiKeySchema,
    baseUrl: baseUrlSchema,
    fields: fieldsSchema,
  }),
  run: async (act, { credentialId, apiKey, baseUrl, fields }) => {
    const known = await findCredential(act.tx, act.orgId, credentialId)
    if (known === null) throw unknownCredential()
    const provider = requireProvider(known.providerId)
    const secret = sealSecret(provider, readSecret(provider, { apiKey, baseUrl, fields }))
    if (!(await replaceCredentialSecret(act.tx, act.orgId, { credentialId, secret })))
      throw new AppError('conflict', { message: 'Someone replaced this key at the same moment. Look again.' })
    await act.audit({
      action: 'credential-replaced',
      subjectKind: 'credential',
      subjectId: credentialId,
      before: { ...describeForAudit(known), secretVersion: known.secretVersion },
      after: { secretVersion: known.secretVersion + 1, ...(baseUrl === null ? {} : { baseUrl }) },
    })
  },
})
