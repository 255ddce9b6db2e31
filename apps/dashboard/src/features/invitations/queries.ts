import { hashToken } from '@atpar/crypto/token'
import { findInvitation, type FoundInvitation } from '@atpar/db/invitations'
import { readOrganizations } from '../../auth/guard.ts'
import { readSession } from '../../auth/session.ts'
import { readDeps } from '../../deps.ts'

export type JoinView =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'over'; readonly state: 'used' | 'revoked' | 'expired'; readonly invitation: FoundInvitation }
  | { readonly kind: 'member'; readonly invitation: FoundInvitation }
  | { readonly kind: 'stranger'; readonly invitation: FoundInvitation }
  | { readonly kind: 'other-account'; readonly invitation: FoundInvitation; readonly email: string }
  | { readonly kind: 'welcome'; readonly invitation: FoundInvitation }

/** What the link leads to for whoever opens it. It never says whether an address has an account. */
export const readJoin = async (token: string): Promise<JoinView> => {
  const [invitation, session] = await Promise.all([findInvitation(readDeps().db, hashToken(token)), readSession()])
  if (invitation === null) return { kind: 'unknown' }
  const organizations = session === null ? [] : await readOrganizations(session.userId)
  if (organizations.some(({ orgId }) => orgId === invitation.orgId)) return { kind: 'member', invitation }
  if (invitation.state !== 'open') return { kind: 'over', state: invitation.state, invitation }
  if (session === null) return { kind: 'stranger', invitation }
  return session.email === invitation.email
    ? { kind: 'welcome', invitation }
    : { kind: 'other-account', invitation, email: session.email }
}
