import { AppError } from '@atpar/core/errors'
import { isUuid } from '@atpar/core/ids'
import type { Role } from '@atpar/core/permissions'
import type { Db, Tx } from './client.ts'
import { addMember } from './members.ts'
import { newId } from './new-id.ts'
import { findTeam, putInTeam } from './teams.ts'
import { asOrgId, withTenant, type OrgId } from './tenant.ts'

export interface NewInvitation {
  readonly email: string
  readonly role: Role
  /** Team to join with it; none when null. */
  readonly teamId: string | null
  /** SHA-256 of the token in the mail; the token itself is stored nowhere. */
  readonly tokenHash: Uint8Array
  readonly invitedByUserId: string
  readonly expiresAtMs: number
}

export interface OpenInvitation {
  readonly invitationId: string
  readonly email: string
  readonly role: Role
  readonly teamId: string | null
  readonly createdAtMs: number
  readonly expiresAtMs: number
}

export interface FoundInvitation extends Omit<OpenInvitation, 'createdAtMs'> {
  readonly orgId: OrgId
  readonly orgSlug: string
  readonly orgName: string
}

/** @throws AppError not_found when the team is not of this organization. */
export const createInvitation = async (
  tx: Tx,
  orgId: OrgId,
  invitation: NewInvitation,
): Promise<{ readonly invitationId: string }> => {
  if (invitation.teamId !== null && (await findTeam(tx, orgId, invitation.teamId)) === null) {
    throw new AppError('not_found', { param: 'teamId' })
  }
  const invitationId = newId()
  await tx.invitation.create({
    data: {
      id: invitationId,
      orgId,
      teamId: invitation.teamId,
      email: invitation.email.trim().toLowerCase(),
      role: invitation.role,
      tokenHash: Uint8Array.from(invitation.tokenHash),
      invitedBy: invitation.invitedByUserId,
      expiresAt: new Date(invitation.expiresAtMs),
    },
    select: { id: true },
  })
  return { invitationId }
}

/** Those that can still be accepted, newest first. */
export const listInvitations = async (tx: Tx, orgId: OrgId): Promise<readonly OpenInvitation[]> => {
  const rows = await tx.invitation.findMany({
    where: { orgId, acceptedAt: null, revokedAt: null, expiresAt: { gt: new Date() } },
    orderBy: { id: 'desc' },
  })
  return rows.map((row) => ({
    invitationId: row.id,
    email: row.email,
    role: row.role as Role,
    teamId: row.teamId,
    createdAtMs: row.createdAt.getTime(),
    expiresAtMs: row.expiresAt.getTime(),
  }))
}

/** @returns false when it is not theirs or over already. */
export const revokeInvitation = async (tx: Tx, orgId: OrgId, invitationId: string): Promise<boolean> => {
  if (!isUuid(invitationId)) return false
  const { count } = await tx.invitation.updateMany({
    where: { id: invitationId, orgId, acceptedAt: null, revokedAt: null },
    data: { revokedAt: new Date() },
  })
  return count > 0
}

interface InvitationRecord {
  readonly invitation_id: string
  readonly org_id: string
  readonly org_slug: string
  readonly org_name: string
  readonly team_id: string | null
  readonly email: string
  readonly role: Role
  readonly expires_at: Date
}

/** By the token of the mail, before anyone is a member; null when unknown, used, revoked or expired alike. */
export const findInvitation = async (db: Db | Tx, tokenHash: Uint8Array): Promise<FoundInvitation | null> => {
  const rows = await db.$queryRaw<InvitationRecord[]>`SELECT * FROM find_invitation(${Uint8Array.from(tokenHash)})`
  const [row] = rows
  if (row === undefined) return null
  return {
    invitationId: row.invitation_id,
    orgId: asOrgId(row.org_id),
    orgSlug: row.org_slug,
    orgName: row.org_name,
    teamId: row.team_id,
    email: row.email,
    role: row.role,
    expiresAtMs: row.expires_at.getTime(),
  }
}

/**
 * Makes the user a member, once. The caller has checked that the invitation's e-mail address is theirs.
 * @throws AppError not_found when the token is good for nothing (any more), conflict when they are a member already.
 */
export const acceptInvitation = async (
  db: Db,
  acceptance: { readonly tokenHash: Uint8Array; readonly userId: string },
): Promise<FoundInvitation & { readonly memberId: string }> => {
  const invitation = await findInvitation(db, acceptance.tokenHash)
  if (invitation === null) throw new AppError('not_found')
  const { orgId } = invitation
  return withTenant(db, { orgId, userId: acceptance.userId }, async (tx) => {
    // Taken by the update itself: of two clicks at once, one finds nothing left to accept.
    const { count } = await tx.invitation.updateMany({
      where: { id: invitation.invitationId, orgId, acceptedAt: null, revokedAt: null },
      data: { acceptedAt: new Date() },
    })
    if (count === 0) throw new AppError('not_found')
    const { memberId } = await addMember(tx, orgId, { userId: acceptance.userId, role: invitation.role })
    if (invitation.teamId !== null)
      await putInTeam(tx, orgId, { teamId: invitation.teamId, memberId, role: 'developer' })
    return { ...invitation, memberId }
  })
}
