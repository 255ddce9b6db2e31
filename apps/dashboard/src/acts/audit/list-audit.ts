import { z } from 'zod'
import { AUDIT_ACTOR_KINDS, listAudit, type RecordedAudit } from '@atpar/db/audit-log'
import { defineAct } from '../define-act.ts'

const input = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  /** Id of the last entry of the page before. */
  before: z.uuid().optional(),
  actorKind: z.enum(AUDIT_ACTOR_KINDS).optional(),
  actorUserId: z.uuid().optional(),
  action: z.string().max(80).optional(),
  subjectKind: z.string().max(80).optional(),
  subjectId: z.string().max(80).optional(),
  /** ISO 8601 with a zone. `until` is exclusive. */
  from: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
})

export interface AuditListing {
  readonly entries: readonly RecordedAudit[]
  /** For `before` of the next page; null at the end. */
  readonly next: string | null
}

/** The record of acts, newest first. */
export const listAuditAct = defineAct({
  name: 'list-audit',
  effect: 'read',
  permission: 'audit:read',
  input,
  run: async (act, { limit, from, until, ...filter }): Promise<AuditListing> => {
    const entries = await listAudit(act.tx, act.orgId, {
      ...filter,
      limit: limit + 1,
      ...(from === undefined ? {} : { fromMs: Date.parse(from) }),
      ...(until === undefined ? {} : { untilMs: Date.parse(until) }),
    })
    const page = entries.slice(0, limit)
    return { entries: page, next: entries.length > limit ? (page.at(-1)?.id ?? null) : null }
  },
})
