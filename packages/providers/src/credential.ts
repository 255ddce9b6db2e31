import { isJsonObject, parseJsonObject, type JsonObject } from '@atpar/core/json'
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

export const encodeCredentialSecret = ({ apiKey, baseUrl, fields, headers }: CredentialSecret): Uint8Array =>
  new TextEncoder().encode(JSON.stringify({ apiKey, baseUrl, fields, headers }))

/** @throws RangeError when it is no secret of this format, without repeating it: a parser's own error would. */
export const decodeCredentialSecret = (bytes: Uint8Array): CredentialSecret => {
  const value = parseJsonObject(new TextDecoder().decode(bytes))
  if (typeof value?.apiKey !== 'string') throw new RangeError('the sealed secret holds no key')
  const { apiKey, baseUrl, fields, headers } = value
  return {
    apiKey,
    baseUrl: typeof baseUrl === 'string' ? baseUrl : null,
    // Absent in secrets that were sealed before there were any.
    ...(isJsonObject(fields) ? { fields: textsOf(fields) } : {}),
    ...(isJsonObject(headers) ? { headers: textsOf(headers) } : {}),
  }
}

const textsOf = (value: JsonObject): Record<string, string> =>
  Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
