import { z } from 'zod'
import { customModelId } from '@atpar/core/custom-models'
import { AppError } from '@atpar/core/errors'
import { findCustomEndpoint, removeCustomModel } from '@atpar/db/custom-endpoints'
import { defineAct } from '../define-act.ts'
import { unknownEndpoint } from './endpoint-fields.ts'

/** Callers who name it are told that there is no such model. @throws AppError not_found */
export const removeCustomModelAct = defineAct({
  name: 'remove-custom-model',
  effect: 'write',
  permission: 'credential:manage',
  input: z.strictObject({ endpointId: z.string(), name: z.string() }),
  run: async (act, { endpointId, name }) => {
    const known = await findCustomEndpoint(act.tx, act.orgId, endpointId)
    if (known === null) throw unknownEndpoint()
    if (!(await removeCustomModel(act.tx, act.orgId, { endpointId, name })))
      throw new AppError('not_found', { message: 'This endpoint has no such model.' })
    await act.audit({
      action: 'custom-model-removed',
      subjectKind: 'custom-endpoint',
      subjectId: endpointId,
      before: { model: customModelId(known.name, name) },
    })
  },
})
