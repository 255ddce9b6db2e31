import { AppError } from '@atpar/core/errors'
import { isUuid } from '@atpar/core/ids'
import { canGrantRole, ROLES, type Role, type TeamRole } from '@atpar/core/permissions'
import type { Tx } from './client.ts'
import { newId } from './new-id.ts'
import { asOrgId, type OrgId } from './tenant.ts'

/** An organization the person who is asking belongs to. */
export interface OrganizationOfUser {
  readonly orgId: OrgId
  readonly slug: string
  readonly name: string
  readonly status: 'active' | 'suspended'
  readonly memberId: string
  readonly role: Role
}

export interface Member {
  readonly memberId: string
  readonly userId: string
  readonly name: string
  readonly email: string
  readonly role: Role
  readonly joinedAtMs: number
  /** When they last looked at this organization, to five minutes; null = never. */
  readonly lastSeenAtMs: number | null
  readonly teams: readonly { readonly teamId: string; readonly name: string; readonly role: TeamRole }[]
}

interface MembershipRecord {
  readonly org_id: string
  readonly slug: string
  readonly name: string
  readonly status: OrganizationOfUser['status']
  readonly member_id: string
  readonly role: Role
}

/** Inside `withActor`: it answers for whoever is asking and for nobody else. Oldest first; closed organizations are left out. */
export const listMemberships = async (tx: Tx): Promise<readonly OrganizationOfUser[]> => {
  const rows = await tx.$queryRaw<
    MembershipRecord[]
  >`SELECT org_id, slug, name, status, member_id, role FROM list_memberships()`
  return rows.map((row) => ({
    orgId: asOrgId(row.org_id),
    slug: row.slug,
    name: row.name,
    status: row.status,
    memberId: row.member_id,
    role: row.role,
  }))
}

export const listMembers = async (tx: Tx, orgId: OrgId): Promise<readonly Member[]> => {
  const memberships = await tx.membership.findMany({
    where: { orgId, status: 'active' },
    include: {
      user: { select: { name: true, email: true } },
      visit: { select: { seenAt: true } },
      teams: { include: { team: { select: { name: true, archivedAt: true } } } },
    },
    orderBy: { createdAt: 'asc' },
  })
  return memberships.map((membership) => ({
    memberId: membership.id,
    userId: membership.userId,
    name: membership.user.name,
    email: membership.user.email,
    role: membership.role as Role,
    joinedAtMs: membership.createdAt.getTime(),
    lastSeenAtMs: membership.visit?.seenAt.getTime() ?? null,
    teams: membership.teams
      .filter((place) => place.team.archivedAt === null)
      .map((place) => ({ teamId: place.teamId, name: place.team.name, role: place.role as TeamRole })),
  }))
}

export const findMember = async (tx: Tx, orgId: OrgId, memberId: string): Promise<Member | null> =>
  isUuid(memberId) ? ((await listMembers(tx, orgId)).find((member) => member.memberId === memberId) ?? null) : null

export interface NewMember {
  readonly userId: string
  readonly role: Role
}

/** Adds a user, or takes a former member back with a new role. @throws AppError conflict when they are a member. */
export const addMember = async (tx: Tx, orgId: OrgId, member: NewMember): Promise<{ readonly memberId: string }> => {
  const former = await tx.membership.findFirst({ where: { orgId, userId: member.userId } })
  if (former?.status === 'active') throw new AppError('conflict', { message: 'They are a member already.' })
  if (former !== null) {
    await tx.membership.update({
      where: { id: former.id },
      data: { status: 'active', role: member.role, removedAt: null },
    })
    return { memberId: former.id }
  }
  const memberId = newId()
  await tx.membership.create({ data: { id: memberId, orgId, userId: member.userId, role: member.role } })
  return { memberId }
}

/** @throws AppError forbidden when it would leave the organization without an owner. */
const refuseLastOwner = async (tx: Tx, orgId: OrgId, memberId: string): Promise<void> => {
  // Locked: two owners who step down at the same moment must not both find the other one still there.
  const owners = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM membership WHERE org_id = ${orgId}::uuid AND status = 'active' AND role = 'owner' ORDER BY id FOR UPDATE`
  if (!owners.some((owner) => owner.id !== memberId))
    throw new AppError('forbidden', { message: 'This is the only owner. Make someone else an owner first.' })
}

/** Invitations they sent for roles that are no longer theirs to give are revoked. @throws AppError not_found, or forbidden for the last owner. */
export const changeRole = async (
  tx: Tx,
  orgId: OrgId,
  change: { readonly memberId: string; readonly role: Role },
): Promise<void> => {
  const member = await findMember(tx, orgId, change.memberId)
  if (member === null) throw new AppError('not_found')
  if (member.role === 'owner' && change.role !== 'owner') await refuseLastOwner(tx, orgId, member.memberId)
  await tx.membership.update({ where: { id: member.memberId }, data: { role: change.role } })
  // What they could not promise any more must not be accepted either.
  await tx.invitation.updateMany({
    where: {
      orgId,
      invitedBy: member.userId,
      acceptedAt: null,
      revokedAt: null,
      role: { in: ROLES.filter((role) => !canGrantRole(change.role, role)) },
    },
    data: { revokedAt: new Date() },
  })
}

export interface RemovedMember {
  readonly stoppedKeys: number
  readonly revokedInvitations: number
}

/**
 * Removes a member; in the same transaction their keys stop, and the invitations they sent are worth nothing. Their usage stays, and so do the
 * service keys of their teams. @throws AppError not_found, or forbidden for the last owner.
 */
export const removeMember = async (tx: Tx, orgId: OrgId, memberId: string): Promise<RemovedMember> => {
  const member = await findMember(tx, orgId, memberId)
  if (member === null) throw new AppError('not_found')
  if (member.role === 'owner') await refuseLastOwner(tx, orgId, memberId)
  const removedAt = new Date()
  await tx.membership.update({ where: { id: memberId }, data: { status: 'removed', removedAt } })
  await tx.teamMembership.deleteMany({ where: { orgId, memberId } })
  const keys = await tx.apiKey.updateMany({
    where: { orgId, memberId, kind: 'member', status: 'active' },
    data: { status: 'revoked', revokedAt: removedAt, revokedReason: 'member-removed' },
  })
  const invitations = await tx.invitation.updateMany({
    where: { orgId, invitedBy: member.userId, acceptedAt: null, revokedAt: null },
    data: { revokedAt: removedAt },
  })
  return { stoppedKeys: keys.count, revokedInvitations: invitations.count }
}

/** Makes another member an owner and the owner who gives it away an admin. @throws AppError not_found, or forbidden when they are no owner (any more) */
export const transferOwnership = async (
  tx: Tx,
  orgId: OrgId,
  transfer: { readonly fromMemberId: string; readonly toMemberId: string },
): Promise<void> => {
  if ((await findMember(tx, orgId, transfer.fromMemberId))?.role !== 'owner') throw new AppError('forbidden')
  await changeRole(tx, orgId, { memberId: transfer.toMemberId, role: 'owner' })
  await changeRole(tx, orgId, { memberId: transfer.fromMemberId, role: 'admin' })
}

/** The member looked at the organization just now. */
export const recordVisit = async (tx: Tx, orgId: OrgId, memberId: string): Promise<void> => {
  await tx.$executeRaw`INSERT INTO member_visit (org_id, member_id) VALUES (${orgId}::uuid, ${memberId}::uuid)
    ON CONFLICT (member_id) DO UPDATE SET seen_at = now()`
}
