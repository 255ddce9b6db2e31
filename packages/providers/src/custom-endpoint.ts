import type { Provider } from './contract.ts'
import { parseApiKey, type CredentialSecret } from './credential.ts'
import { custom } from './custom.ts'
import { customAnthropic } from './custom-anthropic.ts'
import { customGemini } from './custom-gemini.ts'

/** The formats an endpoint of one's own may speak, by what they are called outside. */
export const ENDPOINT_SHAPES = {
  'openai-chat': custom,
  'anthropic-messages': customAnthropic,
  gemini: customGemini,
} as const satisfies Readonly<Record<string, Provider>>
export type EndpointShape = keyof typeof ENDPOINT_SHAPES

export const SHAPE_NAMES = Object.keys(ENDPOINT_SHAPES) as readonly EndpointShape[]

/** @throws TypeError for a provider that is none of them. */
export const shapeOfProvider = (providerId: string): EndpointShape => {
  const shape = SHAPE_NAMES.find((name) => ENDPOINT_SHAPES[name].id === providerId)
  if (shape === undefined) throw new TypeError(`${providerId} is no shape of an endpoint of one's own`)
  return shape
}

const HEADER_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]{1,100}$/
/** Printable, without a space at either end. */
const HEADER_VALUE = /^[\x21-\x7e](?:[\x20-\x7e]{0,1998}[\x21-\x7e])?$/
const MAX_HEADERS = 10
/** What says where a message goes and where it ends is ours, or a request could be smuggled into another. So are the key's own and what the body is. */
const OURS = new Set([
  'accept',
  'accept-encoding',
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-api-key',
  'x-client-request-id',
  'x-goog-api-key',
])
const OUR_PREFIX = /^(?:proxy-|sec-|x-forwarded-)/

/** Headers an endpoint wants beside its key, their names in lower case. @throws RangeError in words for the one who typed them; no value is repeated. */
export const parseEndpointHeaders = (given: Readonly<Record<string, string>>): Readonly<Record<string, string>> => {
  const entries = Object.entries(given).map(([name, value]): [string, string] => [
    name.trim().toLowerCase(),
    value.trim(),
  ])
  if (entries.length > MAX_HEADERS) throw new RangeError(`An endpoint takes at most ${MAX_HEADERS} headers.`)
  for (const [name, value] of entries) {
    if (!HEADER_NAME.test(name)) throw new RangeError('A header’s name is letters, digits and dashes.')
    if (OURS.has(name) || OUR_PREFIX.test(name)) throw new RangeError(`The header "${name}" is not yours to set.`)
    if (!HEADER_VALUE.test(value))
      throw new RangeError(`The value of "${name}" must be 1 to 2,000 printable characters.`)
  }
  if (new Set(entries.map(([name]) => name)).size < entries.length) throw new RangeError('A header is named twice.')
  return Object.fromEntries(entries)
}

/** What is sealed of an endpoint. @throws RangeError in words for the one who typed it; no secret is repeated. */
export const readEndpointSecret = (given: {
  readonly baseUrl: string
  /** '' where it asks for none. */
  readonly apiKey: string
  readonly headers: Readonly<Record<string, string>>
}): CredentialSecret => ({
  apiKey: given.apiKey.trim() === '' ? '' : parseApiKey(given.apiKey),
  baseUrl: given.baseUrl,
  headers: parseEndpointHeaders(given.headers),
})
