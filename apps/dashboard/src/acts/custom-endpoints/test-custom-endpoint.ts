import { z } from 'zod'
import { findCustomEndpoint, updateCustomEndpoint } from '@atpar/db/custom-endpoints'
import { readDeps } from '../../deps.ts'
import { statusAfterTest } from '../../proxy-client/test-credential.ts'
import { defineAct } from '../define-act.ts'
import { describeForAudit, unknownEndpoint } from './endpoint-fields.ts'

/**
 * Has the proxy ask the endpoint for its models, by the way that calls go. One that was refused and is taken now is switched on again, one whose key
 * is not taken is marked; a switched-off one stays off. @throws AppError not_found, upstream_failed when the proxy cannot be asked
 */
export const testCustomEndpointAct = defineAct({
  name: 'test-custom-endpoint',
  effect: 'write',
  permission: 'credential:manage',
  input: z.strictObject({ endpointId: z.string() }),
  run: async (act, { endpointId }) => {
    const known = await findCustomEndpoint(act.tx, act.orgId, endpointId)
    if (known === null) throw unknownEndpoint()
    const answer = await readDeps().testCredential({ orgId: act.orgId, credentialId: endpointId })
    const status = statusAfterTest(known.status, answer)
    if (status !== known.status) {
      await updateCustomEndpoint(act.tx, act.orgId, { endpointId, status })
      await act.audit({
        action: 'custom-endpoint-changed',
        subjectKind: 'custom-endpoint',
        subjectId: endpointId,
        before: describeForAudit(known),
        after: describeForAudit({ ...known, status }),
      })
    }
    return { ...answer, models: answer.models ?? [], status }
  },
})
