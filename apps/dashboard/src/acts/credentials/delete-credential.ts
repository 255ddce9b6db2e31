import { z } from 'zod'
import { deleteCredential, findCredential } from '@atpar/db/credentials'
import { defineAct } from '../define-act.ts'
import { describeForAudit, unknownCredential } from './credential-fields.ts'

/** The sealed key is gone for good; what went over it stays on record. @throws AppError not_found */
export const deleteCredentialAct = defineAct({
  name: 'delete-credential',
  effect: 'write',
  permission: 'credential:manage',
  input: z.strictObject({ credentialId: z.string() }),
  run: async (act, { credentialId }) => {
    const known = await findCredential(act.tx, act.orgId, credentialId)
    if (known === null || !(await deleteCredential(act.tx, act.orgId, credentialId))) throw unknownCredential()
    await act.audit({
      action: 'credential-deleted',
      subjectKind: 'credential',
      subjectId: credentialId,
      before: describeForAudit(known),
    })
  },
})
