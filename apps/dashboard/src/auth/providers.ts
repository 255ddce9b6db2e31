import type { Provider } from 'next-auth/providers/index'
import GitHubProvider from 'next-auth/providers/github'
import GoogleProvider from 'next-auth/providers/google'
import { z } from 'zod'
import { readEnv } from '../env.ts'

/** What a log-in page offers beside the password. */
export interface OfferedProvider {
  readonly id: 'github' | 'google' | 'oidc'
  readonly name: string
}

const TIMEOUT_MS = 10_000

/** Those this installation has credentials for. */
export const listOfferedProviders = (): readonly OfferedProvider[] => {
  const { github, google, oidc } = readEnv().providers
  return [
    ...(github === null ? [] : [{ id: 'github' as const, name: 'GitHub' }]),
    ...(google === null ? [] : [{ id: 'google' as const, name: 'Google' }]),
    ...(oidc === null ? [] : [{ id: 'oidc' as const, name: oidc.name }]),
  ]
}

const gitHubUserSchema = z.object({ id: z.number(), login: z.string(), name: z.string().nullish() })
const gitHubEmailsSchema = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }))

const askGitHub = async (path: string, accessToken: string): Promise<unknown> => {
  const answer = await fetch(`https://api.github.com${path}`, {
    headers: { authorization: `Bearer ${accessToken}`, accept: 'application/vnd.github+json', 'user-agent': 'atpar' },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  if (!answer.ok) throw new Error(`GitHub answered ${answer.status} to ${path}`)
  return answer.json()
}

/**
 * GitHub's profile carries an address that may be unverified and its answer does not say; the list of addresses does. In the shape of an OpenID
 * profile, like the others'. https://docs.github.com/en/rest/users/emails
 */
const readGitHubProfile = async (accessToken: string) => {
  const user = gitHubUserSchema.parse(await askGitHub('/user', accessToken))
  const emails = gitHubEmailsSchema.parse(await askGitHub('/user/emails', accessToken))
  const primary = emails.find((candidate) => candidate.primary && candidate.verified)
  return {
    sub: String(user.id),
    name: user.name ?? user.login,
    ...(primary === undefined ? {} : { email: primary.email }),
    email_verified: primary !== undefined,
  }
}

const openIdProfileSchema = z.object({
  sub: z.string().min(1),
  name: z.string().optional(),
  email: z.string().optional(),
  email_verified: z.boolean().optional(),
})
type OpenIdProfile = z.output<typeof openIdProfileSchema>

/** The provider's word on who came back. @throws ZodError when it is no OpenID profile. */
export const readOpenIdProfile = (profile: unknown): OpenIdProfile => openIdProfileSchema.parse(profile)

const toUser = (raw: unknown) => {
  const profile = readOpenIdProfile(raw)
  return { id: profile.sub, name: profile.name ?? null, email: profile.email ?? null }
}

/** next-auth's own providers, with state, PKCE and (where there is an id token) a nonce on every one. */
export const configureProviders = (): Provider[] => {
  const { github, google, oidc } = readEnv().providers
  const httpOptions = { timeout: TIMEOUT_MS }
  return [
    ...(github === null
      ? []
      : [
          GitHubProvider({
            ...github,
            httpOptions,
            checks: ['pkce', 'state'],
            userinfo: {
              url: 'https://api.github.com/user',
              request: ({ tokens }) => readGitHubProfile(tokens.access_token ?? ''),
            },
            profile: toUser,
          }),
        ]),
    ...(google === null
      ? []
      : [GoogleProvider({ ...google, httpOptions, checks: ['pkce', 'state', 'nonce'], profile: toUser })]),
    ...(oidc === null
      ? []
      : [
          {
            id: 'oidc',
            name: oidc.name,
            type: 'oauth' as const,
            wellKnown: `${oidc.issuer}/.well-known/openid-configuration`,
            authorization: { params: { scope: 'openid email profile' } },
            idToken: true,
            checks: ['pkce' as const, 'state' as const, 'nonce' as const],
            clientId: oidc.clientId,
            clientSecret: oidc.clientSecret,
            httpOptions,
            profile: toUser,
          },
        ]),
  ]
}
