import { reaches, type Standing } from '@atpar/core/permissions'
import type { KeySummary } from '@atpar/db/api-keys'
import { listLimitHolders } from '@atpar/db/limit-holders'
import { listMembers, type Member } from '@atpar/db/members'
import { listRequests, type RequestSummary } from '@atpar/db/requests'
import { listTeamRoles, listTeams, type Team } from '@atpar/db/teams'
import { listKeysAct } from '../../acts/keys/list-keys.ts'
import { readKeyAct, type KeyDetail } from '../../acts/keys/read-key.ts'
import { actAs, type Visit } from '../../auth/guard.ts'
import type { LimitViews } from '../../limits/limit-state.ts'
import { readLimits } from '../../limits/read-limits.ts'
import { readTenant } from '../../tenant-read.ts'
import type { OwnerOption } from './create-key-dialog.tsx'
import { ownerChoice } from './schema.ts'

export interface ListedKey extends KeySummary {
  readonly ownerName: string
  readonly limits: Pick<LimitViews, 'budgets' | 'rates'>
}

export interface KeysView {
  readonly keys: readonly ListedKey[]
  /** For whom the reader may issue a key; empty when for nobody. */
  readonly owners: readonly OwnerOption[]
  /** Whether there are keys of others to see. */
  readonly seesOthers: boolean
  /** Whether there are more than the page shows. */
  readonly isCut: boolean
  readonly isLive: boolean
}

export interface KeyFilter {
  readonly search: string
  readonly isMineOnly: boolean
}

const readStanding = async (visit: Visit, tx: Parameters<typeof listTeamRoles>[0]): Promise<Standing> => ({
  role: visit.role,
  memberId: visit.support === null ? visit.memberId : null,
  teamRoles: visit.support === null ? await listTeamRoles(tx, visit.orgId, visit.memberId) : new Map(),
})

interface Place {
  readonly member: Member
  readonly teamId: string | null
  readonly teamName: string | null
}

const optionsFor = (
  who: Standing,
  { members, teams }: { readonly members: readonly Member[]; readonly teams: readonly Team[] },
): readonly OwnerOption[] => {
  const mayIssue = (memberId: string | null, teamId: string | null) => reaches(who, 'key:create', { memberId, teamId })
  const places = members.flatMap((member): readonly Place[] =>
    member.teams.length === 0
      ? [{ member, teamId: null, teamName: null }]
      : member.teams.map((team) => ({ member, teamId: team.teamId, teamName: team.name })),
  )
  return places
    .filter(({ member, teamId }) => mayIssue(member.memberId, teamId))
    .map(({ member, teamId, teamName }): OwnerOption => {
      const isOneself = member.memberId === who.memberId
      const name = isOneself ? 'You' : member.name
      return {
        value: ownerChoice({ memberId: member.memberId, teamId }),
        label: teamName === null || (isOneself && member.teams.length === 1) ? name : `${name} (${teamName})`,
        group: isOneself ? 'you' : 'members',
      }
    })
    .toSorted((a, b) => Number(b.group === 'you') - Number(a.group === 'you'))
    .concat(
      teams
        .filter(({ teamId }) => mayIssue(null, teamId))
        .map(({ teamId, name }) => ({ value: ownerChoice({ memberId: null, teamId }), label: name, group: 'teams' })),
    )
}

const ownerNameOf = (key: KeySummary): string =>
  (key.kind === 'service' ? key.teamName : key.memberName) ?? 'Former member'

/** Each row has its counters read: more than anyone scrolls through. */
const MOST_SHOWN = 300

/** The keys within reach with what counts against each. */
export const readKeys = async (visit: Visit, filter: KeyFilter): Promise<KeysView> => {
  const { keys, next } = await listKeysAct(await actAs(visit), {
    search: filter.search,
    limit: MOST_SHOWN,
    ...(filter.isMineOnly ? { memberId: visit.memberId } : {}),
  })
  return readTenant(visit.tenant, async ({ tx, atMs }) => {
    const who = await readStanding(visit, tx)
    const shown = new Set(keys.map((key) => key.keyId))
    const holders = (await listLimitHolders(tx, visit.orgId)).filter(({ scopeId }) => shown.has(scopeId))
    const { budgets, rates, isLive } = await readLimits({ tx, orgId: visit.orgId, atMs }, holders)
    const members = await listMembers(tx, visit.orgId)
    const teams = await listTeams(tx, visit.orgId)
    return {
      keys: keys.map((key) => ({
        ...key,
        ownerName: ownerNameOf(key),
        limits: {
          budgets: budgets.filter(({ holder }) => holder.scopeId === key.keyId),
          rates: rates.filter(({ holder }) => holder.scopeId === key.keyId),
        },
      })),
      owners: optionsFor(who, { members, teams }),
      seesOthers: teams.some(({ teamId }) => reaches(who, 'key:read', { memberId: null, teamId })),
      isCut: next !== null,
      isLive,
    }
  })
}

export interface KeyPageView {
  readonly key: KeyDetail
  readonly ownerName: string
  /** Below the organization's; null for who left and for a team that is put away. */
  readonly ownerPath: string | null
  /** Of the team it counts against; null for none and for one that is put away. */
  readonly teamPath: string | null
  readonly mayChange: boolean
  readonly mayRevoke: boolean
  readonly requests: readonly RequestSummary[]
  readonly issuedBy: string | null
}

const LATEST = 10

const ownerPathOf = (
  { memberId, teamId }: KeySummary,
  { members, teams }: { readonly members: readonly Member[]; readonly teams: readonly Team[] },
): string | null => {
  if (memberId !== null) return members.some((member) => member.memberId === memberId) ? `members/${memberId}` : null
  return teamPathOf(teamId, teams)
}

const teamPathOf = (teamId: string | null, teams: readonly Team[]): string | null =>
  teamId !== null && teams.some((team) => team.teamId === teamId) ? `teams/${teamId}` : null

/** @throws AppError not_found when it is not within reach */
export const readKeyPage = async (visit: Visit, keyId: string): Promise<KeyPageView> => {
  const key = await readKeyAct(await actAs(visit), { keyId })
  return readTenant(visit.tenant, async ({ tx }) => {
    const who = await readStanding(visit, tx)
    const members = await listMembers(tx, visit.orgId)
    const teams = await listTeams(tx, visit.orgId)
    return {
      key,
      ownerName: ownerNameOf(key),
      ownerPath: ownerPathOf(key, { members, teams }),
      teamPath: teamPathOf(key.teamId, teams),
      mayChange: key.status === 'active' && reaches(who, 'key:create', key),
      mayRevoke: key.status === 'active' && reaches(who, 'key:revoke', key),
      requests: reaches(who, 'request:read', key)
        ? await listRequests(tx, visit.orgId, { limit: LATEST, filters: { keyId } })
        : [],
      issuedBy: members.find((member) => member.userId === key.createdByUserId)?.name ?? null,
    }
  })
}
