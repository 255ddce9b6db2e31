import { generateToken, hashToken } from '@atpar/crypto/token'
import { createSession, findSession, revokeSession, type FoundSession } from '@atpar/db/sessions'
import { withActor } from '@atpar/db/tenant'
import { readDeps } from '../deps.ts'

export const SESSION_SECONDS = 30 * 24 * 3_600

export interface Client {
  readonly userAgent: string | null
  readonly ip: string | null
}

/** The session of a cookie; null when it is unknown, over or revoked. Throws when the database cannot be asked: that is no log-out. */
export const findSessionOf = (token: string): Promise<FoundSession | null> =>
  findSession(readDeps().db, hashToken(token))

/** Opens a session row and returns the token for the cookie. Only its hash is stored. */
export const openSessionFor = async (userId: string, client: Client): Promise<string> => {
  const { db, nowMs } = readDeps()
  const token = generateToken()
  await createSession(db, {
    userId,
    tokenHash: hashToken(token),
    ...client,
    expiresAtMs: nowMs() + SESSION_SECONDS * 1_000,
  })
  return token
}

export const endSession = async (token: string): Promise<void> => {
  const session = await findSessionOf(token)
  if (session === null) return
  await withActor(readDeps().db, session.userId, (tx) => revokeSession(tx, session.userId, session.sessionId))
}
