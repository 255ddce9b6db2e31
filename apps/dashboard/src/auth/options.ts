import type { AuthOptions } from 'next-auth'
import { decode as decodeJwt, encode as encodeJwt } from 'next-auth/jwt'
import CredentialsProvider from 'next-auth/providers/credentials'
import type { IdentityProvider } from '@atpar/db/identities'
import { readDeps } from '../deps.ts'
import { readEnv } from '../env.ts'
import { admitIdentity } from './admit-identity.ts'
import { checkCredentials } from './credentials.ts'
import { logInSchema } from './log-in-schema.ts'
import { configureProviders, readOpenIdProfile } from './providers.ts'
import { safeReturnPath } from './return-path.ts'
import { sessionCookieOptions } from './session-cookie.ts'
import {
  endSession,
  findSessionOf,
  openSessionFor,
  SESSION_SECONDS,
  type Client,
  type SignIn,
} from './session-token.ts'

interface AuthRequest {
  readonly client: Client
  /** The cookie this request came with: logging in ends that session and opens another. */
  readonly token: string | null
}

const HANDSHAKE_SECONDS = 15 * 60

const cookieNames = (name: string, isSecure: boolean): NonNullable<AuthOptions['cookies']> => {
  const options = sessionCookieOptions(isSecure)
  const handshake = { ...options, maxAge: HANDSHAKE_SECONDS }
  // Two copies on one host name share a cookie jar, hence the instance in every name. Not at the front: next-auth takes whatever begins with the
  // session cookie's name for a further piece of it.
  return {
    sessionToken: { name, options },
    csrfToken: { name: `csrf.${name}`, options },
    callbackUrl: { name: `callback.${name}`, options },
    state: { name: `state.${name}`, options: handshake },
    nonce: { name: `nonce.${name}`, options: handshake },
    pkceCodeVerifier: { name: `pkce.${name}`, options: handshake },
  }
}

const readPathOf = (url: string, baseUrl: string): string =>
  safeReturnPath(url.startsWith(`${baseUrl}/`) ? url.slice(baseUrl.length) : url)

/** next-auth carries the log-in and its cookie; what the cookie means is ours: an opaque token whose hash names a row that can be revoked. */
export const createAuthOptions = (request: AuthRequest): AuthOptions => {
  const env = readEnv()
  const { log } = readDeps()
  /** Whom this very request signs in, once that is known. */
  let signIn: SignIn | null = null
  return {
    secret: env.sessionSecret,
    session: { strategy: 'jwt', maxAge: SESSION_SECONDS },
    useSecureCookies: env.isSecure,
    cookies: cookieNames(env.cookieName, env.isSecure),
    pages: { signIn: '/log-in', error: '/log-in' },
    providers: [
      CredentialsProvider({
        credentials: { email: {}, password: {} },
        authorize: async (given) => {
          const parsed = logInSchema.safeParse(given)
          if (!parsed.success) return null
          const result = await checkCredentials({ ...parsed.data, client: request.client })
          if (result.kind === 'throttled') throw new Error('throttled')
          if (result.kind === 'refused') return null
          signIn = { userId: result.userId, method: 'password' }
          return { id: result.userId, name: result.name, email: parsed.data.email }
        },
      }),
      ...configureProviders(),
    ],
    callbacks: {
      signIn: async ({ account, profile }) => {
        if (account?.type !== 'oauth') return true
        const said = readOpenIdProfile(profile)
        const arrival = {
          provider: account.provider as IdentityProvider,
          subject: account.providerAccountId,
          email: said.email?.trim().toLowerCase() ?? null,
          isEmailVerified: said.email_verified === true,
          name: said.name ?? null,
        }
        const admission = await admitIdentity({ arrival, client: request.client }, request.token)
        if (admission.kind === 'refused') {
          const page = admission.problem === 'confirm-first' || admission.problem === 'linked-elsewhere'
          return `${page && request.token !== null ? '/account' : '/log-in'}?problem=${admission.problem}`
        }
        signIn = admission.signIn
        return true
      },
      redirect: ({ url, baseUrl }) => `${baseUrl}${readPathOf(url, baseUrl)}`,
    },
    jwt: {
      maxAge: SESSION_SECONDS,
      encode: async (given) => {
        // With a salt it is next-auth's own: the state, nonce and verifier that wait for the provider's answer.
        if (given.salt !== undefined && given.salt !== '') return encodeJwt(given)
        if (typeof given.token?.['opaqueToken'] === 'string') return given.token['opaqueToken']
        if (signIn === null) return ''
        if (request.token !== null) await endSession(request.token)
        return openSessionFor(signIn, request.client)
      },
      decode: async (given) => {
        if (given.salt !== undefined && given.salt !== '') return decodeJwt(given)
        if (given.token === undefined || given.token === '') return null
        const session = await findSessionOf(given.token)
        return session === null || session.awaitsSecondFactor
          ? null
          : { sub: session.userId, name: session.name, email: session.email, opaqueToken: given.token }
      },
    },
    events: {
      signOut: async ({ token }) => {
        if (typeof token?.['opaqueToken'] === 'string') await endSession(token['opaqueToken'])
      },
    },
    logger: {
      error: (code, metadata) =>
        log.error('auth-failed', { code, reason: metadata instanceof Error ? metadata.message : 'see code' }),
      warn: (code) => log.debug('auth-warned', { code }),
      debug: () => undefined,
    },
  }
}
