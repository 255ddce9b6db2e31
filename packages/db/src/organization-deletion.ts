import { DAY_MS } from '@atpar/core/durations'
import type { Tx } from './client.ts'
import type { OrgId } from './tenant.ts'

/** Between asking and erasing; the database refuses less. */
export const DELETION_GRACE_DAYS = 7
const GRACE_MS = DELETION_GRACE_DAYS * DAY_MS

export interface PendingDeletion {
  readonly requestedAtMs: number
  /** When everything that can be erased is. Until then it can be taken back. */
  readonly dueAtMs: number
}

/** Null when nobody asked. Real time throughout: a test installation's clock erases nothing early. */
export const findPendingDeletion = async (tx: Tx, orgId: OrgId): Promise<PendingDeletion | null> => {
  const row = await tx.organization.findUnique({
    where: { id: orgId },
    select: { deletionRequestedAt: true, deletionDueAt: true },
  })
  if (row === null || row.deletionRequestedAt === null || row.deletionDueAt === null) return null
  return { requestedAtMs: row.deletionRequestedAt.getTime(), dueAtMs: row.deletionDueAt.getTime() }
}

/** Suspends the organization now, by a trigger, and sets the day on which it is erased. Null when that was done before. */
export const requestDeletion = async (tx: Tx, orgId: OrgId, userId: string): Promise<PendingDeletion | null> => {
  const requestedAt = new Date()
  const dueAt = new Date(requestedAt.getTime() + GRACE_MS)
  const { count } = await tx.organization.updateMany({
    where: { id: orgId, deletionDueAt: null },
    data: { deletionRequestedAt: requestedAt, deletionRequestedBy: userId, deletionDueAt: dueAt },
  })
  return count === 0 ? null : { requestedAtMs: requestedAt.getTime(), dueAtMs: dueAt.getTime() }
}

/** Puts the organization back to what it was. False when no deletion is pending. */
export const cancelDeletion = async (tx: Tx, orgId: OrgId): Promise<boolean> => {
  const { count } = await tx.organization.updateMany({
    where: { id: orgId, NOT: { deletionDueAt: null } },
    data: { deletionRequestedAt: null, deletionRequestedBy: null, deletionDueAt: null },
  })
  return count > 0
}
