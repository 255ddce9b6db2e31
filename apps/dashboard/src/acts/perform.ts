import { AppError } from '@atpar/core/errors'
import {
  can,
  reaches,
  type Belonging,
  type Permission,
  type Role,
  type ScopedPermission,
  type TeamRole,
} from '@atpar/core/permissions'
import { recordAudit, type AuditEntry } from '@atpar/db/audit-log'
import type { Tx } from '@atpar/db/client'
import { readClockOffsetMs } from '@atpar/db/clock'
import { listTeamRoles } from '@atpar/db/teams'
import { withTenant, type OrgId } from '@atpar/db/tenant'
import { readDeps } from '../deps.ts'

/** Who acts: a signed-in member, or a management key with a role of its own. */
export type Actor =
  | { readonly kind: 'member'; readonly userId: string; readonly memberId: string; readonly role: Role }
  | { readonly kind: 'management-key'; readonly managementKeyId: string; readonly role: Role }

export interface ActContext {
  readonly orgId: OrgId
  readonly actor: Actor
  readonly ip: string | null
}

/** What an act works with: one transaction that sees one organization, and who asks. */
export interface Act {
  readonly tx: Tx
  readonly orgId: OrgId
  readonly actor: Actor
  /** Null for a management key. */
  readonly memberId: string | null
  readonly role: Role
  readonly teamRoles: ReadonlyMap<string, TeamRole>
  /** Now by the installation's clock. */
  readonly atMs: number
  /** @throws AppError forbidden when the role does not include it. */
  readonly require: (permission: Permission) => void
  /** As `require`, for what belongs to a member or a team. */
  readonly requireReach: (permission: ScopedPermission, thing: Belonging) => void
  /** Into the record of acts, in this transaction. */
  readonly audit: (entry: Omit<AuditEntry, 'actorUserId' | 'ip'>) => Promise<void>
}

/**
 * Runs one act of management: a screen's action and the management API's route call the same function with the same checks, in one transaction,
 * with its audit entry in it, and wake the proxies once it is committed.
 */
export const perform = async <Result>(
  { orgId, actor, ip }: ActContext,
  work: (act: Act) => Promise<Result>,
): Promise<Result> => {
  const { db, nowMs, announceChange } = readDeps()
  const userId = actor.kind === 'member' ? actor.userId : null
  const memberId = actor.kind === 'member' ? actor.memberId : null
  const result = await withTenant(db, { orgId, userId }, async (tx) => {
    const teamRoles = memberId === null ? new Map<string, TeamRole>() : await listTeamRoles(tx, orgId, memberId)
    return work({
      tx,
      orgId,
      actor,
      memberId,
      role: actor.role,
      teamRoles,
      atMs: nowMs() + (await readClockOffsetMs(tx)),
      require: (permission) => {
        if (!can(actor.role, permission)) throw new AppError('forbidden')
      },
      requireReach: (permission, thing) => {
        if (!reaches({ role: actor.role, memberId, teamRoles }, permission, thing)) throw new AppError('forbidden')
      },
      audit: (entry) => recordAudit(tx, orgId, { ...entry, actorUserId: userId, ...(ip === null ? {} : { ip }) }),
    })
  })
  await announceChange()
  return result
}
