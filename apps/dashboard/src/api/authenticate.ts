import { parseApiKey } from '@atpar/core/api-key'
import { AppError } from '@atpar/core/errors'
import { hmacKey } from '@atpar/crypto/api-key'
import { findManagementKey, noteManagementKeyUse, type FoundManagementKey } from '@atpar/db/management-keys'
import { withTenant } from '@atpar/db/tenant'
import type { ActContext } from '../acts/define-act.ts'
import { readDeps } from '../deps.ts'
import { readEnv } from '../env.ts'
import { isWithinNetworks, readPeerAddress } from './peer-address.ts'

/** Of each key, in this process. */
export const CALL_RATE = { limit: 600, windowMs: 60_000 }

export interface ManagementCaller {
  readonly context: ActContext
  readonly managementKeyId: string
  readonly keyText: string
}

const readKeyText = (request: Request): string => {
  const match = /^Bearer +(\S+) *$/i.exec(request.headers.get('authorization') ?? '')
  if (match?.[1] === undefined)
    throw new AppError('missing_key', {
      message: 'No management key was sent. Send it as "Authorization: Bearer atpar_manage_…".',
    })
  return match[1]
}

const lookUp = async (keyText: string): Promise<FoundManagementKey> => {
  const parsed = parseApiKey(keyText)
  if (parsed !== null && parsed.mode !== 'manage')
    throw new AppError('unknown_key', {
      message: 'This is an API key for calling models. The management API takes a management key (atpar_manage_…).',
    })
  if (parsed?.isChecksumValid === true) {
    for (const pepper of readEnv().peppers) {
      const found = await findManagementKey(readDeps().db, hmacKey(keyText, pepper.secret))
      if (found !== null) return found
    }
  }
  throw new AppError('unknown_key', {
    message: 'This management key is not known. Check that it was copied whole, or create a new one.',
  })
}

const STOPPED = {
  revoked: 'This management key was revoked. Create a new one in the settings.',
  expired: 'This management key has expired. Create a new one in the settings.',
  orphaned:
    'Whoever made this management key left or may no longer make one, and it stopped with them. Create a new one.',
} as const

/** Whose management key it is, and whether it may be used now and from here. @throws AppError missing_key, unknown_key, key_disabled, network_not_allowed, rate_limited */
export const authenticate = async (request: Request): Promise<ManagementCaller> => {
  const keyText = readKeyText(request)
  const found = await lookUp(keyText)
  const { orgId, managementKeyId, role } = found
  if (found.state !== 'active') throw new AppError('key_disabled', { message: STOPPED[found.state] })
  const ip = readPeerAddress(request.headers)
  if (!isWithinNetworks(found.allowedCidrs, ip))
    throw new AppError('network_not_allowed', {
      message: `This management key may not be used from ${ip ?? 'an unknown address'}.`,
    })
  const { db, throttle } = readDeps()
  if (!throttle.take(`management-key:${managementKeyId}`, CALL_RATE))
    throw new AppError('rate_limited', {
      message: `At most ${CALL_RATE.limit} calls a minute with one management key.`,
      metadata: { retryAfterSeconds: CALL_RATE.windowMs / 1000 },
    })
  if (!found.isUsedToday)
    await withTenant(db, { orgId, userId: null }, (tx) => noteManagementKeyUse(tx, orgId, managementKeyId))
  return { context: { orgId, actor: { kind: 'management-key', managementKeyId, role }, ip }, managementKeyId, keyText }
}
