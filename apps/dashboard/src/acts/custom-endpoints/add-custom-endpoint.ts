import { z } from 'zod'
import { createCustomEndpoint } from '@atpar/db/custom-endpoints'
import { ENDPOINT_SHAPES } from '@atpar/providers/custom-endpoint'
import { labelSchema } from '../credentials/credential-fields.ts'
import { defineAct } from '../define-act.ts'
import { nameSchema, sealEndpoint, secretFields, shapeSchema } from './endpoint-fields.ts'

/** An address of the organization's own. Nothing is called before it has a model. @throws AppError conflict (param `name`), invalid_request (param `baseUrl`, `apiKey`, `headers`) */
export const addCustomEndpointAct = defineAct({
  name: 'add-custom-endpoint',
  effect: 'write',
  permission: 'credential:manage',
  input: z.strictObject({ name: nameSchema, label: labelSchema, shape: shapeSchema, ...secretFields }),
  run: async (act, { name, label, shape, ...given }) => {
    const { secret, headerNames, baseUrl } = sealEndpoint(shape, given)
    const { endpointId } = await createCustomEndpoint(act.tx, act.orgId, {
      name,
      label,
      providerId: ENDPOINT_SHAPES[shape].id,
      headerNames,
      secret,
    })
    await act.audit({
      action: 'custom-endpoint-added',
      subjectKind: 'custom-endpoint',
      subjectId: endpointId,
      after: { name, label, shape, baseUrl, headers: [...headerNames] },
    })
    return { endpointId }
  },
})
