import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { findCredential, replaceCredentialSecret } from '@atpar/db/credentials'
import { defineAct } from '../define-act.ts'
import {
  apiKeySchema,
  baseUrlSchema,
  checkBaseUrl,
  describeForAudit,
  requireProvider,
  sealSecret,
  unknownCredential,
} from './credential-fields.ts'

/** Another key in the same place, switched on. @throws AppError not_found, conflict when it was replaced at the same moment, invalid_request (param `baseUrl`, `apiKey`) */
export const replaceCredentialAct = defineAct({
  name: 'replace-credential',
  effect: 'write',
  permission: 'credential:manage',
  input: z.strictObject({ credentialId: z.string(), apiKey: apiKeySchema, baseUrl: baseUrlSchema }),
  run: async (act, { credentialId, apiKey, baseUrl }) => {
    const known = await findCredential(act.tx, act.orgId, credentialId)
    if (known === null) throw unknownCredential()
    checkBaseUrl(requireProvider(known.providerId), baseUrl)
    const secret = sealSecret({ apiKey, baseUrl })
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
