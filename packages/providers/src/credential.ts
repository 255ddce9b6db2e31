import type { CredentialField, Provider } from './contract.ts'
import { PROVIDERS } from './registry.ts'
import { encodeServiceAccount, parseServiceAccount } from './service-account.ts'

/**
 * What is sealed: a customer's key, the other parts of the credential, and where the provider takes one the address they may be sent to. They are
 * sealed together so that none can be moved.
 */
export interface CredentialSecret {
  /** '' = an endpoint of one's own that asks for none. */
  readonly apiKey: string
  readonly baseUrl: string | null
  /** By the names of the provider's `credentialFields`. */
  readonly fields?: Readonly<Record<string, string>>
  /** Of an endpoint of one's own, by their names in lower case: what it wants to be shown beside the key. Absent = no such endpoint. */
  readonly headers?: Readonly<Record<string, string>>
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

/** The key as it is sealed, in the form this provider's auth scheme takes. @throws RangeError in words for the one who typed it; the text is not repeated. */
export const parseKeyOf = ({ auth }: Provider, text: string): string =>
  auth.kind === 'google-service-account' ? encodeServiceAccount(parseServiceAccount(text)) : parseApiKey(text)

/** One other part of a credential; null for an optional one that was left out. @throws RangeError in words for the one who typed it; the text is not repeated. */
export const parseField = (field: CredentialField, text: string | undefined): string | null => {
  const given = text?.trim() ?? ''
  if (given === '') {
    if (field.isOptional === true || field.fallback !== undefined) return null
    throw new RangeError(`Enter ${field.label}.`)
  }
  if (!field.pattern.test(given)) throw new RangeError(`${field.label} must look like ${field.example}.`)
  return given
}

/** The last four characters of what names the key without opening anything, where enough others stay hidden. */
export const hintOf = ({ auth }: Provider, { apiKey, fields }: Pick<CredentialSecret, 'apiKey' | 'fields'>): string => {
  const name =
    auth.kind === 'google-service-account'
      ? parseServiceAccount(apiKey).privateKeyId
      : auth.kind === 'sigv4'
        ? (fields?.['accessKeyId'] ?? apiKey)
        : apiKey
  return name.length < MIN_LENGTH_FOR_HINT ? '' : name.slice(-4)
}

/** Names that mean this machine or this network, whatever they resolve to. */
const PRIVATE_NAME =
  /(?:^|\.)(?:localhost|localdomain|local|internal|intranet|lan|home|corp|private|test|example|invalid|onion|home\.arpa)$/
/** Where clouds tell a machine its credentials: refused also where local addresses are allowed. */
const METADATA_NAME = /^(?:metadata|instance-data)(?:\.|$)/
/** The same in numbers, and what is nowhere or on one wire only. */
const METADATA_ADDRESS =
  /^(?:169\.254\.|0\.|100\.100\.100\.200$|\[::\]|\[::ffff:|\[fe[89ab]|\[fd00:ec2::254\]|\[fd20:ce::254\])/
const PORTS = new Set(['', '443', '8443'])

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

export const encodeCredentialSecret = ({ apiKey, baseUrl, fields, headers }: CredentialSecret): Uint8Array =>
  new TextEncoder().encode(JSON.stringify({ apiKey, baseUrl, fields, headers }))

/** @throws RangeError when it is no secret of this format, without repeating it. */
export const decodeCredentialSecret = (bytes: Uint8Array): CredentialSecret => {
  const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
  if (typeof value !== 'object' || value === null || !('apiKey' in value) || typeof value.apiKey !== 'string')
    throw new RangeError('the sealed secret holds no key')
  const baseUrl = 'baseUrl' in value && typeof value.baseUrl === 'string' ? value.baseUrl : null
  return { apiKey: value.apiKey, baseUrl, ...readTexts(value, 'fields'), ...readTexts(value, 'headers') }
}

/** Absent in secrets that were sealed before there were any. */
const readTexts = <Name extends string>(value: object, name: Name): Partial<Record<Name, Record<string, string>>> => {
  const texts: unknown = Object.entries(value).find(([key]) => key === name)?.[1]
  if (typeof texts !== 'object' || texts === null) return {}
  const entries = Object.entries(texts).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return { [name]: Object.fromEntries(entries) } as Partial<Record<Name, Record<string, string>>>
}
