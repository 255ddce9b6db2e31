import { z } from 'zod'
import { findCredential, updateCredential } from '@atpar/db/credentials'
import { readDeps } from '../../deps.ts'
import { statusAfterTest } from '../../proxy-client/test-credential.ts'
import { defineAct } from '../define-act.ts'
import { describeForAudit, unknownCredential } from './credential-fields.ts'

/**
 * Asks the proxy to ask the provider, at no cost, whether the key is taken. One that was refused and is taken now is switched on again, one that is
 * not taken is marked; a switched-off one stays off. @throws AppError not_found, upstream_failed when the proxy cannot be asked
 */
export const testCredentialAct = defineAct({
  name: 'test-credential',
  effect: 'write',
  permission: 'credential:manage',
  input: z.strictObject({ credentialId: z.string() }),
  run: async (act, { credentialId }) => {
    const known = await findCredential(act.tx, act.orgId, credentialId)
    if (known === null) throw unknownCredential()
    const answer = await readDeps().testCredential({ orgId: act.orgId, credentialId })
    const status = statusAfterTest(known.status, answer)
    if (status !== known.status) {
      await updateCredential(act.tx, act.orgId, { credentialId, status })
      await act.audit({
        action: 'credential-changed',
        subjectKind: 'credential',
        subjectId: credentialId,
        before: describeForAudit(known),
        after: describeForAudit({ ...known, status }),
      })
    }
    return { ...answer, status }
  },
})
