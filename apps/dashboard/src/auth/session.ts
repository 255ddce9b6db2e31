import { cookies } from 'next/headers'
import { cache } from 'react'
import { touchSession } from '@atpar/db/sessions'
import { withActor } from '@atpar/db/tenant'
import { readDeps } from '../deps.ts'
import { readEnv } from '../env.ts'
import { findSessionOf } from './session-token.ts'

/** "Last seen" is written once in five minutes, not on every page. */
const TOUCH_RULE = { limit: 1, windowMs: 5 * 60_000 }

export interface Session {
  readonly sessionId: string
  readonly userId: string
  readonly name: string
  readonly email: string
  readonly isOperator: boolean
}

/**
 * Who asks, by the row behind the cookie; null for strangers and revoked sessions. Once per request, however many parts of a page ask.
 * Not through next-auth's getServerSession: that one takes a database that is down for a log-out.
 */
export const readSession = cache(async (): Promise<Session | null> => {
  const token = (await cookies()).get(readEnv().cookieName)?.value
  if (token === undefined || token === '') return null
  const found = await findSessionOf(token)
  if (found === null) return null
  const { db, throttle } = readDeps()
  if (throttle.take(`touch:${found.sessionId}`, TOUCH_RULE))
    await withActor(db, found.userId, (tx) => touchSession(tx, found.userId, found.sessionId))
  return {
    sessionId: found.sessionId,
    userId: found.userId,
    name: found.name,
    email: found.email,
    isOperator: found.isOperator,
  }
})
