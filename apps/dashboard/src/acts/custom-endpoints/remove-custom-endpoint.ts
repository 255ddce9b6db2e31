import { z } from 'zod'
import { deleteCustomEndpoint, findCustomEndpoint } from '@atpar/db/custom-endpoints'
import { defineAct } from '../define-act.ts'
import { describeForAudit, unknownEndpoint } from './endpoint-fields.ts'

/** With its models and what is sealed; what went over it stays on record. @throws AppError not_found */
export const removeCustomEndpointAct = defineAct({
  name: 'remove-custom-endpoint',
  effect: 'write',
  permission: 'credential:manage',
  input: z.strictObject({ endpointId: z.string() }),
  run: async (act, { endpointId }) => {
    const known = await findCustomEndpoint(act.tx, act.orgId, endpointId)
    if (known === null || !(await deleteCustomEndpoint(act.tx, act.orgId, endpointId))) throw unknownEndpoint()
    await act.audit({
      action: 'custom-endpoint-removed',
      subjectKind: 'custom-endpoint',
      subjectId: endpointId,
      before: { ...describeForAudit(known), models: known.models.map(({ name }) => name) },
    })
  },
})
