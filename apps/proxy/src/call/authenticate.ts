import type { Caller } from '@atpar/core/caller'
import { AppError } from '@atpar/core/errors'
import type { Endpoint } from '@atpar/core/key-scope'
import type { Deps } from '../deps.ts'
import type { Peer } from '../http/networks.ts'
import { refuseUnknownKey } from '../tenants/unknown-key.ts'
import type { IncomingCall } from './call-context.ts'

/** Step 1: whose key this is, and whether it may speak here at all. A promise only for a key that has to be looked up: most are in memory. */
export const authenticate = (deps: Deps, call: IncomingCall): Caller | Promise<Caller> => {
  const caller = identify(deps, call)
  return caller instanceof Promise ? caller.then((found) => requireAccess(found, call)) : requireAccess(caller, call)
}

const requireAccess = (caller: Caller, call: IncomingCall): Caller => {
  requireEndpoint(caller, call.endpoint)
  if (caller.allowedRoutes.length > 0) requireAllowedRoute(caller, call)
  return caller
}

/** @throws AppError billing_suspended, endpoint_not_allowed */
export const requireEndpoint = (caller: Caller, endpoint: Endpoint): void => {
  if (caller.orgStatus !== 'active') throw new AppError('billing_suspended')
  if (caller.allowedEndpoints.length > 0 && !caller.allowedEndpoints.includes(endpoint))
    throw new AppError('endpoint_not_allowed', {
      message: `This key may not use ${endpoint}. It may use: ${caller.allowedEndpoints.join(', ')}.`,
    })
}

/** The holder of a key that works, from where it may work. Only a truly unknown key is 401. @throws AppError missing_key, unknown_key, key_disabled, network_not_allowed, quota_unavailable */
export const identify = (
  deps: Deps,
  { keyText, peer }: { readonly keyText: string | null; readonly peer: Peer },
): Caller | Promise<Caller> => {
  if (keyText === null) throw new AppError('missing_key')
  const known = deps.callers.find(keyText, peer.connection)
  const check = (caller: Caller | null): Caller => requireWorkingKey(deps, caller, { keyText, peer })
  return known instanceof Promise ? known.then(check) : check(known)
}

const requireWorkingKey = (
  deps: Deps,
  caller: Caller | null,
  { keyText, peer }: { readonly keyText: string; readonly peer: Peer },
): Caller => {
  if (caller === null) throw refuseUnknownKey(keyText)
  if (caller.keyStatus !== 'active')
    throw new AppError('key_disabled', {
      message: 'This API key was revoked. Create a new one or ask your admin for one.',
    })
  if (caller.expiresAtMs !== null && caller.expiresAtMs <= deps.clock.wallMs())
    throw new AppError('key_disabled', { message: 'This API key has expired. Rotate it or create a new one.' })
  if (caller.allowedCidrs.length > 0 && !deps.networks.admits(caller.allowedCidrs, peer))
    throw new AppError('network_not_allowed', {
      message: `This key may not be used from ${deps.networks.addressOf(peer) ?? 'an unknown address'}. Call from one of its networks, or ask your admin to add this one.`,
    })
  return caller
}

/** A key made for routes may not name models past them. */
const requireAllowedRoute = ({ allowedRoutes }: Caller, { json }: IncomingCall): void => {
  if (typeof json.route === 'string' && allowedRoutes.includes(json.route)) return
  throw new AppError('route_not_allowed', {
    param: 'route',
    message: `This key works only through its routes. Send "route" as one of: ${allowedRoutes.join(', ')}.`,
  })
}
