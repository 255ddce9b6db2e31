import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, isIPv4 } from 'node:net'

/** Where a request came from, as its connection and its headers say. */
export interface Peer {
  /** One and the same for all requests of a connection. Its address is asked for only where networks count. */
  readonly connection: { readonly remoteAddress?: string | undefined }
  readonly forwardedFor: string | undefined
}

export const peerOf = ({ socket, headers }: IncomingMessage): Peer => {
  const forwardedFor = headers['x-forwarded-for']
  return {
    connection: socket,
    forwardedFor: typeof forwardedFor === 'string' ? forwardedFor : undefined,
  }
}

export interface Networks {
  /** The caller's own address; null when a proxy of ours names one that is none. */
  addressOf(peer: Peer): string | null
  /** Whether the caller is in one of the networks. */
  admits(cidrs: readonly string[], peer: Peer): boolean
}

const CIDR = /^([0-9A-Fa-f:.]+)(?:\/(\d{1,3}))?$/
/** `198.51.100.7:4711` and `[2001:db8::1]:4711`: some load balancers add the port. */
const WITH_PORT = /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?::\d{1,5})?$/

/**
 * One network per text, an address or a CIDR. What is neither admits nobody, so that a damaged list closes a key instead of opening it.
 * @throws RangeError for text that is no network, when `strict`
 */
const compile = (cidrs: readonly string[], strict: boolean): BlockList => {
  const list = new BlockList()
  for (const text of cidrs) {
    const [, address = '', bits] = CIDR.exec(text) ?? []
    const family = isIP(address)
    const widest = family === 6 ? 128 : 32
    const prefix = bits === undefined ? widest : Number(bits)
    if (family !== 0 && prefix <= widest) list.addSubnet(address, prefix, family === 6 ? 'ipv6' : 'ipv4')
    else if (strict) throw new RangeError(`"${text}" is no network: expected an address or a CIDR such as 10.0.0.0/8`)
  }
  return list
}

/** Whether every part of a comma-separated list is a network: what settings are checked by. */
export const parseNetworks = (text: string): readonly string[] => {
  const cidrs = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  compile(cidrs, true)
  return cidrs
}

const IPV4_IN_IPV6 = '::ffff:'

const normalize = (text: string): string | null => {
  const [, bracketed, plain] = WITH_PORT.exec(text) ?? []
  const address = bracketed ?? plain ?? text
  if (isIP(address) === 0) return null
  const inner = address.toLowerCase().startsWith(IPV4_IN_IPV6) ? address.slice(IPV4_IN_IPV6.length) : ''
  return isIPv4(inner) ? inner : address
}

const contains = (list: BlockList, address: string): boolean => list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')

/** `trusted`: networks of the load balancers in front of this proxy; only their X-Forwarded-For counts. */
export const createNetworks = (trusted: readonly string[]): Networks => {
  const trustedList = compile(trusted, true)
  /** By the list itself: a key's list is one array for as long as the key is cached. */
  const compiled = new WeakMap<readonly string[], BlockList>()

  /** From the right, the first address that no proxy of ours added: everything left of it is whatever the caller wrote. */
  const addressOf = ({ connection: { remoteAddress }, forwardedFor }: Peer): string | null => {
    let address = remoteAddress === undefined ? null : normalize(remoteAddress)
    if (trusted.length === 0 || forwardedFor === undefined) return address
    const hops = forwardedFor.split(',')
    while (address !== null && contains(trustedList, address)) {
      const hop = hops.pop()
      if (hop === undefined) return address
      address = normalize(hop.trim())
    }
    return address
  }

  return {
    addressOf,
    admits: (cidrs, peer) => {
      const address = addressOf(peer)
      if (address === null) return false
      let list = compiled.get(cidrs)
      if (list === undefined) {
        list = compile(cidrs, false)
        compiled.set(cidrs, list)
      }
      return contains(list, address)
    },
  }
}
