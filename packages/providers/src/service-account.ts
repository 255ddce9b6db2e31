import { parseJsonObject, type JsonObject } from '@atpar/core/json'

/** What is kept of a Google service account's JSON key. Its addresses are not: a token is asked for where the provider file says. */
export interface ServiceAccount {
  readonly clientEmail: string
  readonly projectId: string
  readonly privateKeyId: string
  /** PKCS #8 in PEM. */
  readonly privateKey: string
}

const MAX_LENGTH = 10_000
const EMAIL = /^[a-z0-9.-]{1,100}@[a-z0-9.-]{1,100}\.gserviceaccount\.com$/
const PROJECT = /^[a-z][a-z0-9.:-]{1,60}$/
const KEY_ID = /^[a-zA-Z0-9_-]{1,100}$/
const PRIVATE_KEY = /^-----BEGIN PRIVATE KEY-----\n[A-Za-z0-9+/=\n]{100,6000}\n-----END PRIVATE KEY-----\n?$/

/** @throws RangeError in words for the one who gave it; nothing of the text is repeated. */
export const parseServiceAccount = (text: string): ServiceAccount => {
  const file = readJson(text)
  const read = (name: string, pattern: RegExp): string => {
    const value = file[name]
    if (typeof value !== 'string' || !pattern.test(value))
      throw new RangeError(
        `The service account’s JSON key has no usable "${name}". Paste the file whole, as Google gave it.`,
      )
    return value
  }
  if (file['type'] !== 'service_account')
    throw new RangeError('This is not the JSON key of a service account: its "type" must be "service_account".')
  return {
    clientEmail: read('client_email', EMAIL),
    projectId: read('project_id', PROJECT),
    privateKeyId: read('private_key_id', KEY_ID),
    privateKey: read('private_key', PRIVATE_KEY),
  }
}

/** The file without what is not needed of it, to be sealed. */
export const encodeServiceAccount = (account: ServiceAccount): string =>
  JSON.stringify({
    type: 'service_account',
    project_id: account.projectId,
    private_key_id: account.privateKeyId,
    private_key: account.privateKey,
    client_email: account.clientEmail,
  })

const readJson = (text: string): JsonObject => {
  const problem = 'The key must be the JSON file of a service account. Paste it whole, as Google gave it.'
  if (text.length > MAX_LENGTH) throw new RangeError(problem)
  const value = parseJsonObject(text)
  if (value === null) throw new RangeError(problem)
  return value
}
