import { z } from 'zod'
import { MINUTE_MS } from '@atpar/core/durations'
import { AppError } from '@atpar/core/errors'
import type { KeySummary } from '@atpar/db/api-keys'
import { rotateSecret } from '@atpar/db/key-secrets'
import { readDeps } from '../../deps.ts'
import { defineAct } from '../define-act.ts'
import { findReachableKey, requireActive } from './find-reachable-key.ts'

const DEFAULT_OVERLAP_MINUTES = 60
const LONGEST_OVERLAP_MINUTES = 24 * 60

export interface RotatedKey {
  readonly key: KeySummary
  /** The whole new key: in this answer and never again. */
  readonly apiKey: string
  readonly formerEndsAtMs: number
}

/**
 * Gives a key a new secret; the former one works on for the overlap. It stays the same key: scope, limits, what counts against them and its usage
 * go on, whichever of the two is sent.
 * @throws AppError not_found when it is not within reach, conflict when it is revoked
 */
export const rotateKeyAct = defineAct({
  name: 'rotate-key',
  effect: 'write',
  permission: 'key:create',
  input: z.strictObject({
    keyId: z.string(),
    overlapMinutes: z.int().min(0).max(LONGEST_OVERLAP_MINUTES).default(DEFAULT_OVERLAP_MINUTES),
  }),
  run: async (act, { keyId, overlapMinutes }): Promise<RotatedKey> => {
    const { mintKey, nowMs } = readDeps()
    const before = await findReachableKey(act, 'key:create', keyId)
    requireActive(before)
    // By real time, as proxies tell whether a key has expired.
    const formerEndsAtMs = nowMs() + overlapMinutes * MINUTE_MS
    const { text, secret } = mintKey()
    if (!(await rotateSecret(act.tx, act.orgId, { keyId, secret, formerEndsAtMs }))) throw new AppError('conflict')
    const key = { ...before, publicPrefix: secret.publicPrefix, lastFour: secret.lastFour }
    await act.audit({
      action: 'key-rotated',
      subjectKind: 'key',
      subjectId: keyId,
      before: { shown: `${before.publicPrefix}…${before.lastFour}` },
      after: {
        shown: `${key.publicPrefix}…${key.lastFour}`,
        formerEndsAt: new Date(formerEndsAtMs).toISOString(),
      },
    })
    return { key, apiKey: text, formerEndsAtMs }
  },
})
