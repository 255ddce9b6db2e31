import { z } from 'zod'
import { TEAM_ROLES } from '@atpar/core/permissions'
import { archiveTeamAct } from '../../acts/teams/archive-team.ts'
import { createTeamAct } from '../../acts/teams/create-team.ts'
import { listTeamsAct } from '../../acts/teams/list-teams.ts'
import { readTeamAct } from '../../acts/teams/read-team.ts'
import { removeFromTeamAct } from '../../acts/teams/remove-from-team.ts'
import { renameTeamAct } from '../../acts/teams/rename-team.ts'
import { setTeamRoleAct } from '../../acts/teams/set-team-role.ts'
import type { TeamView } from '../../acts/teams/team-view.ts'
import { defineRoute } from '../define-route.ts'
import { pageOfAll } from '../page.ts'
import { id, instant, pageOf, pageQuery, pusdText, toInstant, toUsd, usd } from '../wire.ts'
import { member, showMember } from './members.ts'

const fields = {
  team_id: id,
  name: z.string(),
  member_count: z.number().int(),
  active_keys: z.number().int().nullable(),
  spent_this_month_usd: usd.nullable(),
  spent_this_month_pusd: pusdText.nullable(),
  created_at: instant,
}
const team = z.strictObject(fields).meta({ id: 'Team' })
const teamWithMembers = z.strictObject({ ...fields, members: z.array(member) }).meta({ id: 'TeamWithMembers' })

const show = (view: TeamView) => ({
  team_id: view.teamId,
  name: view.name,
  member_count: view.memberCount,
  active_keys: view.activeKeys,
  spent_this_month_usd: view.spentThisMonthPusd === null ? null : toUsd(view.spentThisMonthPusd),
  spent_this_month_pusd: view.spentThisMonthPusd?.toString() ?? null,
  created_at: toInstant(view.createdAtMs),
})

export const TEAM_ROUTES = [
  defineRoute({
    method: 'GET',
    path: '/teams',
    operation: 'listTeams',
    tag: 'Teams',
    summary: 'List teams',
    act: listTeamsAct,
    query: z.strictObject(pageQuery),
    status: 200,
    answer: pageOf(team),
    toInput: () => ({}),
    toAnswer: (teams, { query }) => pageOfAll(teams, { query, placeOf: (view) => view.teamId, show }),
  }),
  defineRoute({
    method: 'POST',
    path: '/teams',
    operation: 'createTeam',
    tag: 'Teams',
    summary: 'Create a team',
    act: createTeamAct,
    body: z.strictObject({ name: z.string() }),
    status: 201,
    answer: z.strictObject({ team_id: id, name: z.string() }).meta({ id: 'CreatedTeam' }),
    errors: ['conflict'],
    toInput: ({ body }) => body,
    toAnswer: ({ teamId }, { body }) => ({ team_id: teamId, name: body.name.trim() }),
  }),
  defineRoute({
    method: 'GET',
    path: '/teams/{team_id}',
    operation: 'readTeam',
    tag: 'Teams',
    summary: 'Read a team and who is in it',
    act: readTeamAct,
    status: 200,
    answer: teamWithMembers,
    toInput: ({ params }) => ({ teamId: params['team_id'] }),
    toAnswer: (view) => ({ ...show(view), members: view.members.map(showMember) }),
  }),
  defineRoute({
    method: 'PATCH',
    path: '/teams/{team_id}',
    operation: 'renameTeam',
    tag: 'Teams',
    summary: 'Rename a team',
    act: renameTeamAct,
    body: z.strictObject({ name: z.string() }),
    status: 204,
    errors: ['conflict'],
    toInput: ({ params, body }) => ({ teamId: params['team_id'], name: body.name }),
  }),
  defineRoute({
    method: 'DELETE',
    path: '/teams/{team_id}',
    operation: 'archiveTeam',
    tag: 'Teams',
    summary: 'Archive a team',
    description: 'Its keys stop; its members stay in the organization and its usage on record.',
    act: archiveTeamAct,
    status: 204,
    toInput: ({ params }) => ({ teamId: params['team_id'] }),
  }),
  defineRoute({
    method: 'PUT',
    path: '/teams/{team_id}/members/{member_id}',
    operation: 'setTeamRole',
    tag: 'Teams',
    summary: 'Put a member into a team',
    description: 'Or change their role in it.',
    act: setTeamRoleAct,
    body: z.strictObject({ role: z.enum(TEAM_ROLES) }),
    status: 204,
    toInput: ({ params, body }) => ({ teamId: params['team_id'], memberId: params['member_id'], role: body.role }),
  }),
  defineRoute({
    method: 'DELETE',
    path: '/teams/{team_id}/members/{member_id}',
    operation: 'removeFromTeam',
    tag: 'Teams',
    summary: 'Take a member out of a team',
    description: 'Their keys that name the team stop.',
    act: removeFromTeamAct,
    status: 204,
    toInput: ({ params }) => ({ teamId: params['team_id'], memberId: params['member_id'] }),
  }),
]
