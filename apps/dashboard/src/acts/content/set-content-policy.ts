import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { forgetContent, setContentPolicy } from '@atpar/db/content-policies'
import { findTeam } from '@atpar/db/teams'
import { defineAct } from '../define-act.ts'
import { viewContentPolicy, type ContentPolicyView } from './read-content-policy.ts'

const input = z.strictObject({
  /** Null: of the whole organization. */
  teamId: z.uuid().nullable().default(null),
  /** Null takes the policy of a team away, so that the organization's counts. */
  days: z.union([z.literal(0), z.literal(7), z.literal(30)], 'Choose 0, 7 or 30 days.').nullable(),
})

/**
 * Sets how long prompts and answers are kept. Longer counts from here on: nothing that was not kept appears. Shorter counts for what is kept, too: it
 * is deleted in this transaction. @throws AppError not_found when the team is not one of this organization
 */
export const setContentPolicyAct = defineAct({
  name: 'set-content-policy',
  effect: 'write',
  permission: 'content:manage',
  input,
  run: async (act, { teamId, days }): Promise<ContentPolicyView> => {
    if (teamId === null && days === null)
      throw new AppError('invalid_request', { param: 'days', message: 'days: choose 0, 7 or 30 days.' })
    if (teamId !== null && (await findTeam(act.tx, act.orgId, teamId)) === null) throw new AppError('not_found')
    const before = await viewContentPolicy(act)
    await setContentPolicy(act.tx, act.orgId, { holderId: teamId ?? act.orgId, days })
    const forgotten = await forgetContent(act.tx, act.orgId)
    await act.audit({
      action: 'content-policy-set',
      subjectKind: teamId === null ? 'organization' : 'team',
      subjectId: teamId ?? act.orgId,
      before: {
        days: teamId === null ? before.days : (before.teams.find((team) => team.teamId === teamId)?.days ?? null),
      },
      after: { days, forgotten },
    })
    return viewContentPolicy(act)
  },
})
