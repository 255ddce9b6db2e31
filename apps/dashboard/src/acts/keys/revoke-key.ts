import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { revokeKey } from '@atpar/db/api-keys'
import { defineAct } from '../define-act.ts'
import { findReachableKey } from './find-reachable-key.ts'

/** Stops a key for good, with all of its secrets. @throws AppError not_found when there is no such active key within reach. */
export const revokeKeyAct = defineAct({
  name: 'revoke-key',
  effect: 'write',
  permission: 'key:revoke',
  input: z.strictObject({ keyId: z.string() }),
  run: async (act, { keyId }) => {
    const key = await findReachableKey(act, 'key:revoke', keyId)
    if (!(await revokeKey(act.tx, act.orgId, { keyId, reason: 'revoked' }))) throw new AppError('not_found')
    await act.audit({ action: 'key-revoked', subjectKind: 'key', subjectId: keyId, before: { name: key.name } })
  },
})
