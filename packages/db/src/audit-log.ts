import type { JsonObject } from '@atpar/core/json'
import type { Tx } from './client.ts'
import { newId } from './new-id.ts'
import type { OrgId } from './tenant.ts'

export interface AuditEntry {
  /** Null when the platform acted by itself. */
  readonly actorUserId: string | null
  /** Noun and past verb: `key-revoked`. */
  readonly action: string
  readonly subjectKind: string
  readonly subjectId: string
  /** What the act changed. Never a secret, never money as a JSON number. */
  readonly before?: JsonObject
  readonly after?: JsonObject
  readonly ip?: string
}

export interface RecordedAudit extends AuditEntry {
  readonly id: string
  readonly actorName: string | null
  readonly createdAtMs: number
}

/** In the transaction of the act itself, so that neither is ever without the other. */
export const recordAudit = async (tx: Tx, orgId: OrgId, entry: AuditEntry): Promise<void> => {
  await tx.auditLog.create({
    data: {
      id: newId(),
      orgId,
      actorUserId: entry.actorUserId,
      action: entry.action,
      subjectKind: entry.subjectKind,
      subjectId: entry.subjectId,
      ...(entry.before === undefined ? {} : { before: entry.before }),
      ...(entry.after === undefined ? {} : { after: entry.after }),
      ip: entry.ip ?? null,
    },
  })
}

export interface AuditPage {
  readonly limit: number
  /** Id of the last entry of the page before. */
  readonly before?: string
}

/** Newest first. */
export const listAudit = async (tx: Tx, orgId: OrgId, page: AuditPage): Promise<readonly RecordedAudit[]> => {
  const entries = await tx.auditLog.findMany({
    where: { orgId, ...(page.before === undefined ? {} : { id: { lt: page.before } }) },
    orderBy: { id: 'desc' },
    take: page.limit,
  })
  const actorIds = [...new Set(entries.flatMap((entry) => (entry.actorUserId === null ? [] : [entry.actorUserId])))]
  const actors = await tx.user.findMany({ where: { id: { in: actorIds } }, select: { id: true, name: true } })
  const names = new Map(actors.map((actor) => [actor.id, actor.name]))
  return entries.map((entry) => ({
    id: entry.id,
    actorUserId: entry.actorUserId,
    actorName: entry.actorUserId === null ? null : (names.get(entry.actorUserId) ?? null),
    action: entry.action,
    subjectKind: entry.subjectKind,
    subjectId: entry.subjectId,
    ...(entry.before === null ? {} : { before: entry.before as JsonObject }),
    ...(entry.after === null ? {} : { after: entry.after as JsonObject }),
    ...(entry.ip === null ? {} : { ip: entry.ip }),
    createdAtMs: entry.createdAt.getTime(),
  }))
}
