import { z } from 'zod'
import type { KeySummary } from '@atpar/db/api-keys'
import { listFormerSecrets, type FormerSecret } from '@atpar/db/key-secrets'
import { defineAct } from '../define-act.ts'
import { findReachableKey } from './find-reachable-key.ts'

export interface KeyDetail extends KeySummary {
  /** Newest first. */
  readonly formerSecrets: readonly FormerSecret[]
}

/** One key with the secrets that rotations replaced. @throws AppError not_found when it is not within reach */
export const readKeyAct = defineAct({
  name: 'read-key',
  effect: 'read',
  permission: 'key:read',
  input: z.strictObject({ keyId: z.string() }),
  run: async (act, { keyId }): Promise<KeyDetail> => {
    const key = await findReachableKey(act, 'key:read', keyId)
    return { ...key, formerSecrets: await listFormerSecrets(act.tx, act.orgId, keyId) }
  },
})
