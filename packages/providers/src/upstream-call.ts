import type { CredentialField, Provider } from './contract.ts'
import { parseServiceAccount, type ServiceAccount } from './service-account.ts'

/** What a request needs beside fixed headers, by the functions the proxy has for it. */
export type Signing =
  | {
      readonly kind: 'sigv4'
      readonly service: string
      readonly region: string
      readonly accessKeyId: string
      readonly secretAccessKey: string
      readonly sessionToken: string | null
    }
  | {
      readonly kind: 'google-service-account'
      readonly tokenUrl: string
      readonly scope: string
      readonly account: ServiceAccount
    }

/** How to reach a provider, ready for an HTTP client: the dialect's path goes after `pathPrefix`, the headers beside `content-type`. */
export interface UpstreamCall {
  readonly origin: string
  /** Starts with a slash and ends without one; '' when the base URL has no path. */
  readonly pathPrefix: string
  /** What follows the prefix, with `{path}` and `{model}` still to fill; null = the dialect's own path. */
  readonly pathTemplate: string | null
  readonly headers: Readonly<Record<string, string>>
  /** Null = the headers are all there is to it. */
  readonly signing: Signing | null
}

export interface UpstreamAccess {
  /** The provider's own base URL, the operator's override or a simulator's; fields of the credential in braces. */
  readonly baseUrl: string
  readonly apiKey: string | null
  /** The parts of the credential beside its key. */
  readonly fields?: Readonly<Record<string, string>>
}

/** @throws RangeError when the base URL is no plain http(s) URL, or a key or field is missing that the provider's auth scheme needs. */
export const buildUpstreamCall = (provider: Provider, access: UpstreamAccess): UpstreamCall => {
  const fields = readFields(provider, access.fields ?? {})
  const { headers, signing } = authenticate(provider, access.apiKey, fields)
  const account = signing?.kind === 'google-service-account' ? signing.account : null
  const values = account === null ? fields : { project: account.projectId, ...fields }
  const { baseUrlWhere } = provider
  const baseUrl =
    baseUrlWhere !== undefined && access.baseUrl === provider.baseUrl && values[baseUrlWhere.field] === baseUrlWhere.is
      ? baseUrlWhere.baseUrl
      : access.baseUrl
  const url = parseBaseUrl(provider, fill(provider, baseUrl, values))
  const template = provider.pathTemplates?.find(
    ({ whenField }) => whenField === null || values[whenField] !== undefined,
  )?.template
  return {
    origin: url.origin,
    pathPrefix: url.pathname.replace(/\/+$/, ''),
    pathTemplate:
      template === undefined ? null : fill(provider, template, { ...values, path: '{path}', model: '{model}' }),
    headers,
    signing,
  }
}

/** The path of a call at this provider. @param path the dialect's own. */
export const pathOfCall = (
  { pathPrefix, pathTemplate }: Pick<UpstreamCall, 'pathPrefix' | 'pathTemplate'>,
  path: string,
  upstreamModel: string,
): string =>
  pathTemplate === null
    ? pathPrefix + path
    : pathPrefix +
      pathTemplate.replace(/\{(path|model)\}/g, (_, name: string) =>
        name === 'path' ? path : encodeURIComponent(upstreamModel),
      )

/** @throws RangeError naming what is missing or not as it should be, without repeating it. */
const readFields = (provider: Provider, given: Readonly<Record<string, string>>): Readonly<Record<string, string>> => {
  const fields: Record<string, string> = {}
  for (const field of provider.credentialFields ?? []) {
    const value = readField(provider, field, given[field.name])
    if (value !== null) fields[field.name] = value
  }
  return fields
}

const readField = (provider: Provider, field: CredentialField, given: string | undefined): string | null => {
  const value = given ?? field.fallback
  if (value === undefined) {
    if (field.isOptional === true) return null
    throw new RangeError(`${provider.displayName} needs ${field.label}; set ${field.env}`)
  }
  if (!field.pattern.test(value))
    throw new RangeError(`${field.label} of ${provider.displayName} must look like ${field.example}`)
  return value
}

const fill = (provider: Provider, text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(/\{([a-zA-Z]+)\}/g, (_, name: string) => {
    const value = values[name]
    if (value === undefined) throw new RangeError(`The address of ${provider.displayName} needs "${name}"`)
    return value
  })

const parseBaseUrl = (provider: Provider, text: string): URL => {
  let url: URL
  try {
    url = new URL(text)
  } catch (cause) {
    throw new RangeError(
      `The base URL of ${provider.displayName} is not a URL like ${provider.baseUrl ?? 'https://host/v1'}`,
      { cause },
    )
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new RangeError(`The base URL of ${provider.displayName} must start with https:// or http://`)
  if (/^https?:\/\/[^/]*@/.test(url.href))
    throw new RangeError(
      `The base URL of ${provider.displayName} must not hold a credential; set ${provider.credentialEnv ?? 'a key'} instead`,
    )
  if (/[?#]/.test(url.href))
    throw new RangeError(`The base URL of ${provider.displayName} must not have a query or fragment`)
  return url
}

const authenticate = (
  provider: Provider,
  apiKey: string | null,
  fields: Readonly<Record<string, string>>,
): Pick<UpstreamCall, 'headers' | 'signing'> => {
  const { auth } = provider
  switch (auth.kind) {
    case 'none':
      return { headers: {}, signing: null }
    case 'bearer':
      if (apiKey === null && auth.keyOptional === true) return { headers: {}, signing: null }
      return { headers: { authorization: `Bearer ${requireKey(provider, apiKey)}` }, signing: null }
    case 'header':
      if (apiKey === null && auth.keyOptional === true) return { headers: { ...auth.extra }, signing: null }
      return {
        headers: { [auth.name]: `${auth.prefix ?? ''}${requireKey(provider, apiKey)}`, ...auth.extra },
        signing: null,
      }
    case 'sigv4': {
      const key = requireKey(provider, apiKey)
      const { region = '', accessKeyId, sessionToken = null } = fields
      if (accessKeyId === undefined) return { headers: { authorization: `Bearer ${key}` }, signing: null }
      const { kind, service } = auth
      return { headers: {}, signing: { kind, service, region, accessKeyId, secretAccessKey: key, sessionToken } }
    }
    case 'google-service-account': {
      const { kind, tokenUrl, scope } = auth
      return {
        headers: {},
        signing: { kind, tokenUrl, scope, account: parseServiceAccount(requireKey(provider, apiKey)) },
      }
    }
  }
}

const requireKey = (provider: Provider, apiKey: string | null): string => {
  if (apiKey === null || apiKey === '')
    throw new RangeError(`${provider.displayName} needs a key; set ${provider.credentialEnv ?? 'one'}`)
  return apiKey
}
