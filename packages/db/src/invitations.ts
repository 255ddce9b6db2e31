import { AppError } from '@atpar/core/errors'
import { isUuid } from '@atpar/core/ids'
import type { Role, TeamRole } from '@atpar/core/permissions'
import { recordAudit } from './audit-log.ts'
import type { Db, Tx } from './client.ts'
import { addMember } from './members.ts'
import { newId } from './new-id.ts'
import { findTeam, putInTeam } from './teams.ts'
import { asOrgId, withTenant, type OrgId } from './tenant.ts'
import { isUniqueViolation } from './unique-violation.ts'

export interface NewInvitation {
  readonly email: string
  readonly role: Role
  /** Team to join with it; none when null. */
  readonly teamId: string | null
  /** Role in that team; `developer` when absent. */
  readonly teamRole?: TeamRole
  /** SHA-256 of the token in the mail; the token itself is stored nowhere. */
  readonly tokenHash: Uint8Array
  readonly invitedByUserId: string
  readonly expiresAtMs: number
}

/** Sent and not answered; it may have expired and waits to be sent again or revoked. */
export interface OpenInvitation {
  readonly invitationId: string
  readonly email: string
  readonly role: Role
  readonly teamId: string | null
  readonly teamName: string | null
  readonly teamRole: TeamRole
  readonly invitedByName: string
  readonly createdAtMs: number
  readonly expiresAtMs: number
}

export type InvitationState = 'open' | 'used' | 'revoked' | 'expired'

/** What the link of a mail leads to, for whoever holds it. */
export interface FoundInvitation extends Omit<OpenInvitation, 'createdAtMs'> {
  readonly orgId: OrgId
  readonly orgSlug: string
  readonly orgName: string
  readonly state: InvitationState
}

const normaliseEmail = (email: string): string => email.trim().toLowerCase()

/** Replaces an open one to the same address, so that there is one link at a time. @throws AppError not_found when the team is not of this organization. */
export const createInvitation = async (
  tx: Tx,
  orgId: OrgId,
  invitation: NewInvitation,
): Promise<{ readonly invitationId: string }> => {
  if (invitation.teamId !== null && (await findTeam(tx, orgId, invitation.teamId)) === null) {
    throw new AppError('not_found', { param: 'teamId' })
  }
  const email = normaliseEmail(invitation.email)
  await tx.invitation.updateMany({
    where: { orgId, email, acceptedAt: null, revokedAt: null },
    data: { revokedAt: new Date() },
  })
  const invitationId = newId()
  try {
    await tx.invitation.create({
      data: {
        id: invitationId,
        orgId,
        teamId: invitation.teamId,
        teamRole: invitation.teamRole ?? 'developer',
        email,
        role: invitation.role,
        tokenHash: Uint8Array.from(invitation.tokenHash),
        invitedBy: invitation.invitedByUserId,
        expiresAt: new Date(invitation.expiresAtMs),
      },
      select: { id: true },
    })
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    throw new AppError('conflict', {
      message: `Somebody else invited ${email} at this moment.`,
      param: 'emails',
      cause: error,
    })
  }
  return { invitationId }
}

/** Those nobody has answered, expired ones included, newest first. */
export const listInvitations = async (tx: Tx, orgId: OrgId): Promise<readonly OpenInvitation[]> => {
  const rows = await tx.invitation.findMany({
    where: { orgId, acceptedAt: null, revokedAt: null },
    include: { team: { select: { name: true } }, inviter: { select: { name: true } } },
    orderBy: { id: 'desc' },
  })
  return rows.map((row) => ({
    invitationId: row.id,
    email: row.email,
    role: row.role as Role,
    teamId: row.teamId,
    teamName: row.team?.name ?? null,
    teamRole: row.teamRole as TeamRole,
    invitedByName: row.inviter.name,
    createdAtMs: row.createdAt.getTime(),
    expiresAtMs: row.expiresAt.getTime(),
  }))
}

/** Null when it is not theirs or was answered already. */
export const findOpenInvitation = async (tx: Tx, orgId: OrgId, invitationId: string): Promise<OpenInvitation | null> =>
  (await listInvitations(tx, orgId)).find((invitation) => invitation.invitationId === invitationId) ?? null

/** For sending it again: the link in the older mail is worth nothing from then on. @returns false when it is not theirs or was answered already. */
export const replaceInvitationToken = async (
  tx: Tx,
  orgId: OrgId,
  replacement: { readonly invitationId: string; readonly tokenHash: Uint8Array; readonly expiresAtMs: number },
): Promise<boolean> => {
  if (!isUuid(replacement.invitationId)) return false
  const { count } = await tx.invitation.updateMany({
    where: { id: replacement.invitationId, orgId, acceptedAt: null, revokedAt: null },
    data: { tokenHash: Uint8Array.from(replacement.tokenHash), expiresAt: new Date(replacement.expiresAtMs) },
  })
  return count > 0
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
  readonly team_name: string | null
  readonly email: string
  readonly role: Role
  readonly team_role: TeamRole
  readonly inviter_name: string
  readonly expires_at: Date
  readonly accepted_at: Date | null
  readonly revoked_at: Date | null
}

const stateOf = (row: InvitationRecord): InvitationState => {
  if (row.accepted_at !== null) return 'used'
  if (row.revoked_at !== null) return 'revoked'
  return row.expires_at.getTime() <= Date.now() ? 'expired' : 'open'
}

/** By the token of the mail, before anyone is a member; null when nobody was sent this token (or a newer one replaced it). */
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
    teamName: row.team_name,
    email: row.email,
    role: row.role,
    teamRole: row.team_role,
    invitedByName: row.inviter_name,
    expiresAtMs: row.expires_at.getTime(),
    state: stateOf(row),
  }
}

export interface Acceptance {
  readonly tokenHash: Uint8Array
  readonly userId: string
  /** The signed-in person's address: the invitation must have gone to it. */
  readonly email: string
}

/**
 * Makes the user a member, once, in the team that still is there. Coming with a token that was mailed to their address proves the address.
 * @throws AppError not_found when the token is good for nothing (any more), forbidden when it went to another address, conflict when they are a
 * member already.
 */
export const acceptInvitation = async (
  db: Db,
  acceptance: Acceptance,
): Promise<FoundInvitation & { readonly memberId: string }> => {
  const invitation = await findInvitation(db, acceptance.tokenHash)
  if (invitation?.state !== 'open') throw new AppError('not_found')
  if (invitation.email !== normaliseEmail(acceptance.email))
    throw new AppError('forbidden', { message: 'This invitation went to another e-mail address.' })
  const { orgId, teamId, userId } = { ...invitation, ...acceptance }
  return withTenant(db, { orgId, userId }, async (tx) => {
    // Taken by the update itself: of two clicks at once, one finds nothing left to accept.
    const { count } = await tx.invitation.updateMany({
      where: { id: invitation.invitationId, orgId, acceptedAt: null, revokedAt: null },
      data: { acceptedAt: new Date() },
    })
    if (count === 0) throw new AppError('not_found')
    const { memberId } = await addMember(tx, orgId, { userId, role: invitation.role })
    if (teamId !== null) await putInTeam(tx, orgId, { teamId, memberId, role: invitation.teamRole })
    await tx.user.updateMany({ where: { id: userId, emailVerifiedAt: null }, data: { emailVerifiedAt: new Date() } })
    await recordAudit(tx, orgId, {
      actorUserId: userId,
      action: 'invitation-accepted',
      subjectKind: 'member',
      subjectId: memberId,
      after: { invitationId: invitation.invitationId, role: invitation.role, teamId },
    })
    return { ...invitation, memberId }
  })
}
