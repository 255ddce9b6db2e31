import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { findCustomEndpoint, replaceCustomEndpointSecret } from '@atpar/db/custom-endpoints'
import { shapeOfProvider } from '@atpar/providers/custom-endpoint'
import { defineAct } from '../define-act.ts'
import { describeForAudit, sealEndpoint, secretFields, unknownEndpoint } from './endpoint-fields.ts'

/** Another address, key and headers for the same models, switched on. @throws AppError not_found, conflict when it was replaced at the same moment, invalid_request (param `baseUrl`, `apiKey`, `headers`) */
export const replaceCustomEndpointAct = defineAct({
  name: 'replace-custom-endpoint',
  effect: 'write',
  permission: 'credential:manage',
  input: z.strictObject({ endpointId: z.string(), ...secretFields }),
  run: async (act, { endpointId, ...given }) => {
    const known = await findCustomEndpoint(act.tx, act.orgId, endpointId)
    if (known === null) throw unknownEndpoint()
    const { secret, headerNames, baseUrl } = sealEndpoint(shapeOfProvider(known.providerId), given)
    if (!(await replaceCustomEndpointSecret(act.tx, act.orgId, { endpointId, headerNames, secret })))
      throw new AppError('conflict', { message: 'Someone replaced this at the same moment. Look again.' })
    await act.audit({
      action: 'custom-endpoint-replaced',
      subjectKind: 'custom-endpoint',
      subjectId: endpointId,
      before: { ...describeForAudit(known), baseUrl: known.baseUrl, headers: [...known.headerNames] },
      after: { baseUrl, headers: [...headerNames], secretVersion: known.secretVersion + 1 },
    })
  },
})
