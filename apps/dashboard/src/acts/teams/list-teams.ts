import { z } from 'zod'
import { listTeams } from '@atpar/db/teams'
import { defineAct } from '../define-act.ts'
import { withFigures } from './team-view.ts'

/** Teams that are not archived, oldest first. */
export const listTeamsAct = defineAct({
  name: 'list-teams',
  effect: 'read',
  permission: 'team:read',
  input: z.strictObject({}),
  run: async (act) => withFigures(act, await listTeams(act.tx, act.orgId)),
})
