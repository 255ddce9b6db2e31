import { AppError } from '@atpar/core/errors'
import type { ScopedPermission } from '@atpar/core/permissions'
import { findKey, type KeySummary } from '@atpar/db/api-keys'
import type { Act } from '../define-act.ts'

/** @throws AppError not_found for a key that is not within reach as for one that does not exist */
export const findReachableKey = async (act: Act, permission: ScopedPermission, keyId: string): Promise<KeySummary> => {
  const key = await findKey(act.tx, act.orgId, { keyId, atMs: act.atMs })
  if (key === null) throw new AppError('not_found')
  act.requireReach(permission, key)
  return key
}

/** @throws AppError conflict for one that is revoked */
export const requireActive = (key: KeySummary): void => {
  if (key.status === 'revoked') throw new AppError('conflict', { message: 'This key is revoked. Create a new one.' })
}
