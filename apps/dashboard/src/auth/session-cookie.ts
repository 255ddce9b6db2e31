import { cookies } from 'next/headers'
import { readEnv } from '../env.ts'
import { endSession, openSessionFor, SESSION_SECONDS, type Client, type SignIn } from './session-token.ts'

/** `lax`, so that the link in a mail finds the session of the browser it opens in; state only ever changes by POST. */
export const sessionCookieOptions = (isSecure: boolean) =>
  ({ httpOnly: true, sameSite: 'lax', path: '/', secure: isSecure }) as const

/**
 * Signs this browser in, from a server action: whatever session it had is over, and the new one has another token, so that one planted before
 * is worth nothing after.
 */
export const signInBrowser = async (signIn: SignIn, client: Client): Promise<void> => {
  const { cookieName, isSecure } = readEnv()
  const jar = await cookies()
  const previous = jar.get(cookieName)?.value
  if (previous !== undefined && previous !== '') await endSession(previous)
  const token = await openSessionFor(signIn, client)
  jar.set(cookieName, token, { ...sessionCookieOptions(isSecure), maxAge: SESSION_SECONDS })
}

export const signOutBrowser = async (): Promise<void> => {
  const { cookieName, isSecure } = readEnv()
  const jar = await cookies()
  const token = jar.get(cookieName)?.value
  if (token !== undefined && token !== '') await endSession(token)
  // With the attributes it was set with: browsers take no line of a `__Host-` name without `Secure`, and would keep the cookie.
  jar.delete({ name: cookieName, ...sessionCookieOptions(isSecure) })
}
