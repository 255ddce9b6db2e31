import { z } from 'zod'
import type { RetentionDays } from '@atpar/core/retention'
import { listContentPolicies } from '@atpar/db/content-policies'
import { listTeams } from '@atpar/db/teams'
import { defineAct, type Act } from '../define-act.ts'

export interface ContentPolicyView {
  /** What counts where a team has no policy of its own; 0 where nothing was ever set. */
  readonly days: RetentionDays
  /** `days` null: the organization's counts. */
  readonly teams: readonly { readonly teamId: string; readonly name: string; readonly days: RetentionDays | null }[]
}

export const viewContentPolicy = async ({ tx, orgId }: Act): Promise<ContentPolicyView> => {
  const policies = new Map((await listContentPolicies(tx, orgId)).map(({ holderId, days }) => [holderId, days]))
  return {
    days: policies.get(orgId) ?? 0,
    teams: (await listTeams(tx, orgId)).map(({ teamId, name }) => ({
      teamId,
      name,
      days: policies.get(teamId) ?? null,
    })),
  }
}

/** How long prompts and answers are kept. Every member may know: what they send is theirs. */
export const readContentPolicyAct = defineAct({
  name: 'read-content-policy',
  effect: 'read',
  permission: 'organization:read',
  input: z.strictObject({}),
  run: viewContentPolicy,
})
