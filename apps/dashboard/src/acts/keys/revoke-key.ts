import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { findKey, revokeKey } from '@atpar/db/api-keys'
import { defineAct } from '../define-act.ts'

/** Stops a key for good. @throws AppError not_found when there is no such active key within reach. */
export const revokeKeyAct = defineAct({
  name: 'revoke-key',
  effect: 'write',
  permission: 'key:revoke',
  input: z.strictObject({ keyId: z.string() }),
  run: async (act, { keyId }) => {
    const key = await findKey(act.tx, act.orgId, { keyId, atMs: act.atMs })
    if (key === null) throw new AppError('not_found', { message: 'There is no such active key.' })
    act.requireReach('key:revoke', key)
    if (!(await revokeKey(act.tx, act.orgId, { keyId, reason: 'revoked' })))
      throw new AppError('not_found', { message: 'There is no such active key.' })
    await act.audit({ action: 'key-revoked', subjectKind: 'key', subjectId: keyId, before: { name: key.name } })
  },
})
