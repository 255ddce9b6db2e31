import type { Caller } from '@atpar/core/caller'
import { AppError } from '@atpar/core/errors'
import type { Deps } from '../deps.ts'
import { refuseUnknownKey } from '../tenants/unknown-key.ts'
import type { IncomingCall } from './call-context.ts'

/** Step 1: whose key this is, and whether it may speak here at all. Only a truly unknown key is 401. */
export const authenticate = async (deps: Deps, call: IncomingCall): Promise<Caller> => {
  if (call.keyText === null) throw new AppError('missing_key')
  const caller = await deps.callers.find(call.keyText)
  if (caller === null) throw refuseUnknownKey(call.keyText)
  if (caller.keyStatus !== 'active')
    throw new AppError('key_disabled', {
      message: 'This API key was revoked. Create a new one or ask your admin for one.',
    })
  if (caller.expiresAtMs !== null && caller.expiresAtMs <= deps.clock.wallMs())
    throw new AppError('key_disabled', { message: 'This API key has expired. Rotate it or create a new one.' })
  if (caller.orgStatus !== 'active') throw new AppError('billing_suspended')
  if (caller.allowedEndpoints.length > 0 && !caller.allowedEndpoints.includes(call.endpoint))
    throw new AppError('endpoint_not_allowed', {
      message: `This key may not use ${call.endpoint}. It may use: ${caller.allowedEndpoints.join(', ')}.`,
    })
  return caller
}
