import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { isExportCursor, readExportPage, type ExportedEvent } from '@atpar/db/usage-export'
import { defineAct } from '../define-act.ts'
import { narrowToReach } from '../reach-of-list.ts'

export interface UsageExportPage {
  readonly events: readonly ExportedEvent[]
  /** For `after` of the next page; null at the end. */
  readonly next: string | null
}

/** Events one by one, oldest first, with exact amounts. `after` goes on where an export broke off, on any day. */
export const exportUsageAct = defineAct({
  name: 'export-usage',
  effect: 'read',
  permission: 'usage:read',
  input: z.strictObject({
    fromMs: z.int().min(0),
    /** Exclusive. */
    toMs: z.int().min(0),
    after: z.string().max(100).optional(),
    limit: z.int().min(1).max(2_000),
    keyId: z.string().optional(),
    memberId: z.string().optional(),
    teamId: z.string().optional(),
  }),
  run: async (act, { fromMs, toMs, after, limit, keyId, memberId, teamId }): Promise<UsageExportPage> => {
    if (toMs <= fromMs) throw new AppError('invalid_request', { message: 'to must be later than from.', param: 'to' })
    if (after !== undefined && !isExportCursor(after))
      throw new AppError('invalid_request', { message: 'This is no cursor of an exported event.', param: 'after' })
    const events = await readExportPage(act.tx, act.orgId, {
      from: new Date(fromMs),
      to: new Date(toMs),
      after,
      limit,
      keyId,
      ...narrowToReach(act, 'usage:read', { memberId, teamId }),
    })
    return { events, next: events.length < limit ? null : (events.at(-1)?.cursor ?? null) }
  },
})
