import type { AuthOptions } from 'next-auth'
import CredentialsProvider from 'next-auth/providers/credentials'
import { logInSchema } from './log-in-schema.ts'
import { readDeps } from '../deps.ts'
import { readEnv } from '../env.ts'
import { checkCredentials } from './credentials.ts'
import { endSession, findSessionOf, openSessionFor, SESSION_SECONDS, type Client } from './session-token.ts'

interface AuthRequest extends Client {
  /** The cookie this request came with: logging in ends that session and opens another. */
  readonly token: string | null
}

const cookieNames = (name: string, isSecure: boolean): NonNullable<AuthOptions['cookies']> => {
  const options = { httpOnly: true, sameSite: 'lax', path: '/', secure: isSecure } as const
  // Two copies on one host name share a cookie jar, hence the instance in every name. Not at the front: next-auth takes whatever begins with the
  // session cookie's name for a further piece of it.
  return {
    sessionToken: { name, options },
    csrfToken: { name: `csrf.${name}`, options },
    callbackUrl: { name: `callback.${name}`, options },
  }
}

/** next-auth carries the log-in and its cookie; what the cookie means is ours: an opaque token whose hash names a row that can be revoked. */
export const createAuthOptions = (request: AuthRequest): AuthOptions => {
  const env = readEnv()
  const { log } = readDeps()
  return {
    secret: env.sessionSecret,
    session: { strategy: 'jwt', maxAge: SESSION_SECONDS },
    useSecureCookies: env.dashboardUrl.startsWith('https:'),
    cookies: cookieNames(env.cookieName, env.dashboardUrl.startsWith('https:')),
    pages: { signIn: '/log-in', error: '/log-in' },
    providers: [
      CredentialsProvider({
        credentials: { email: {}, password: {} },
        authorize: async (given) => {
          const parsed = logInSchema.safeParse(given)
          if (!parsed.success) return null
          const result = await checkCredentials({ ...parsed.data, ip: request.ip ?? '' })
          if (result.kind === 'throttled') throw new Error('throttled')
          return result.kind === 'known' ? { id: result.userId, name: result.name, email: parsed.data.email } : null
        },
      }),
    ],
    jwt: {
      maxAge: SESSION_SECONDS,
      encode: async ({ token }) => {
        if (typeof token?.['opaqueToken'] === 'string') return token['opaqueToken']
        if (typeof token?.sub !== 'string') return ''
        if (request.token !== null) await endSession(request.token)
        return openSessionFor(token.sub, { userAgent: request.userAgent, ip: request.ip })
      },
      decode: async ({ token }) => {
        if (token === undefined || token === '') return null
        const session = await findSessionOf(token)
        return session === null
          ? null
          : { sub: session.userId, name: session.name, email: session.email, opaqueToken: token }
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
