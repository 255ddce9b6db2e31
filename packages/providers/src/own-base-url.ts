/** Names that mean this machine or this network, whatever they resolve to. */
const PRIVATE_NAME =
  /(?:^|\.)(?:localhost|localdomain|local|internal|intranet|lan|home|corp|private|test|example|invalid|onion|home\.arpa)$/
/** Where clouds tell a machine its credentials: refused also where local addresses are allowed. */
const METADATA_NAME = /^(?:metadata|instance-data)(?:\.|$)/
/** The same in numbers, and what is nowhere or on one wire only. */
const METADATA_ADDRESS =
  /^(?:169\.254\.|0\.|100\.100\.100\.200$|\[::\]|\[::ffff:|\[fe[89ab]|\[fd00:ec2::254\]|\[fd20:ce::254\])/
const PORTS = new Set(['', '443', '8443'])

const MAX_URL_LENGTH = 500

/** Which addresses customers may name: public ones, or also this network's, as an operator who runs Atpar for themselves may decide. */
export type AddressReach = 'public' | 'local'

/**
 * An address a customer gave for their own endpoint: https, a public name, no port but the usual two; with the reach `local` also http, any port
 * and addresses of this network. What the name resolves to is checked again whenever a connection is made. @throws RangeError in words for the
 * one who typed it.
 */
export const parseOwnBaseUrl = (text: string, reach: AddressReach): string => {
  const given = text.trim()
  const url = readUrl(given)
  if (url.protocol !== 'https:' && !(reach === 'local' && url.protocol === 'http:'))
    throw new RangeError('The base URL must start with https://.')
  if (/^https?:\/\/[^/]*@/.test(url.href)) throw new RangeError('The base URL must not hold a credential.')
  if (/[?#]/.test(url.href)) throw new RangeError('The base URL must not have a query or fragment.')
  if (reach === 'public' && !PORTS.has(url.port)) throw new RangeError('The base URL must use port 443 or 8443.')
  // The URL parser has turned every spelling of an IPv4 address (0x7f.1, 2130706433, fullwidth digits) into four numbers by now.
  const host = url.hostname.replace(/\.+$/, '').toLowerCase()
  if (METADATA_NAME.test(host) || METADATA_ADDRESS.test(host) || (reach === 'public' && !isPublicName(host)))
    throw new RangeError('The base URL must name a public host, not an address or a name of a private network.')
  return url.href.replace(/\/+$/, '')
}

const isPublicName = (host: string): boolean =>
  host.includes('.') && !host.startsWith('[') && !/^[\d.]+$/.test(host) && !PRIVATE_NAME.test(host)

const readUrl = (text: string): URL => {
  const problem = 'The base URL must look like https://models.example.com/v1.'
  if (text.length > MAX_URL_LENGTH) throw new RangeError(problem)
  try {
    return new URL(text)
  } catch (cause) {
    throw new RangeError(problem, { cause })
  }
}
