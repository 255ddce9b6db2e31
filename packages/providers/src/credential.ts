import type { Provider } from './contract.ts'
import { PROVIDERS } from './registry.ts'

/** What is sealed: a customer's key and, where the provider takes one, the address it may be sent to. They are sealed together so that neither can be moved. */
export interface CredentialSecret {
  readonly apiKey: string
  readonly baseUrl: string | null
}

/** Any key we know of is printable ASCII without spaces; nothing else may come near a header. */
const API_KEY = /^[\x21-\x7e]{8,1000}$/
const MAX_URL_LENGTH = 500
/** Below this much left hidden, even four characters would tell too much. */
const MIN_LENGTH_FOR_HINT = 16

/** A provider that takes a key, and so a customer's own one. */
export const takesCredential = ({ auth }: Provider): boolean => auth.kind !== 'none'

export const listCredentialProviders = (): readonly Provider[] => PROVIDERS.filter(takesCredential)

/** @throws RangeError in words for the one who typed it; the text is not repeated. */
export const parseApiKey = (text: string): string => {
  const apiKey = text.trim()
  if (!API_KEY.test(apiKey))
    throw new RangeError('A key is 8 to 1,000 characters without spaces. Copy it whole from the provider’s console.')
  return apiKey
}

/** The last four characters, where enough others stay hidden. */
export const hintOf = (apiKey: string): string => (apiKey.length < MIN_LENGTH_FOR_HINT ? '' : apiKey.slice(-4))

/** Names that mean this machine or this network, whatever they resolve to. */
const PRIVATE_NAME = /(?:^|\.)(?:localhost|local|internal|intranet|lan|home|corp|private|test|invalid|onion)$/
const PORTS = new Set(['', '443', '8443'])

/**
 * An address a customer gave for their own endpoint: https, a public name, no port but the usual two. What the name resolves to is checked again
 * whenever a connection is made. @throws RangeError in words for the one who typed it.
 */
export const parseOwnBaseUrl = (text: string): string => {
  const given = text.trim()
  const url = readUrl(given)
  if (url.protocol !== 'https:') throw new RangeError('The base URL must start with https://.')
  if (/^https:\/\/[^/]*@/.test(url.href)) throw new RangeError('The base URL must not hold a credential.')
  if (/[?#]/.test(url.href)) throw new RangeError('The base URL must not have a query or fragment.')
  if (!PORTS.has(url.port)) throw new RangeError('The base URL must use port 443 or 8443.')
  const host = url.hostname.replace(/\.$/, '').toLowerCase()
  // The URL parser has turned every spelling of an IPv4 address (0x7f.1, 2130706433) into four numbers by now.
  if (!host.includes('.') || host.startsWith('[') || /^[\d.]+$/.test(host) || PRIVATE_NAME.test(host))
    throw new RangeError('The base URL must name a public host, not an address or a name of a private network.')
  return url.href.replace(/\/+$/, '')
}

const readUrl = (text: string): URL => {
  const problem = 'The base URL must look like https://models.example.com/v1.'
  if (text.length > MAX_URL_LENGTH) throw new RangeError(problem)
  try {
    return new URL(text)
  } catch (cause) {
    throw new RangeError(problem, { cause })
  }
}

export const encodeCredentialSecret = (secret: CredentialSecret): Uint8Array =>
  new TextEncoder().encode(JSON.stringify({ apiKey: secret.apiKey, baseUrl: secret.baseUrl }))

/** @throws RangeError when it is no secret of this format, without repeating it. */
export const decodeCredentialSecret = (bytes: Uint8Array): CredentialSecret => {
  const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
  if (typeof value !== 'object' || value === null || !('apiKey' in value) || typeof value.apiKey !== 'string')
    throw new RangeError('the sealed secret holds no key')
  const baseUrl = 'baseUrl' in value && typeof value.baseUrl === 'string' ? value.baseUrl : null
  return { apiKey: value.apiKey, baseUrl }
}
