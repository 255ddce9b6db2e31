import { containsCidr, parseCidr, type Cidr } from '@atpar/core/cidr'
import { readEnv } from '../env.ts'

const IPV4_IN_IPV6 = /^::ffff:(?=\d+\.)/i

const parseNetworks = (texts: readonly string[]): readonly Cidr[] =>
  texts.flatMap((text) => {
    const network = parseCidr(text)
    return network === null ? [] : [network]
  })

const isWithin = (networks: readonly Cidr[], address: string): boolean => {
  const parsed = parseCidr(address)
  return parsed !== null && networks.some((network) => containsCidr(network, parsed))
}

/** From the right, the first hop that is no proxy of ours: everything left of it is whatever the caller wrote. Null when there is none. */
export const pickPeerAddress = (forwardedFor: string, trusted: readonly string[]): string | null => {
  const networks = parseNetworks(trusted)
  const hops = forwardedFor.split(',').map((hop) => hop.trim().replace(IPV4_IN_IPV6, ''))
  const index = hops.findLastIndex((hop) => !isWithin(networks, hop))
  const address = hops[index === -1 ? 0 : index] ?? ''
  return parseCidr(address) === null || address.includes('/') ? null : address
}

/** The address a request came from. `peer-hop.ts` appends the connection's own to the header, so its last hop was written by us. */
export const readPeerAddress = (headers: Headers): string | null =>
  pickPeerAddress(headers.get('x-forwarded-for') ?? '', readEnv().trustedProxies)

/** Of a list that is not empty but holds no network nobody is within: damaged data closes a key instead of opening it. */
export const isWithinNetworks = (cidrs: readonly string[], address: string | null): boolean =>
  cidrs.length === 0 || (address !== null && isWithin(parseNetworks(cidrs), address))
