import { findUserOfIdentity, linkIdentity, touchIdentity, type IdentityProvider } from '@atpar/db/identities'
import { recordSecurityEvent } from '@atpar/db/security-events'
import { withActor } from '@atpar/db/tenant'
import { createUser, findAccount } from '@atpar/db/users'
import { readDeps } from '../deps.ts'
import type { IdentityProblem } from './identity-problems.ts'
import { isSingleAddress } from './log-in-schema.ts'
import { isRecent } from './recent-auth.ts'
import { findSessionOf, type Client, type SignIn } from './session-token.ts'

/** What another provider says about the person who came back from it. */
export interface Arrival {
  readonly provider: IdentityProvider
  readonly subject: string
  readonly email: string | null
  /** Whether the provider vouches that they read mail sent to the address. */
  readonly isEmailVerified: boolean
  readonly name: string | null
}

export type Admission =
  | { readonly kind: 'admitted'; readonly signIn: SignIn }
  | { readonly kind: 'refused'; readonly problem: IdentityProblem }

interface Arrived {
  readonly arrival: Arrival
  readonly client: Client
}

const admit = (userId: string, { arrival }: Arrived, isComplete = false): Admission => ({
  kind: 'admitted',
  signIn: { userId, method: arrival.provider, isComplete },
})
const refuse = (problem: IdentityProblem): Admission => ({ kind: 'refused', problem })

const identityOf = ({ provider, subject, email }: Arrival) => ({ provider, subject, email })

const link = (userId: string, { arrival, client }: Arrived): Promise<void> =>
  withActor(readDeps().db, userId, async (tx) => {
    await linkIdentity(tx, userId, identityOf(arrival))
    await recordSecurityEvent(tx, userId, { event: 'identity-linked', detail: arrival.provider, ...client })
  })

const enterAgain = async (userId: string, arrived: Arrived, isComplete = false): Promise<Admission> => {
  await withActor(readDeps().db, userId, (tx) => touchIdentity(tx, userId, identityOf(arrived.arrival)))
  return admit(userId, arrived, isComplete)
}

/** Somebody who is signed in and came from "Connect" on their account page. */
const linkToSession = async (
  token: string,
  linkedUserId: string | null,
  arrived: Arrived,
): Promise<Admission | null> => {
  const session = await findSessionOf(token)
  if (session === null || session.awaitsSecondFactor) return null
  if (linkedUserId === session.userId) return enterAgain(session.userId, arrived, true)
  if (linkedUserId !== null) return refuse('linked-elsewhere')
  if (!isRecent(session.reauthenticatedAtMs)) return refuse('confirm-first')
  await link(session.userId, arrived)
  return admit(session.userId, arrived, true)
}

/**
 * Whom an identity at another provider signs in here. A known one signs in its person; a signed-in person gains it; a new one is taken on or
 * linked by its address only when the provider vouches for the address and, for an existing account, so do we. An address that nobody
 * verified links nothing: it would hand the account to whoever typed it into the other provider's form.
 */
export const admitIdentity = async (arrived: Arrived, token: string | null): Promise<Admission> => {
  const { db, nowMs } = readDeps()
  const { arrival, client } = arrived
  const linkedUserId = await findUserOfIdentity(db, arrival.provider, arrival.subject)
  const linked = token === null ? null : await linkToSession(token, linkedUserId, arrived)
  if (linked !== null) return linked
  if (linkedUserId !== null) return enterAgain(linkedUserId, arrived)
  if (!arrival.isEmailVerified || arrival.email === null || !isSingleAddress(arrival.email))
    return refuse('no-verified-email')
  const account = await findAccount(db, arrival.email)
  if (account !== null && !account.isEmailVerified) return refuse('sign-in-first')
  if (account !== null) {
    await link(account.userId, arrived)
    return admit(account.userId, arrived)
  }
  const { userId } = await createUser(db, {
    email: arrival.email,
    name: arrival.name ?? arrival.email.replace(/@.*/, ''),
    passwordHash: null,
    emailVerifiedAtMs: nowMs(),
  })
  await withActor(db, userId, (tx) =>
    recordSecurityEvent(tx, userId, { event: 'account-created', detail: arrival.provider, ...client }),
  )
  await link(userId, arrived)
  return admit(userId, arrived)
}
