import { AppError } from '@atpar/core/errors'
import { isUuid } from '@atpar/core/ids'
import type { TeamRole } from '@atpar/core/permissions'
import type { Tx } from './client.ts'
import { newId } from './new-id.ts'
import type { OrgId } from './tenant.ts'
import { isUniqueViolation } from './unique-violation.ts'

export interface Team {
  readonly teamId: string
  readonly name: string
  readonly memberCount: number
  readonly createdAtMs: number
}

const nameIsTaken = (name: string, cause: unknown): AppError =>
  new AppError('conflict', {
    message: `There is a team called "${name.trim()}" already, or there was one that is archived.`,
    param: 'name',
    cause,
  })

/** @throws AppError conflict (param `name`) when the organization has a team of that name, an archived one included. */
export const createTeam = async (tx: Tx, orgId: OrgId, name: string): Promise<{ readonly teamId: string }> => {
  const teamId = newId()
  try {
    await tx.team.create({ data: { id: teamId, orgId, name: name.trim() } })
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    throw nameIsTaken(name, error)
  }
  return { teamId }
}

export const listTeams = async (tx: Tx, orgId: OrgId): Promise<readonly Team[]> => {
  const teams = await tx.team.findMany({
    where: { orgId, archivedAt: null },
    include: { _count: { select: { members: true } } },
    orderBy: { createdAt: 'asc' },
  })
  return teams.map((team) => ({
    teamId: team.id,
    name: team.name,
    memberCount: team._count.members,
    createdAtMs: team.createdAt.getTime(),
  }))
}

export const findTeam = async (tx: Tx, orgId: OrgId, teamId: string): Promise<Team | null> => {
  if (!isUuid(teamId)) return null
  return (await listTeams(tx, orgId)).find((team) => team.teamId === teamId) ?? null
}

/** In which teams this member is, and as what. */
export const listTeamRoles = async (tx: Tx, orgId: OrgId, memberId: string): Promise<ReadonlyMap<string, TeamRole>> => {
  const places = await tx.teamMembership.findMany({
    where: { orgId, memberId, team: { archivedAt: null } },
    select: { teamId: true, role: true },
  })
  return new Map(places.map((place) => [place.teamId, place.role as TeamRole]))
}

/** @throws AppError not_found, or conflict (param `name`) when another team of the organization has the name. */
export const renameTeam = async (
  tx: Tx,
  orgId: OrgId,
  team: { readonly teamId: string; readonly name: string },
): Promise<void> => {
  if ((await findTeam(tx, orgId, team.teamId)) === null) throw new AppError('not_found')
  try {
    await tx.team.updateMany({ where: { id: team.teamId, orgId }, data: { name: team.name.trim() } })
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    throw nameIsTaken(team.name, error)
  }
}

/**
 * The team's service keys, and its members' keys that name it, stop in the same transaction; usage and people stay.
 * @returns how many keys stopped, null when there is no such team here.
 */
export const archiveTeam = async (
  tx: Tx,
  orgId: OrgId,
  teamId: string,
): Promise<{ readonly stoppedKeys: number } | null> => {
  if (!isUuid(teamId)) return null
  const archivedAt = new Date()
  const { count } = await tx.team.updateMany({ where: { id: teamId, orgId, archivedAt: null }, data: { archivedAt } })
  if (count === 0) return null
  const keys = await tx.apiKey.updateMany({
    where: { orgId, teamId, status: 'active' },
    data: { status: 'revoked', revokedAt: archivedAt, revokedReason: 'team-archived' },
  })
  return { stoppedKeys: keys.count }
}

export interface TeamPlace {
  readonly teamId: string
  readonly memberId: string
  readonly role: TeamRole
}

/** Adds a member to a team, or changes their role in it. @throws AppError not_found when either is not of this organization. */
export const putInTeam = async (tx: Tx, orgId: OrgId, place: TeamPlace): Promise<void> => {
  const member = isUuid(place.memberId)
    ? await tx.membership.findFirst({ where: { id: place.memberId, orgId, status: 'active' }, select: { id: true } })
    : null
  if (member === null || (await findTeam(tx, orgId, place.teamId)) === null) throw new AppError('not_found')
  await tx.teamMembership.upsert({
    where: { teamId_memberId: { teamId: place.teamId, memberId: place.memberId } },
    create: { orgId, ...place },
    update: { role: place.role },
  })
}

/** The member's keys of this team stop in the same transaction. @returns how many, null when they were not in it. */
export const removeFromTeam = async (
  tx: Tx,
  orgId: OrgId,
  place: Pick<TeamPlace, 'teamId' | 'memberId'>,
): Promise<{ readonly stoppedKeys: number } | null> => {
  if (!isUuid(place.teamId) || !isUuid(place.memberId)) return null
  const { count } = await tx.teamMembership.deleteMany({
    where: { orgId, teamId: place.teamId, memberId: place.memberId },
  })
  if (count === 0) return null
  const keys = await tx.apiKey.updateMany({
    where: { orgId, teamId: place.teamId, memberId: place.memberId, status: 'active' },
    data: { status: 'revoked', revokedAt: new Date(), revokedReason: 'member-removed' },
  })
  return { stoppedKeys: keys.count }
}
