import { z } from 'zod'
import { ROLES, TEAM_ROLES } from '@atpar/core/permissions'
import { changeRoleAct } from '../../acts/members/change-role.ts'
import { listMembersAct } from '../../acts/members/list-members.ts'
import type { MemberView } from '../../acts/members/member-view.ts'
import { readMemberAct } from '../../acts/members/read-member.ts'
import { removeMemberAct } from '../../acts/members/remove-member.ts'
import { defineRoute } from '../define-route.ts'
import { pageOfAll } from '../page.ts'
import { id, instant, pageOf, pageQuery, pusdText, toInstant, toInstantOrNull, toUsd, usd } from '../wire.ts'

export const member = z
  .strictObject({
    member_id: id,
    name: z.string(),
    email: z.string(),
    role: z.enum(ROLES),
    teams: z.array(z.strictObject({ team_id: id, name: z.string(), role: z.enum(TEAM_ROLES) })),
    joined_at: instant,
    last_seen_at: instant.nullable().meta({ description: 'To five minutes; null = never.' }),
    active_keys: z.number().int().nullable(),
    spent_this_month_usd: usd
      .nullable()
      .meta({ description: 'In the current UTC month. Null where the role may not see it.' }),
    spent_this_month_pusd: pusdText.nullable(),
  })
  .meta({ id: 'Member' })

export const showMember = (view: MemberView) => ({
  member_id: view.memberId,
  name: view.name,
  email: view.email,
  role: view.role,
  teams: view.teams.map((team) => ({ team_id: team.teamId, name: team.name, role: team.role })),
  joined_at: toInstant(view.joinedAtMs),
  last_seen_at: toInstantOrNull(view.lastSeenAtMs),
  active_keys: view.activeKeys,
  spent_this_month_usd: view.spentThisMonthPusd === null ? null : toUsd(view.spentThisMonthPusd),
  spent_this_month_pusd: view.spentThisMonthPusd?.toString() ?? null,
})

export const MEMBER_ROUTES = [
  defineRoute({
    method: 'GET',
    path: '/members',
    operation: 'listMembers',
    tag: 'Members',
    summary: 'List members',
    description: 'Active members, in the order of their ids.',
    act: listMembersAct,
    query: z.strictObject({
      ...pageQuery,
      search: z.string().max(200).optional().meta({ description: 'Part of a name or an address.' }),
      team_id: id.optional(),
    }),
    status: 200,
    answer: pageOf(member),
    toInput: ({ query }) => ({
      ...(query.search === undefined ? {} : { search: query.search }),
      ...(query.team_id === undefined ? {} : { teamId: query.team_id }),
    }),
    toAnswer: (members, { query }) => pageOfAll(members, { query, placeOf: (view) => view.memberId, show: showMember }),
  }),
  defineRoute({
    method: 'GET',
    path: '/members/{member_id}',
    operation: 'readMember',
    tag: 'Members',
    summary: 'Read a member',
    act: readMemberAct,
    status: 200,
    answer: member,
    toInput: ({ params }) => ({ memberId: params['member_id'] }),
    toAnswer: showMember,
  }),
  defineRoute({
    method: 'PATCH',
    path: '/members/{member_id}',
    operation: 'changeRole',
    tag: 'Members',
    summary: 'Change a member’s role',
    description: 'An owner is made and unmade by owners only, so never by a management key.',
    act: changeRoleAct,
    body: z.strictObject({ role: z.enum(ROLES) }),
    status: 204,
    toInput: ({ params, body }) => ({ memberId: params['member_id'], role: body.role }),
  }),
  defineRoute({
    method: 'DELETE',
    path: '/members/{member_id}',
    operation: 'removeMember',
    tag: 'Members',
    summary: 'Remove a member',
    description: 'Access, keys and sent invitations end in one step; usage stays on record.',
    act: removeMemberAct,
    status: 204,
    toInput: ({ params }) => ({ memberId: params['member_id'] }),
  }),
]
