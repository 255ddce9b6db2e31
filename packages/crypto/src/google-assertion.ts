import { createPrivateKey, sign } from 'node:crypto'

export interface GoogleAssertionPlan {
  readonly clientEmail: string
  readonly privateKeyId: string
  /** PKCS #8 in PEM. */
  readonly privateKey: string
  /** Whom the assertion is shown to, and nobody else may take it. */
  readonly tokenUrl: string
  readonly scope: string
}

/** The longest Google takes. */
const LIFETIME_SECONDS = 3_600

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/**
 * What a service account shows for a token of an hour: a JWT signed with RS256
 * (https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests). @throws Error when the key is none.
 */
export const signGoogleAssertion = (plan: GoogleAssertionPlan, atMs: number): string => {
  const issuedAt = Math.floor(atMs / 1_000)
  const content = `${encode({ alg: 'RS256', typ: 'JWT', kid: plan.privateKeyId })}.${encode({
    iss: plan.clientEmail,
    scope: plan.scope,
    aud: plan.tokenUrl,
    iat: issuedAt,
    exp: issuedAt + LIFETIME_SECONDS,
  })}`
  return `${content}.${sign('RSA-SHA256', Buffer.from(content), createPrivateKey(plan.privateKey)).toString('base64url')}`
}
