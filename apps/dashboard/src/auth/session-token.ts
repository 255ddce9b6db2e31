import { generateToken, hashToken } from '@atpar/crypto/token'
import { createSession, findSession, revokeSession, type FoundSession, type SignInMethod } from '@atpar/db/sessions'
import { withActor } from '@atpar/db/tenant'
import { hasTwoFactor } from '@atpar/db/two-factor'
import { readDeps } from '../deps.ts'
import { noteSecurityEvent } from './security-log.ts'

export const SESSION_SECONDS = 30 * 24 * 3_600
/** How long someone may take to find their phone. */
const SECOND_FACTOR_SECONDS = 10 * 60

export interface Client {
  readonly userAgent: string | null
  readonly ip: string | null
}

export interface SignIn {
  readonly userId: string
  readonly method: SignInMethod
  /** The second factor was shown already, or the person was signed in before: no further question. */
  readonly isComplete?: boolean
}

/** The session of a cookie; null when it is unknown, over or revoked. Throws when the database cannot be asked: that is no log-out. */
export const findSessionOf = (token: string): Promise<FoundSession | null> =>
  findSession(readDeps().db, hashToken(token))

/**
 * Opens a session row and returns the token for the cookie. Only its hash is stored. Of somebody with a second factor it opens nothing until that
 * one is shown too, unless it was.
 */
export const openSessionFor = async (signIn: SignIn, client: Client): Promise<string> => {
  const { db, nowMs } = readDeps()
  const { userId, method } = signIn
  const token = generateToken()
  const awaitsSecondFactor = signIn.isComplete !== true && (await hasTwoFactor(db, userId))
  await createSession(db, {
    userId,
    tokenHash: hashToken(token),
    ...client,
    method,
    awaitsSecondFactor,
    expiresAtMs: nowMs() + (awaitsSecondFactor ? SECOND_FACTOR_SECONDS : SESSION_SECONDS) * 1_000,
  })
  if (!awaitsSecondFactor) await noteSecurityEvent(userId, { event: 'signed-in', detail: method }, client)
  return token
}

export const endSession = async (token: string): Promise<void> => {
  const session = await findSessionOf(token)
  if (session === null) return
  await withActor(readDeps().db, session.userId, (tx) => revokeSession(tx, session.userId, session.sessionId))
}
