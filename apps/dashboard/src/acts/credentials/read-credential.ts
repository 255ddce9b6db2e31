import { z } from 'zod'
import { findCredential } from '@atpar/db/credentials'
import { defineAct } from '../define-act.ts'
import { unknownCredential } from './credential-fields.ts'

/** One of them; never its key. @throws AppError not_found */
export const readCredentialAct = defineAct({
  name: 'read-credential',
  effect: 'read',
  permission: 'credential:manage',
  input: z.strictObject({ credentialId: z.string() }),
  run: async (act, { credentialId }) => {
    const credential = await findCredential(act.tx, act.orgId, credentialId)
    if (credential === null) throw unknownCredential()
    return credential
  },
})
