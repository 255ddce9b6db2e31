import { z } from 'zod'
import { findCustomEndpoint } from '@atpar/db/custom-endpoints'
import { defineAct } from '../define-act.ts'
import { showEndpoint, unknownEndpoint } from './endpoint-fields.ts'

/** One of them; never its key. @throws AppError not_found */
export const readCustomEndpointAct = defineAct({
  name: 'read-custom-endpoint',
  effect: 'read',
  permission: 'credential:manage',
  input: z.strictObject({ endpointId: z.string() }),
  run: async (act, { endpointId }) => {
    const endpoint = await findCustomEndpoint(act.tx, act.orgId, endpointId)
    if (endpoint === null) throw unknownEndpoint()
    return showEndpoint(endpoint)
  },
})
