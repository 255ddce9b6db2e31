import type { JsonObject } from '@atpar/core/json'
import { isUuid } from '@atpar/core/ids'
import type { Tx } from './client.ts'
import type { Prisma } from './generated/client.ts'
import { newId } from './new-id.ts'
import type { OrgId } from './tenant.ts'

/** `system`: the platform by itself, or somebody who is not yet or no longer of the organization. */
export const AUDIT_ACTOR_KINDS = ['member', 'management-key', 'support', 'system'] as const
export type AuditActorKind = (typeof AUDIT_ACTOR_KINDS)[number]

export interface AuditActor {
  /** Without it: `member` when there is a user, else `system`. */
  readonly actorKind?: AuditActorKind
  /** Null when the platform or a management key acted. */
  readonly actorUserId: string | null
  readonly managementKeyId?: string
  /** The grant under which an operator looked. */
  readonly supportAccessId?: string
  readonly sessionId?: string
  readonly ip?: string
}

export interface AuditEntry extends AuditActor {
  /** Noun and past verb: `key-revoked`. */
  readonly action: string
  readonly subjectKind: string
  /** An id, never a name or an address: what is personal goes into `before` and `after`, which can be erased. */
  readonly subjectId: string
  /** What the act changed. Never a secret, never money as a JSON number. */
  readonly before?: JsonObject
  readonly after?: JsonObject
}

export interface RecordedAudit extends AuditEntry {
  readonly id: string
  readonly actorKind: AuditActorKind
  readonly actorName: string | null
  readonly createdAtMs: number
  /** Its place in the organization's chain, from 1. */
  readonly sequence: number
  /** Of this entry and by it of all before it; 64 hex digits. */
  readonly hash: string
  /** Personal details were taken out at this time; the entry and its place remain. */
  readonly erasedAtMs: number | null
}

/** In the transaction of the act itself, so that neither is ever without the other. The database chains the entry at commit. */
export const recordAudit = async (tx: Tx, orgId: OrgId, entry: AuditEntry): Promise<void> => {
  await tx.auditLog.create({
    data: {
      id: newId(),
      orgId,
      actorKind: entry.actorKind ?? (entry.actorUserId === null ? 'system' : 'member'),
      actorUserId: entry.actorUserId,
      managementKeyId: entry.managementKeyId ?? null,
      supportAccessId: entry.supportAccessId ?? null,
      sessionId: entry.sessionId ?? null,
      action: entry.action,
      subjectKind: entry.subjectKind,
      subjectId: entry.subjectId,
      ...(entry.before === undefined ? {} : { before: entry.before }),
      ...(entry.after === undefined ? {} : { after: entry.after }),
      ip: entry.ip ?? null,
    },
    select: { id: true },
  })
}

export interface AuditFilter {
  readonly actorUserId?: string | undefined
  readonly actorKind?: AuditActorKind | undefined
  readonly action?: string | undefined
  readonly subjectKind?: string | undefined
  readonly subjectId?: string | undefined
  readonly fromMs?: number | undefined
  /** Exclusive. */
  readonly untilMs?: number | undefined
}

export interface AuditPage extends AuditFilter {
  readonly limit: number
  /** Id of the last entry of the page before. */
  readonly before?: string | undefined
}

const whereOf = (orgId: OrgId, page: AuditPage): Prisma.AuditLogWhereInput => ({
  orgId,
  ...(page.before === undefined ? {} : { id: { lt: page.before } }),
  ...(page.actorUserId === undefined ? {} : { actorUserId: page.actorUserId }),
  ...(page.actorKind === undefined ? {} : { actorKind: page.actorKind }),
  ...(page.action === undefined ? {} : { action: page.action }),
  ...(page.subjectKind === undefined ? {} : { subjectKind: page.subjectKind }),
  ...(page.subjectId === undefined ? {} : { subjectId: page.subjectId }),
  createdAt: {
    ...(page.fromMs === undefined ? {} : { gte: new Date(page.fromMs) }),
    ...(page.untilMs === undefined ? {} : { lt: new Date(page.untilMs) }),
  },
})

type AuditRow = Awaited<ReturnType<Tx['auditLog']['findMany']>>[number]

const asRecorded = (row: AuditRow, actorName: string | null): RecordedAudit => ({
  id: row.id,
  actorKind: row.actorKind as AuditActorKind,
  actorUserId: row.actorUserId,
  actorName,
  action: row.action,
  subjectKind: row.subjectKind,
  subjectId: row.subjectId,
  ...(row.managementKeyId === null ? {} : { managementKeyId: row.managementKeyId }),
  ...(row.supportAccessId === null ? {} : { supportAccessId: row.supportAccessId }),
  ...(row.sessionId === null ? {} : { sessionId: row.sessionId }),
  ...(row.before === null ? {} : { before: row.before as JsonObject }),
  ...(row.after === null ? {} : { after: row.after as JsonObject }),
  ...(row.ip === null ? {} : { ip: row.ip }),
  createdAtMs: row.createdAt.getTime(),
  sequence: Number(row.sequence ?? 0n),
  hash: Buffer.from(row.hash ?? []).toString('hex'),
  erasedAtMs: row.erasedAt?.getTime() ?? null,
})

/** Newest first. A filter by an id that is none finds nothing. */
export const listAudit = async (tx: Tx, orgId: OrgId, page: AuditPage): Promise<readonly RecordedAudit[]> => {
  const ids = [page.before, page.actorUserId].filter((id) => id !== undefined)
  if (!ids.every(isUuid)) return []
  const rows = await tx.auditLog.findMany({
    where: whereOf(orgId, page),
    orderBy: { id: 'desc' },
    take: page.limit,
  })
  const actorIds = [...new Set(rows.flatMap((row) => (row.actorUserId === null ? [] : [row.actorUserId])))]
  const actors = await tx.user.findMany({ where: { id: { in: actorIds } }, select: { id: true, name: true } })
  const names = new Map(actors.map((actor) => [actor.id, actor.name]))
  return rows.map((row) => asRecorded(row, row.actorUserId === null ? null : (names.get(row.actorUserId) ?? null)))
}

export interface AuditFacets {
  readonly actions: readonly string[]
  readonly subjectKinds: readonly string[]
  readonly actors: readonly { readonly userId: string; readonly name: string | null }[]
}

/** What a filter can be chosen from: everything that occurs in this organization's record. */
export const listAuditFacets = async (tx: Tx, orgId: OrgId): Promise<AuditFacets> => {
  const actions = await tx.auditLog.groupBy({ by: ['action'], where: { orgId }, orderBy: { action: 'asc' } })
  const kinds = await tx.auditLog.groupBy({ by: ['subjectKind'], where: { orgId }, orderBy: { subjectKind: 'asc' } })
  const actors = await tx.auditLog.groupBy({ by: ['actorUserId'], where: { orgId, NOT: { actorUserId: null } } })
  const users = await tx.user.findMany({
    where: { id: { in: actors.flatMap(({ actorUserId }) => (actorUserId === null ? [] : [actorUserId])) } },
    select: { id: true, name: true },
    orderBy: { name: 'asc' },
  })
  return {
    actions: actions.map(({ action }) => action),
    subjectKinds: kinds.map(({ subjectKind }) => subjectKind),
    actors: users.map(({ id, name }) => ({ userId: id, name })),
  }
}
