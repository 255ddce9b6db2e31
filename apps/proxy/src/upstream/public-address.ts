import { lookup as lookupName } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import type { AddressReach } from '@atpar/providers/own-base-url'

const listOf = (family: 'ipv4' | 'ipv6', networks: readonly (readonly [string, number])[]): BlockList => {
  const list = new BlockList()
  for (const [network, prefix] of networks) list.addSubnet(network, prefix, family)
  return list
}

/** Everything that is not the public internet (IANA's special-purpose registries): here, next door, the cloud's metadata, nowhere. */
const NOT_PUBLIC_4 = listOf('ipv4', [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
])
/** Of IPv6 only global unicast is public, less what tunnels or translates to IPv4. */
const GLOBAL_UNICAST = listOf('ipv6', [['2000::', 3]])
const NOT_PUBLIC_6 = listOf('ipv6', [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
])

/** What an operator's own network is made of. Link-local is not in it: clouds tell a machine its credentials there. */
const LOCAL_4 = listOf('ipv4', [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
])
const LOCAL_6 = listOf('ipv6', [
  ['::1', 128],
  ['fc00::', 7],
])
/** Metadata services that live inside those. */
const NEVER_4 = listOf('ipv4', [['100.100.100.200', 32]])
const NEVER_6 = listOf('ipv6', [
  ['fd00:ec2::254', 128],
  ['fd20:ce::254', 128],
])

export const isPublicAddress = (address: string): boolean => {
  const family = isIP(address)
  if (family === 4) return !NOT_PUBLIC_4.check(address, 'ipv4')
  return family === 6 && GLOBAL_UNICAST.check(address, 'ipv6') && !NOT_PUBLIC_6.check(address, 'ipv6')
}

const isLocalAddress = (address: string): boolean => {
  const family = isIP(address)
  if (family === 4) return LOCAL_4.check(address, 'ipv4') && !NEVER_4.check(address, 'ipv4')
  return family === 6 && LOCAL_6.check(address, 'ipv6') && !NEVER_6.check(address, 'ipv6')
}

/** Whether a socket may go to an address that a customer named. */
export const isReachable = (address: string, reach: AddressReach): boolean =>
  isPublicAddress(address) || (reach === 'local' && isLocalAddress(address))

/** A name was given that leads into a private network. */
class NotPublicError extends Error {
  readonly code = 'ENOTFOUND'
}

/** The part of `dns.lookup` that is used: all addresses of a name. */
export type Resolve = (
  hostname: string,
  options: { readonly all: true },
  callback: (error: Error | null, addresses: { readonly address: string; readonly family: number }[]) => void,
) => void

/**
 * `dns.lookup` for addresses that customers name: every address must be allowed, and the socket goes to the one that was checked, so that a name
 * which resolves differently a moment later (DNS rebinding) gains nothing.
 */
export const createGuardedLookup =
  (reach: AddressReach, resolve: Resolve = lookupName): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, [])
        return
      }
      const [first] = addresses
      if (first === undefined || !addresses.every(({ address }) => isReachable(address, reach)))
        callback(new NotPublicError(`${hostname} does not resolve to public addresses only`), [])
      else if (options.all === true) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }

/** A socket to an address in numbers asks no lookup. @throws NotPublicError when the origin is such an address and may not be reached. */
export const refuseUnreachableLiteral = (origin: string, reach: AddressReach): void => {
  const host = new URL(origin).hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0 && !isReachable(host, reach)) throw new NotPublicError(`${host} is not a public address`)
}
