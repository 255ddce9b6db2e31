import { AppError } from '@atpar/core/errors'
import { hashRecoveryCode } from '@atpar/crypto/recovery-code'
import { deriveKey, seal, unseal } from '@atpar/crypto/secret-box'
import { findTotpStep } from '@atpar/crypto/totp'
import type { Tx } from '@atpar/db/client'
import { withActor } from '@atpar/db/tenant'
import { findTotp, takeRecoveryCode, takeTotpStep } from '@atpar/db/two-factor'
import { readDeps } from '../deps.ts'
import { readEnv } from '../env.ts'

/** A million codes, three of them good at a time: at this pace a guesser needs some centuries. */
const CODE_RULE = { limit: 6, windowMs: 15 * 60_000 }

const sealingKey = () => deriveKey(readEnv().sessionSecret, 'secret of a second factor')

/** Not openable from the database alone: the key is derived from the session secret, which is not in it. */
export const sealTotpSecret = (userId: string, secret: Uint8Array): Uint8Array => seal(secret, sealingKey(), userId)

export const openTotpSecret = (userId: string, sealed: Uint8Array): Uint8Array | null =>
  unseal(sealed, sealingKey(), userId)

/** Whether the app's code is right; takes its step, so that the same code is refused from then on. */
export const takeAppCode = async (tx: Tx, userId: string, code: string): Promise<boolean> => {
  const stored = await findTotp(tx, userId)
  const secret = stored === null ? null : openTotpSecret(userId, stored.sealedSecret)
  const step = secret === null ? null : findTotpStep(secret, code, readDeps().nowMs())
  return step !== null && takeTotpStep(tx, userId, step)
}

export type SecondFactor = 'app' | 'recovery-code'

/** Checks what somebody typed as their second factor. Null when it is wrong. @throws AppError rate_limited after too many wrong ones. */
export const checkSecondFactor = async (userId: string, typed: string): Promise<SecondFactor | null> => {
  const { db, attempts } = readDeps()
  if (!(await attempts.take(`second-factor:${userId}`, CODE_RULE)))
    throw new AppError('rate_limited', { message: 'Too many codes that were not right. Wait a quarter of an hour.' })
  const found = await withActor(db, userId, async (tx): Promise<SecondFactor | null> => {
    const stored = await findTotp(tx, userId)
    if (stored?.isConfirmed !== true) return null
    if (await takeAppCode(tx, userId, typed)) return 'app'
    return (await takeRecoveryCode(tx, hashRecoveryCode(typed))) ? 'recovery-code' : null
  })
  if (found !== null) await attempts.forget(`second-factor:${userId}`)
  return found
}
