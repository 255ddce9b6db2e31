import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { endFormerSecrets } from '@atpar/db/key-secrets'
import { defineAct } from '../define-act.ts'
import { findReachableKey } from './find-reachable-key.ts'

/** Ends the overlap of a rotation at once: from now on only the key's newest secret works. @throws AppError not_found when none is left or it is not within reach */
export const endFormerSecretsAct = defineAct({
  name: 'end-former-secrets',
  effect: 'write',
  permission: 'key:revoke',
  input: z.strictObject({ keyId: z.string() }),
  run: async (act, { keyId }) => {
    await findReachableKey(act, 'key:revoke', keyId)
    const ended = await endFormerSecrets(act.tx, act.orgId, { keyId, isLeaked: false })
    if (ended === 0) throw new AppError('not_found', { message: 'No former secret of this key works any more.' })
    await act.audit({ action: 'key-former-secrets-ended', subjectKind: 'key', subjectId: keyId, after: { ended } })
  },
})
