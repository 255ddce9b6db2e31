import { createPublicKey, randomBytes, verify, type KeyObject } from 'node:crypto'

import { Refusal } from '../refusal.ts'

/** Accounts whose signatures can be checked, because their keys are known here. One of AWS is there from the start. */
export interface Accounts {
  addAwsKey: (accessKeyId: string, secretAccessKey: string) => void
  findAwsSecret: (accessKeyId: string) => string | undefined
  addGoogleAccount: (account: { clientEmail: string; publicKey: string }) => void
  removeGoogleAccount: (clientEmail: string) => void
  /** A token for an assertion. Throws a `Refusal` for one that Google would not take. */
  sellToken: (assertion: string) => { access_token: string; expires_in: number; token_type: 'Bearer' }
  isSoldToken: (token: string) => boolean
  countSoldTokens: () => number
  /** How long tokens hold from now on; an hour, unless told otherwise. */
  setTokenLifetime: (seconds: number) => void
}

/** The pair AWS's documentation shows, with the key every simulator takes as its secret. */
const KNOWN_AWS_KEY = ['AKIAIOSFODNN7EXAMPLE', 'simulated'] as const

const TOKEN_URL = 'https://oauth2.googleapis.com/token'
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'
const LONGEST_SECONDS = 3_600
const CLOCK_SKEW_SECONDS = 300

export function createAccounts(now: () => Date): Accounts {
  const awsKeys = new Map<string, string>([KNOWN_AWS_KEY])
  const googleKeys = new Map<string, KeyObject>()
  const tokens = new Map<string, number>()
  let lifetimeSeconds = LONGEST_SECONDS
  return {
    addAwsKey: (accessKeyId, secretAccessKey) => awsKeys.set(accessKeyId, secretAccessKey),
    findAwsSecret: (accessKeyId) => awsKeys.get(accessKeyId),
    addGoogleAccount: ({ clientEmail, publicKey }) => googleKeys.set(clientEmail, createPublicKey(publicKey)),
    removeGoogleAccount: (clientEmail) => googleKeys.delete(clientEmail),
    sellToken: (assertion) => {
      checkAssertion(assertion, googleKeys, now().getTime() / 1_000)
      const token = `ya29.${randomBytes(24).toString('base64url')}`
      tokens.set(token, now().getTime() + lifetimeSeconds * 1_000)
      return { access_token: token, expires_in: lifetimeSeconds, token_type: 'Bearer' }
    },
    isSoldToken: (token) => (tokens.get(token) ?? 0) > now().getTime(),
    countSoldTokens: () => tokens.size,
    setTokenLifetime: (seconds) => {
      lifetimeSeconds = seconds
    },
  }
}

/** https://developers.google.com/identity/protocols/oauth2/service-account#error-codes */
function checkAssertion(assertion: string, keys: ReadonlyMap<string, KeyObject>, nowSeconds: number): void {
  const [head, claims, signature, ...rest] = assertion.split('.')
  if (head === undefined || claims === undefined || signature === undefined || rest.length > 0)
    throw new Refusal(400, 'Invalid JWT: a JWT has three parts.', { code: 'invalid_grant' })
  const said = readPart(claims)
  const issuer = said['iss']
  const key = typeof issuer === 'string' ? keys.get(issuer) : undefined
  if (key === undefined) throw new Refusal(400, 'Invalid grant: account not found', { code: 'invalid_grant' })
  const isSigned = verify('RSA-SHA256', Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, 'base64url'))
  if (readPart(head)['alg'] !== 'RS256' || !isSigned)
    throw new Refusal(400, 'Invalid JWT Signature.', { code: 'invalid_grant' })
  const { iat, exp, aud, scope } = said
  const isTimely =
    typeof iat === 'number' &&
    typeof exp === 'number' &&
    exp - iat <= LONGEST_SECONDS &&
    iat <= nowSeconds + CLOCK_SKEW_SECONDS &&
    exp > nowSeconds
  if (!isTimely)
    throw new Refusal(400, 'Invalid JWT: Token must be a short-lived token (60 minutes).', { code: 'invalid_grant' })
  if (aud !== TOKEN_URL) throw new Refusal(400, 'Invalid JWT: wrong audience.', { code: 'invalid_grant' })
  if (scope !== SCOPE) throw new Refusal(400, 'Invalid OAuth scope or ID token audience.', { code: 'invalid_scope' })
}

function readPart(part: string): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
  } catch {
    throw new Refusal(400, 'Invalid JWT: a part is no JSON.', { code: 'invalid_grant' })
  }
}
