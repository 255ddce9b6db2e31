import { listIdentities, type Identity } from '@atpar/db/identities'
import { listSecurityEvents, type RecordedSecurityEvent } from '@atpar/db/security-events'
import { listSessions, type SessionSummary } from '@atpar/db/sessions'
import { withActor } from '@atpar/db/tenant'
import { findProfile } from '@atpar/db/users'
import { readDeps } from '../../deps.ts'

export interface AccountView {
  readonly createdAtMs: number
  readonly sessions: readonly SessionSummary[]
  readonly identities: readonly Identity[]
  /** Newest first. */
  readonly events: readonly RecordedSecurityEvent[]
}

const EVENTS_SHOWN = 20

export const readAccount = (userId: string): Promise<AccountView> =>
  withActor(readDeps().db, userId, async (tx) => {
    const profile = await findProfile(tx, userId)
    if (profile === null) throw new Error(`A session exists for user ${userId}, but no profile.`)
    return {
      createdAtMs: profile.createdAtMs,
      sessions: await listSessions(tx, userId),
      identities: await listIdentities(tx, userId),
      events: await listSecurityEvents(tx, userId, EVENTS_SHOWN),
    }
  })
