import { z } from 'zod'
import { ROLES, TEAM_ROLES } from '@atpar/core/permissions'
import { listInvitationsAct } from '../../acts/members/list-invitations.ts'
import { revokeInvitationAct } from '../../acts/members/revoke-invitation.ts'
import { defineRoute } from '../define-route.ts'
import { pageOfAll } from '../page.ts'
import { id, instant, nullableId, pageOf, pageQuery, toInstant } from '../wire.ts'

const invitation = z
  .strictObject({
    invitation_id: id,
    email: z.string(),
    role: z.enum(ROLES),
    team_id: nullableId,
    team_role: z.enum(TEAM_ROLES),
    invited_by: z.string(),
    created_at: instant,
    expires_at: instant,
  })
  .meta({ id: 'Invitation' })

export const INVITATION_ROUTES = [
  defineRoute({
    method: 'GET',
    path: '/invitations',
    operation: 'listInvitations',
    tag: 'Invitations',
    summary: 'List open invitations',
    description: 'Those nobody has answered, expired ones included. Invitations are sent by people, in the dashboard.',
    act: listInvitationsAct,
    query: z.strictObject(pageQuery),
    status: 200,
    answer: pageOf(invitation),
    toInput: () => ({}),
    toAnswer: (invitations, { query }) =>
      pageOfAll(invitations, {
        query,
        placeOf: (open) => open.invitationId,
        show: (open) => ({
          invitation_id: open.invitationId,
          email: open.email,
          role: open.role,
          team_id: open.teamId,
          team_role: open.teamRole,
          invited_by: open.invitedByName,
          created_at: toInstant(open.createdAtMs),
          expires_at: toInstant(open.expiresAtMs),
        }),
      }),
  }),
  defineRoute({
    method: 'DELETE',
    path: '/invitations/{invitation_id}',
    operation: 'revokeInvitation',
    tag: 'Invitations',
    summary: 'Revoke an invitation',
    description: 'The link in the mail stops working at once.',
    act: revokeInvitationAct,
    status: 204,
    toInput: ({ params }) => ({ invitationId: params['invitation_id'] }),
  }),
]
