import { z } from 'zod'
import { findCredential, updateCredential } from '@atpar/db/credentials'
import { defineAct } from '../define-act.ts'
import {
  describeForAudit,
  labelSchema,
  preferenceSchema,
  requireSecret,
  unknownCredential,
} from './credential-fields.ts'

/** Everything about a credential but its key. Switching a refused one on tries it again. @throws AppError not_found, conflict for one without a key */
export const updateCredentialAct = defineAct({
  name: 'update-credential',
  effect: 'write',
  permission: 'credential:manage',
  input: z.strictObject({
    credentialId: z.string(),
    label: labelSchema.optional(),
    preference: preferenceSchema.optional(),
    enabled: z.boolean().optional(),
  }),
  run: async (act, { credentialId, label, preference, enabled }) => {
    const known = await findCredential(act.tx, act.orgId, credentialId)
    if (known === null) throw unknownCredential()
    if (enabled === true) requireSecret(known)
    const status = enabled === undefined ? undefined : enabled ? ('active' as const) : ('disabled' as const)
    const change = {
      ...(label === undefined ? {} : { label }),
      ...(preference === undefined ? {} : { preference }),
      ...(status === undefined ? {} : { status }),
    }
    const after = describeForAudit({ ...known, ...change })
    const before = describeForAudit(known)
    if (JSON.stringify(before) === JSON.stringify(after)) return
    await updateCredential(act.tx, act.orgId, { credentialId, ...change })
    await act.audit({ action: 'credential-changed', subjectKind: 'credential', subjectId: credentialId, before, after })
  },
})
