import { HOUR_MS } from '@atpar/core/durations'
import { isUuid } from '@atpar/core/ids'
import type { Tx } from './client.ts'
import { newId } from './new-id.ts'
import { asOrgId, type OrgId } from './tenant.ts'

export type SupportStanding = 'requested' | 'active' | 'ended' | 'expired' | 'declined'

/** An operator's access to one organization, from request to end. */
export interface SupportAccess {
  readonly accessId: string
  readonly operatorName: string
  readonly operatorEmail: string
  readonly reason: string
  readonly hours: number
  readonly standing: SupportStanding
  readonly createdAtMs: number
  readonly grantedAtMs: number | null
  readonly expiresAtMs: number | null
  readonly endedAtMs: number | null
}

/** What an operator has asked for, or may see now. */
export interface SupportVisit {
  readonly accessId: string
  readonly orgId: OrgId
  readonly slug: string
  readonly name: string
  readonly status: 'active' | 'suspended'
  readonly reason: string
  readonly hours: number
  readonly createdAtMs: number
  /** Null while nobody has granted it. */
  readonly expiresAtMs: number | null
}

type Row = Awaited<ReturnType<Tx['supportAccess']['findMany']>>[number]

const standingOf = (row: Row, nowMs: number): SupportStanding => {
  if (row.endedAt !== null) return row.grantedAt === null ? 'declined' : 'ended'
  if (row.expiresAt === null) return 'requested'
  return row.expiresAt.getTime() > nowMs ? 'active' : 'expired'
}

const asAccess = (row: Row): SupportAccess => ({
  accessId: row.id,
  operatorName: row.operatorName,
  operatorEmail: row.operatorEmail,
  reason: row.reason,
  hours: row.hours,
  standing: standingOf(row, Date.now()),
  createdAtMs: row.createdAt.getTime(),
  grantedAtMs: row.grantedAt?.getTime() ?? null,
  expiresAtMs: row.expiresAt?.getTime() ?? null,
  endedAtMs: row.endedAt?.getTime() ?? null,
})

const LISTED = 50

/** Newest first. Real time: a grant ends when it ends, wherever a test installation's clock stands. */
export const listSupportAccess = async (tx: Tx, orgId: OrgId): Promise<readonly SupportAccess[]> => {
  const rows = await tx.supportAccess.findMany({ where: { orgId }, orderBy: { createdAt: 'desc' }, take: LISTED })
  return rows.map(asAccess)
}

/** What runs or waits for an answer now. */
export const listOpenSupportAccess = async (tx: Tx, orgId: OrgId): Promise<readonly SupportAccess[]> => {
  const rows = await tx.supportAccess.findMany({
    where: { orgId, endedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: new Date() } }] },
    orderBy: { createdAt: 'asc' },
    take: LISTED,
  })
  return rows.map(asAccess)
}

export interface Operator {
  readonly userId: string
  readonly name: string
  readonly email: string
}

/** Null when nobody of the platform's staff has this address. */
export const findOperator = async (tx: Tx, email: string): Promise<Operator | null> => {
  const rows = await tx.$queryRaw<
    { user_id: string; name: string; email: string }[]
  >`SELECT user_id, name, email FROM find_operator(${email})`
  const [row] = rows
  return row === undefined ? null : { userId: row.user_id, name: row.name, email: row.email }
}

export interface NewSupportGrant {
  readonly operator: Operator
  readonly reason: string
  /** 1 to 24. */
  readonly hours: number
  readonly grantedByUserId: string
}

export const grantSupportAccess = async (tx: Tx, orgId: OrgId, grant: NewSupportGrant): Promise<SupportAccess> => {
  const grantedAt = new Date()
  const row = await tx.supportAccess.create({
    data: {
      id: newId(),
      orgId,
      operatorUserId: grant.operator.userId,
      operatorName: grant.operator.name,
      operatorEmail: grant.operator.email,
      reason: grant.reason,
      hours: grant.hours,
      grantedBy: grant.grantedByUserId,
      grantedAt,
      expiresAt: new Date(grantedAt.getTime() + grant.hours * HOUR_MS),
    },
  })
  return asAccess(row)
}

const findOpen = async (tx: Tx, orgId: OrgId, accessId: string): Promise<SupportAccess | null> =>
  isUuid(accessId)
    ? ((await listOpenSupportAccess(tx, orgId)).find((access) => access.accessId === accessId) ?? null)
    : null

/** From now on for the hours asked for. Null when there is no such request. */
export const approveSupportAccess = async (
  tx: Tx,
  orgId: OrgId,
  approval: { readonly accessId: string; readonly grantedByUserId: string },
): Promise<SupportAccess | null> => {
  const open = await findOpen(tx, orgId, approval.accessId)
  if (open === null || open.standing !== 'requested') return null
  const grantedAt = new Date()
  const row = await tx.supportAccess.update({
    where: { id: open.accessId, grantedAt: null, endedAt: null },
    data: {
      grantedBy: approval.grantedByUserId,
      grantedAt,
      expiresAt: new Date(grantedAt.getTime() + open.hours * HOUR_MS),
    },
  })
  return asAccess(row)
}

/** Ends a grant at once, or declines a request. Null when there is none that runs or waits. */
export const endSupportAccess = async (
  tx: Tx,
  orgId: OrgId,
  ending: { readonly accessId: string; readonly endedByUserId: string | null },
): Promise<SupportAccess | null> => {
  const open = await findOpen(tx, orgId, ending.accessId)
  if (open === null) return null
  await tx.supportAccess.update({
    where: { id: open.accessId },
    data: { endedBy: ending.endedByUserId, endedAt: new Date() },
  })
  return open
}

/** Inside `withActor`: it answers for the operator who is asking and for nobody else. */
export const listSupportVisits = async (tx: Tx): Promise<readonly SupportVisit[]> => {
  const rows = await tx.$queryRaw<
    {
      access_id: string
      org_id: string
      slug: string
      name: string
      status: SupportVisit['status']
      reason: string
      hours: number
      created_at: Date
      expires_at: Date | null
    }[]
  >`SELECT * FROM list_support_visits()`
  return rows.map((row) => ({
    accessId: row.access_id,
    orgId: asOrgId(row.org_id),
    slug: row.slug,
    name: row.name,
    status: row.status,
    reason: row.reason,
    hours: row.hours,
    createdAtMs: row.created_at.getTime(),
    expiresAtMs: row.expires_at?.getTime() ?? null,
  }))
}

/** Inside `withActor`, by an operator. False when no organization has that address, or the one who asks is no operator. */
export const requestSupportAccess = async (
  tx: Tx,
  request: { readonly slug: string; readonly reason: string; readonly hours: number },
): Promise<boolean> => {
  const rows = await tx.$queryRaw<
    { org_id: string | null }[]
  >`SELECT request_support_access(${newId()}::uuid, ${newId()}::uuid, ${request.slug}, ${request.reason}, ${request.hours}) AS org_id`
  return rows[0]?.org_id != null
}
