import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import type { KeptContent } from '@atpar/core/kept-content'
import { readContentState } from '@atpar/db/content-policies'
import { findRequest } from '@atpar/db/requests'
import { readDeps } from '../../deps.ts'
import { defineAct } from '../define-act.ts'

export interface ReadContent {
  /** Null: nothing was kept, or nothing is any more. */
  readonly content: KeptContent | null
  readonly keptUntilMs: number | null
  /** How long it is kept of such requests now. */
  readonly days: number
}

/**
 * What one request and its answer said, where that is kept. The proxy opens it, this process could not; who read it is on record.
 * @throws AppError not_found, upstream_failed when no proxy answers
 */
export const readContentAct = defineAct({
  name: 'read-content',
  effect: 'read',
  permission: 'content:read',
  input: z.strictObject({ requestId: z.string() }),
  run: async (act, { requestId }): Promise<ReadContent> => {
    const [first] = (await findRequest(act.tx, act.orgId, requestId)) ?? []
    if (first === undefined) throw new AppError('not_found')
    const state = await readContentState(act.tx, act.orgId, { requestId, holderId: first.teamId ?? act.orgId })
    if (state.keptUntilMs === null) return { content: null, ...state }
    const content = (await readDeps().readContents(act.orgId, [requestId])).get(requestId) ?? null
    if (content === null) return { content, ...state, keptUntilMs: null }
    await act.audit({ action: 'content-read', subjectKind: 'request', subjectId: requestId })
    return { content, ...state }
  },
})
