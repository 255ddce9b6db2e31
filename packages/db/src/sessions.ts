import { isUuid } from '@atpar/core/ids'
import type { Db, Tx } from './client.ts'
import { newId } from './new-id.ts'
import { withActor } from './tenant.ts'

export interface NewSession {
  readonly userId: string
  /** SHA-256 of the token in the cookie; the token itself is stored nowhere. */
  readonly tokenHash: Uint8Array
  readonly userAgent: string | null
  readonly ip: string | null
  readonly expiresAtMs: number
  readonly method: SignInMethod
  /** True for a session that opens nothing until the second factor is shown. */
  readonly awaitsSecondFactor: boolean
}

/** What somebody signed in with. `e-mail` is the link that made or verified the account. */
export type SignInMethod = 'password' | 'magic-link' | 'e-mail' | 'github' | 'google' | 'oidc'

export interface FoundSession {
  readonly sessionId: string
  readonly userId: string
  readonly email: string
  readonly name: string
  readonly isOperator: boolean
  readonly expiresAtMs: number
  readonly method: SignInMethod
  readonly awaitsSecondFactor: boolean
  /** When the person last proved who they are; null when that was before this was recorded. */
  readonly reauthenticatedAtMs: number | null
  readonly isEmailVerified: boolean
  readonly hasPassword: boolean
  readonly hasTwoFactor: boolean
}

export interface SessionSummary {
  readonly sessionId: string
  readonly userAgent: string | null
  readonly ip: string | null
  readonly createdAtMs: number
  readonly lastSeenAtMs: number
  readonly expiresAtMs: number
  readonly method: SignInMethod
}

export const createSession = async (db: Db, session: NewSession): Promise<{ readonly sessionId: string }> => {
  const sessionId = newId()
  await withActor(db, session.userId, (tx) =>
    tx.session.create({
      data: {
        id: sessionId,
        userId: session.userId,
        tokenHash: Uint8Array.from(session.tokenHash),
        userAgent: session.userAgent,
        ip: session.ip,
        expiresAt: new Date(session.expiresAtMs),
        method: session.method,
        awaits: session.awaitsSecondFactor ? 'second-factor' : null,
        // Signing in is a proof as good as any asked for later.
        reauthenticatedAt: session.awaitsSecondFactor ? null : new Date(),
      },
      select: { id: true },
    }),
  )
  return { sessionId }
}

interface SessionRecord {
  readonly session_id: string
  readonly user_id: string
  readonly email: string
  readonly name: string
  readonly is_operator: boolean
  readonly expires_at: Date
  readonly awaits: string | null
  readonly method: SignInMethod
  readonly reauthenticated_at: Date | null
  readonly is_email_verified: boolean
  readonly has_password: boolean
  readonly has_two_factor: boolean
}

/** Null when unknown, expired or revoked: the three look the same to whoever holds the cookie. */
export const findSession = async (db: Db | Tx, tokenHash: Uint8Array): Promise<FoundSession | null> => {
  const rows = await db.$queryRaw<SessionRecord[]>`SELECT * FROM find_session(${Uint8Array.from(tokenHash)})`
  const [row] = rows
  if (row === undefined) return null
  return {
    sessionId: row.session_id,
    userId: row.user_id,
    email: row.email,
    name: row.name,
    isOperator: row.is_operator,
    expiresAtMs: row.expires_at.getTime(),
    method: row.method,
    awaitsSecondFactor: row.awaits !== null,
    reauthenticatedAtMs: row.reauthenticated_at?.getTime() ?? null,
    isEmailVerified: row.is_email_verified,
    hasPassword: row.has_password,
    hasTwoFactor: row.has_two_factor,
  }
}

/** Sessions are seen on every page; one write in five minutes is precise enough for the list of sessions. */
const TOUCH_EVERY_MS = 5 * 60_000

export const touchSession = async (tx: Tx, userId: string, sessionId: string): Promise<void> => {
  await tx.session.updateMany({
    where: { id: sessionId, userId, revokedAt: null, lastSeenAt: { lt: new Date(Date.now() - TOUCH_EVERY_MS) } },
    data: { lastSeenAt: new Date() },
  })
}

/** @returns false when it is not theirs or over already. */
export const revokeSession = async (tx: Tx, userId: string, sessionId: string): Promise<boolean> => {
  if (!isUuid(sessionId)) return false
  const { count } = await tx.session.updateMany({
    where: { id: sessionId, userId, revokedAt: null },
    data: { revokedAt: new Date() },
  })
  return count > 0
}

/** The person proved again who they are. */
export const markReauthenticated = async (tx: Tx, userId: string, sessionId: string): Promise<void> => {
  await tx.session.updateMany({ where: { id: sessionId, userId }, data: { reauthenticatedAt: new Date() } })
}

/** All but one; all of them for null. @returns how many were ended. */
export const revokeOtherSessions = async (tx: Tx, userId: string, keptSessionId: string | null): Promise<number> => {
  const { count } = await tx.session.updateMany({
    where: { userId, revokedAt: null, ...(keptSessionId === null ? {} : { id: { not: keptSessionId } }) },
    data: { revokedAt: new Date() },
  })
  return count
}

/** Live ones, last seen first. */
export const listSessions = async (tx: Tx, userId: string): Promise<readonly SessionSummary[]> => {
  const sessions = await tx.session.findMany({
    where: { userId, revokedAt: null, awaits: null, expiresAt: { gt: new Date() } },
    orderBy: { lastSeenAt: 'desc' },
  })
  return sessions.map((session) => ({
    sessionId: session.id,
    userAgent: session.userAgent,
    ip: session.ip,
    createdAtMs: session.createdAt.getTime(),
    lastSeenAtMs: session.lastSeenAt.getTime(),
    expiresAtMs: session.expiresAt.getTime(),
    method: session.method as SignInMethod,
  }))
}
