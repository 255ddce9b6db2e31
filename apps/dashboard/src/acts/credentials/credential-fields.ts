import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { seal } from '@atpar/crypto/sealing'
import type { CredentialSummary, NewSecret } from '@atpar/db/credentials'
import {
  encodeCredentialSecret,
  hintOf,
  parseField,
  parseKeyOf,
  takesCredential,
  type CredentialSecret,
} from '@atpar/providers/credential'
import { parseOwnBaseUrl } from '@atpar/providers/own-base-url'
import type { Provider } from '@atpar/providers/contract'
import { findProvider } from '@atpar/providers/registry'
import { readEnv } from '../../env.ts'
import { parsePart } from '../parse-part.ts'

/** A parser of packages/providers as a schema: what it says of a text it does not take is the field's message. */
const readBy = (parse: (text: string) => string) =>
  z.string().transform((text, context) => {
    try {
      return parse(text)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      context.addIssue({ code: 'custom', message: error.message })
      return z.NEVER
    }
  })

export const labelSchema = z.string().trim().min(1, 'Enter a label.').max(80, 'At most 80 characters.')
/** What a key looks like is its provider's affair: `readSecret` looks. */
export const apiKeySchema = z.string()
export const fieldsSchema = z.record(z.string().max(50), z.string().max(4_000)).default({})
export const baseUrlSchema = readBy((text) => parseOwnBaseUrl(text, readEnv().addressReach))
  .nullable()
  .default(null)
export const preferenceSchema = z.enum(['prefer', 'only'])

/** @throws AppError not_found (param `providerId`) for a provider nobody knows or that takes no key. */
export const requireProvider = (providerId: string): Provider => {
  const provider = findProvider(providerId)
  if (provider === undefined || !takesCredential(provider))
    throw new AppError('not_found', {
      param: 'providerId',
      message: 'There is no such provider that takes a key of your own.',
    })
  return provider
}

/** @throws AppError invalid_request (param `baseUrl`) when an address is missing, or given to a provider whose address is known. */
const checkBaseUrl = (provider: Provider, baseUrl: string | null): void => {
  if (provider.ownBaseUrl === undefined && baseUrl !== null)
    throw new AppError('invalid_request', {
      param: 'baseUrl',
      message: `${provider.displayName} has one address, and a key for it is sent nowhere else. Leave the base URL empty.`,
    })
  if (provider.ownBaseUrl !== undefined && baseUrl === null)
    throw new AppError('invalid_request', { param: 'baseUrl', message: 'Enter the base URL of your endpoint.' })
}

interface GivenSecret {
  readonly apiKey: string
  readonly baseUrl: string | null
  readonly fields: Readonly<Record<string, string>>
}

/** A credential as this provider takes it. @throws AppError invalid_request (param `apiKey`, `baseUrl` or the name of a field); no text is repeated. */
export const readSecret = (provider: Provider, { apiKey, baseUrl, fields }: GivenSecret): CredentialSecret => {
  checkBaseUrl(provider, baseUrl)
  const known = provider.credentialFields ?? []
  const unknown = Object.keys(fields).find((name) => !known.some((field) => field.name === name))
  if (unknown !== undefined)
    throw new AppError('invalid_request', {
      param: 'fields',
      message: `A credential of ${provider.displayName} has no field "${unknown}".`,
    })
  const parts = known.flatMap((field): [string, string][] => {
    const value = parsePart(field.name, () => parseField(field, fields[field.name]))
    return value === null ? [] : [[field.name, value]]
  })
  return {
    apiKey: parsePart('apiKey', () => parseKeyOf(provider, apiKey)),
    baseUrl,
    ...(parts.length === 0 ? {} : { fields: Object.fromEntries(parts) }),
  }
}

/** From here on the key can be opened by the proxy alone. */
export const sealSecret = (provider: Provider, secret: CredentialSecret): NewSecret => ({
  seal: (place) => seal(readEnv().sealingPublicKey, place, encodeCredentialSecret(secret)),
  hint: hintOf(provider, secret),
  baseUrl: secret.baseUrl,
})

/** What the record of acts keeps of a credential. */
export const describeForAudit = (
  credential: Pick<CredentialSummary, 'providerId' | 'label' | 'preference' | 'status'>,
) => ({
  provider: credential.providerId,
  label: credential.label,
  preference: credential.preference,
  status: credential.status,
})

/** @throws AppError conflict when there is nothing to switch on: the installation it was exported from kept the key. */
export const requireSecret = ({ hasSecret }: Pick<CredentialSummary, 'hasSecret'>): void => {
  if (!hasSecret)
    throw new AppError('conflict', { message: 'Its key did not come along with the import. Enter it again first.' })
}

export const unknownCredential = (): AppError => new AppError('not_found', { message: 'There is no such credential.' })
