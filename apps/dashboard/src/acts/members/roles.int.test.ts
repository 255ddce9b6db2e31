import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROLES, type Role } from '@atpar/core/permissions'
import {
  createKeyWith,
  createMemberWith,
  createOrganizationWith,
  type MadeOrganization,
} from '@atpar/testkit/factories'
import { startActWorld, type ActWorld } from '../../../test/act-world.ts'
import { archiveTeamAct } from '../teams/archive-team.ts'
import { createTeamAct } from '../teams/create-team.ts'
import { listTeamsAct } from '../teams/list-teams.ts'
import { moveMemberAct } from '../teams/move-member.ts'
import { readTeamAct } from '../teams/read-team.ts'
import { removeFromTeamAct } from '../teams/remove-from-team.ts'
import { renameTeamAct } from '../teams/rename-team.ts'
import { setTeamRoleAct } from '../teams/set-team-role.ts'
import { changeRoleAct } from './change-role.ts'
import { inviteMembersAct } from './invite-members.ts'
import { leaveOrganizationAct } from './leave-organization.ts'
import { listInvitationsAct } from './list-invitations.ts'
import { listMembersAct } from './list-members.ts'
import { readMemberAct } from './read-member.ts'
import { removeMemberAct } from './remove-member.ts'
import { resendInvitationAct } from './resend-invitation.ts'
import { revokeInvitationAct } from './revoke-invitation.ts'

let world: ActWorld
let ours: MadeOrganization
let theirs: MadeOrganization

beforeAll(async () => {
  world = await startActWorld()
  ours = await createOrganizationWith(world.ownerDb)
  theirs = await createOrganizationWith(world.ownerDb)
}, 60_000)
afterAll(() => world.stop())

const newMember = (role: Role = 'developer', teamId?: string) =>
  createMemberWith(world.ownerDb, ours.orgId, { role, ...(teamId === undefined ? {} : { teamId }) })
const asOwner = () => world.actAs(ours.orgId, ours.ownerMemberId)
const asRole = async (role: Role) => world.actAs(ours.orgId, (await newMember(role)).memberId)
const newTeam = async () => (await createTeamAct(await asOwner(), { name: `Team ${randomUUID().slice(0, 8)}` })).teamId
const newInvitation = async () => {
  const email = `${randomUUID().slice(0, 8)}@example.test`
  const { invited } = await inviteMembersAct(await asOwner(), { emails: [email], role: 'viewer' })
  return invited[0]?.invitationId ?? ''
}

const MANAGERS = ['owner', 'admin']
const EVERYONE: readonly string[] = ROLES
interface Row {
  readonly act: { readonly definition: { readonly name: string } } & ((
    context: never,
    input: unknown,
  ) => Promise<unknown>)
  readonly roles: readonly string[]
  readonly input: () => Promise<object>
}
const TABLE: readonly Row[] = [
  {
    act: inviteMembersAct,
    roles: MANAGERS,
    input: async () => ({ emails: [`${randomUUID()}@example.test`], role: 'viewer' }),
  },
  { act: listInvitationsAct, roles: MANAGERS, input: async () => ({}) },
  { act: resendInvitationAct, roles: MANAGERS, input: async () => ({ invitationId: await newInvitation() }) },
  { act: revokeInvitationAct, roles: MANAGERS, input: async () => ({ invitationId: await newInvitation() }) },
  {
    act: changeRoleAct,
    roles: MANAGERS,
    input: async () => ({ memberId: (await newMember()).memberId, role: 'viewer' }),
  },
  { act: removeMemberAct, roles: MANAGERS, input: async () => ({ memberId: (await newMember()).memberId }) },
  { act: listMembersAct, roles: EVERYONE, input: async () => ({}) },
  { act: readMemberAct, roles: EVERYONE, input: async () => ({ memberId: ours.ownerMemberId }) },
  { act: leaveOrganizationAct, roles: EVERYONE, input: async () => ({}) },
  { act: listTeamsAct, roles: EVERYONE, input: async () => ({}) },
  { act: readTeamAct, roles: EVERYONE, input: async () => ({ teamId: ours.defaultTeamId }) },
  { act: createTeamAct, roles: MANAGERS, input: async () => ({ name: randomUUID() }) },
  { act: renameTeamAct, roles: MANAGERS, input: async () => ({ teamId: await newTeam(), name: randomUUID() }) },
  { act: archiveTeamAct, roles: MANAGERS, input: async () => ({ teamId: await newTeam() }) },
  {
    act: setTeamRoleAct,
    roles: MANAGERS,
    input: async () => ({ teamId: ours.defaultTeamId, memberId: (await newMember()).memberId, role: 'team_admin' }),
  },
  {
    act: removeFromTeamAct,
    roles: MANAGERS,
    input: async () => {
      const teamId = await newTeam()
      return { teamId, memberId: (await newMember('developer', teamId)).memberId }
    },
  },
  {
    act: moveMemberAct,
    roles: MANAGERS,
    input: async () => {
      const fromTeamId = await newTeam()
      const { memberId } = await newMember('developer', fromTeamId)
      return { fromTeamId, toTeamId: ours.defaultTeamId, memberId }
    },
  },
]

describe.each(TABLE)('$act.definition.name', ({ act, roles, input }) => {
  it.each(ROLES)('as %s', async (role) => {
    const context = (await asRole(role)) as never
    const outcome = await act(context, await input()).then(
      () => 'done',
      (error: unknown) => (error as { code?: string }).code ?? String(error),
    )
    expect(outcome).toBe(roles.includes(role) ? 'done' : 'forbidden')
  })

  it('gives a team admin nothing of it that their role in the organization does not', async () => {
    const { memberId } = await newMember('viewer')
    await setTeamRoleAct(await asOwner(), { teamId: ours.defaultTeamId, memberId, role: 'team_admin' })
    const attempt = act((await world.actAs(ours.orgId, memberId)) as never, await input())
    if (roles.includes('viewer')) await expect(attempt).resolves.not.toThrow()
    else await expect(attempt).rejects.toMatchObject({ code: 'forbidden' })
  })
})

describe('an id of another organization answers as one that nobody has', () => {
  const foreign = async () => {
    const stranger = await world.actAs(theirs.orgId, theirs.ownerMemberId)
    const { invited } = await inviteMembersAct(stranger, { emails: ['guest@elsewhere.test'], role: 'viewer' })
    return {
      memberId: theirs.ownerMemberId,
      teamId: theirs.defaultTeamId,
      invitationId: invited[0]?.invitationId ?? '',
    }
  }
  const random = () => Promise.resolve({ memberId: randomUUID(), teamId: randomUUID(), invitationId: randomUUID() })
  const garbage = () => Promise.resolve({ memberId: 'x', teamId: '../y', invitationId: '' })
  type Ids = Awaited<ReturnType<typeof foreign>>

  const CASES: readonly [Row['act'], (ids: Ids) => object][] = [
    [resendInvitationAct, ({ invitationId }) => ({ invitationId })],
    [revokeInvitationAct, ({ invitationId }) => ({ invitationId })],
    [changeRoleAct, ({ memberId }) => ({ memberId, role: 'viewer' })],
    [removeMemberAct, ({ memberId }) => ({ memberId })],
    [readMemberAct, ({ memberId }) => ({ memberId })],
    [readTeamAct, ({ teamId }) => ({ teamId })],
    [renameTeamAct, ({ teamId }) => ({ teamId, name: 'Mine now' })],
    [archiveTeamAct, ({ teamId }) => ({ teamId })],
    [inviteMembersAct, ({ teamId }) => ({ emails: ['new@example.test'], role: 'viewer', teamId })],
    [setTeamRoleAct, ({ memberId }) => ({ memberId, teamId: ours.defaultTeamId })],
    [setTeamRoleAct, ({ teamId }) => ({ teamId, memberId: ours.ownerMemberId })],
    [removeFromTeamAct, ({ teamId, memberId }) => ({ teamId, memberId })],
    [
      moveMemberAct,
      ({ teamId }) => ({ memberId: ours.ownerMemberId, fromTeamId: ours.defaultTeamId, toTeamId: teamId }),
    ],
  ]
  it.each(CASES.map(([act, input]) => ({ name: act.definition.name, act, input })))('$name', async ({ act, input }) => {
    const refusal = async (ids: Ids) => {
      const error: unknown = await act((await asOwner()) as never, input(ids)).catch((thrown: unknown) => thrown)
      return { ...(error as object), message: (error as Error).message }
    }
    const answer = await refusal(await foreign())
    expect(answer).toMatchObject({ code: 'not_found' })
    expect(answer).toEqual(await refusal(await random()))
    expect(answer).toEqual(await refusal(await garbage()))
  })
})

describe('numbers', () => {
  it('are shown to a team admin for their own team and for nobody else', async () => {
    const teamId = await newTeam()
    const [admin, mate, outsider] = [
      await newMember('developer', teamId),
      await newMember('developer', teamId),
      await newMember('developer', ours.defaultTeamId),
    ]
    await setTeamRoleAct(await asOwner(), { teamId, memberId: admin.memberId, role: 'team_admin' })
    await createKeyWith(world.ownerDb, {
      orgId: ours.orgId,
      holder: { kind: 'member', memberId: mate.memberId, teamId },
    })
    await createKeyWith(world.ownerDb, { orgId: ours.orgId, holder: { kind: 'member', memberId: mate.memberId } })
    const listAs = async (memberId: string) => {
      const members = await listMembersAct(await world.actAs(ours.orgId, memberId), {})
      const keysOf = (id: string) => members.find((member) => member.memberId === id)?.activeKeys
      return { admin: keysOf(admin.memberId), mate: keysOf(mate.memberId), outsider: keysOf(outsider.memberId) }
    }
    expect(await listAs(admin.memberId)).toEqual({ admin: 0, mate: 1, outsider: null })
    expect(await listAs(mate.memberId)).toEqual({ admin: null, mate: 2, outsider: null })
    expect(await listAs(ours.ownerMemberId)).toEqual({ admin: 0, mate: 2, outsider: 0 })
    const teams = await listTeamsAct(await world.actAs(ours.orgId, admin.memberId), {})
    expect(teams.find((team) => team.teamId === teamId)?.activeKeys).toBe(1)
    expect(teams.find((team) => team.teamId === ours.defaultTeamId)?.spentThisMonthPusd).toBeNull()
  })
})
