import { z } from 'zod'
import { AUDIT_ACTOR_KINDS, type RecordedAudit } from '@atpar/db/audit-log'
import { listAuditAct } from '../../acts/audit/list-audit.ts'
import { defineRoute } from '../define-route.ts'
import { cutPage, decodeCursor } from '../page.ts'
import { anyJson, id, instant, nullableId, pageOf, pageQuery, toInstant } from '../wire.ts'

const entry = z
  .strictObject({
    entry_id: id,
    sequence: z.number().int().meta({ description: 'Its place in the organization’s chain, from 1.' }),
    actor_kind: z.enum(AUDIT_ACTOR_KINDS),
    actor_user_id: nullableId,
    actor_name: z.string().nullable(),
    management_key_id: nullableId,
    action: z.string(),
    subject_kind: z.string(),
    subject_id: z.string(),
    before: anyJson,
    after: anyJson,
    ip: z.string().nullable(),
    created_at: instant,
    hash: z.string().meta({ description: 'Of this entry and, by it, of all before it.' }),
  })
  .meta({ id: 'AuditEntry' })

const show = (row: RecordedAudit) => ({
  entry_id: row.id,
  sequence: row.sequence,
  actor_kind: row.actorKind,
  actor_user_id: row.actorUserId,
  actor_name: row.actorName,
  management_key_id: row.managementKeyId ?? null,
  action: row.action,
  subject_kind: row.subjectKind,
  subject_id: row.subjectId,
  before: row.before ?? null,
  after: row.after ?? null,
  ip: row.ip ?? null,
  created_at: toInstant(row.createdAtMs),
  hash: row.hash,
})

const moment = z.iso.datetime({ offset: true })

export const AUDIT_ROUTES = [
  defineRoute({
    method: 'GET',
    path: '/audit-log',
    operation: 'listAuditLog',
    tag: 'Audit log',
    summary: 'List the record of acts',
    description: 'Every act of management, newest first.',
    act: listAuditAct,
    query: z.strictObject({
      ...pageQuery,
      actor_kind: z.enum(AUDIT_ACTOR_KINDS).optional(),
      action: z.string().max(80).optional(),
      subject_kind: z.string().max(80).optional(),
      subject_id: z.string().max(80).optional(),
      from: moment.optional(),
      until: moment.optional().meta({ description: 'Exclusive.' }),
    }),
    status: 200,
    answer: pageOf(entry),
    toInput: ({ query }) => ({
      limit: query.limit,
      before: decodeCursor(query.cursor),
      actorKind: query.actor_kind,
      action: query.action,
      subjectKind: query.subject_kind,
      subjectId: query.subject_id,
      from: query.from,
      until: query.until,
    }),
    toAnswer: ({ entries, next }, { query }) =>
      cutPage(next === null ? entries : [...entries, ...entries.slice(-1)], {
        limit: query.limit,
        placeOf: (row) => row.id,
        show,
      }),
  }),
]
