import { z } from 'zod'
import { findCustomEndpoint, updateCustomEndpoint } from '@atpar/db/custom-endpoints'
import { labelSchema, requireSecret } from '../credentials/credential-fields.ts'
import { defineAct } from '../define-act.ts'
import { describeForAudit, nameSchema, unknownEndpoint } from './endpoint-fields.ts'

/**
 * Renames it, which renames its models for callers, or switches it off and on. Switching a refused one on tries it again.
 * @throws AppError not_found, conflict (param `name`, or without an access to switch on)
 */
export const updateCustomEndpointAct = defineAct({
  name: 'update-custom-endpoint',
  effect: 'write',
  permission: 'credential:manage',
  input: z.strictObject({
    endpointId: z.string(),
    name: nameSchema.optional(),
    label: labelSchema.optional(),
    enabled: z.boolean().optional(),
  }),
  run: async (act, { endpointId, name, label, enabled }) => {
    const known = await findCustomEndpoint(act.tx, act.orgId, endpointId)
    if (known === null) throw unknownEndpoint()
    if (enabled === true) requireSecret(known)
    const change = {
      ...(name === undefined ? {} : { name }),
      ...(label === undefined ? {} : { label }),
      ...(enabled === undefined ? {} : { status: enabled ? ('active' as const) : ('disabled' as const) }),
    }
    const before = describeForAudit(known)
    const after = describeForAudit({ ...known, ...change })
    if (JSON.stringify(before) === JSON.stringify(after)) return
    await updateCustomEndpoint(act.tx, act.orgId, { endpointId, ...change })
    await act.audit({
      action: 'custom-endpoint-changed',
      subjectKind: 'custom-endpoint',
      subjectId: endpointId,
      before,
      after,
    })
  },
})
