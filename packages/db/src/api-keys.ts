import { AppError } from '@atpar/core/errors'
import { isUuid } from '@atpar/core/ids'
import type { KeyScope } from '@atpar/core/key-scope'
import { pusd, type Pusd } from '@atpar/core/money'
import { billingPeriodOf } from '@atpar/core/usage-event'
import type { Tx } from './client.ts'
import type { Prisma } from './generated/client.ts'
import { newId } from './new-id.ts'
import type { OrgId } from './tenant.ts'

/** What is stored of a key's text: made by packages/crypto, the text itself never comes here. */
export interface KeySecret {
  readonly hmac: Uint8Array
  readonly pepperId: string
  readonly publicPrefix: string
  readonly lastFour: string
}

interface KeyBasics {
  readonly name: string
  readonly secret: KeySecret
  readonly createdByUserId: string | null
  /** Empty or absent = all. */
  readonly allowedModels?: readonly string[]
  readonly allowedEndpoints?: readonly string[]
  readonly allowedRoutes?: readonly string[]
  readonly allowedCidrs?: readonly string[]
  /** Tags that every request of the key carries. */
  readonly labels?: readonly string[]
  readonly expiresAtMs?: number | null
}

/** A member's key may name one of their teams, whose limits then count; a service key belongs to its team and to no member. */
export type NewKey =
  | (KeyBasics & { readonly kind: 'member'; readonly memberId: string; readonly teamId: string | null })
  | (KeyBasics & { readonly kind: 'service'; readonly teamId: string })

export type RevokedReason =
  | 'revoked'
  | 'rotated'
  | 'leaked'
  | 'member-removed'
  | 'team-archived'
  | 'organization-deleted'

export interface KeySummary extends KeyScope {
  readonly keyId: string
  readonly name: string
  readonly kind: 'member' | 'service'
  readonly memberId: string | null
  readonly memberName: string | null
  /** The team it counts against: the one it names, else the one its member joined first. */
  readonly teamId: string | null
  readonly teamName: string | null
  readonly publicPrefix: string
  readonly lastFour: string
  readonly status: 'active' | 'revoked'
  readonly labels: readonly string[]
  readonly createdByUserId: string | null
  /** Whose word its scope is; null = the platform's, or of a management key. */
  readonly scopeSetByUserId: string | null
  readonly createdAtMs: number
  readonly revokedAtMs: number | null
  /** Null while it is active, and for keys that stopped before reasons were kept. */
  readonly revokedReason: RevokedReason | null
  /** To the hour: roll-ups know no more. */
  readonly lastUsedAtMs: number | null
  /** Billed in the UTC month of `atMs`. */
  readonly spentThisMonthPusd: Pusd
}

/** @throws AppError not_found when team or member are not of this organization, or the member is not in the team. */
const refuseStrangers = async (tx: Tx, orgId: OrgId, key: NewKey): Promise<void> => {
  if (key.kind === 'member') {
    const member = isUuid(key.memberId)
      ? await tx.membership.findFirst({ where: { id: key.memberId, orgId, status: 'active' }, select: { id: true } })
      : null
    if (member === null) throw new AppError('not_found', { param: 'memberId' })
  }
  if (key.teamId === null) return
  const team = isUuid(key.teamId)
    ? await tx.team.findFirst({
        where: {
          id: key.teamId,
          orgId,
          archivedAt: null,
          ...(key.kind === 'member' ? { members: { some: { memberId: key.memberId } } } : {}),
        },
        select: { id: true },
      })
    : null
  if (team === null) throw new AppError('not_found', { param: 'teamId' })
}

const toDate = (atMs: number | null): Date | null => (atMs === null ? null : new Date(atMs))

export const createKey = async (tx: Tx, orgId: OrgId, key: NewKey): Promise<{ readonly keyId: string }> => {
  await refuseStrangers(tx, orgId, key)
  const keyId = newId()
  await tx.apiKey.create({
    data: {
      id: keyId,
      orgId,
      kind: key.kind,
      memberId: key.kind === 'member' ? key.memberId : null,
      teamId: key.teamId,
      name: key.name.trim(),
      hmac: Uint8Array.from(key.secret.hmac),
      pepperId: key.secret.pepperId,
      publicPrefix: key.secret.publicPrefix,
      lastFour: key.secret.lastFour,
      allowedModels: [...(key.allowedModels ?? [])],
      allowedEndpoints: [...(key.allowedEndpoints ?? [])],
      allowedRoutes: [...(key.allowedRoutes ?? [])],
      allowedCidrs: [...(key.allowedCidrs ?? [])],
      labels: [...(key.labels ?? [])],
      expiresAt: toDate(key.expiresAtMs ?? null),
      createdBy: key.createdByUserId,
      scopeSetBy: key.createdByUserId,
    },
    select: { id: true },
  })
  return { keyId }
}

interface UseRecord {
  readonly key_id: string
  readonly spent: string
  readonly last_used: Date | null
}

const readUse = async (
  tx: Tx,
  orgId: OrgId,
  question: { readonly keyIds: readonly string[]; readonly atMs: number },
) => {
  const month = billingPeriodOf(question.atMs)
  const rows = await tx.$queryRaw<UseRecord[]>`
    SELECT key.id::text AS key_id,
      (SELECT coalesce(sum(r.billed_pusd), 0) FROM usage_rollup_hourly r WHERE r.org_id = ${orgId}::uuid AND r.key_id = key.id
        AND r.hour >= (${month}::date)::timestamp AT TIME ZONE 'UTC' AND r.hour < (${month}::date + interval '1 month') AT TIME ZONE 'UTC')::text AS spent,
      (SELECT r.hour FROM usage_rollup_hourly r WHERE r.org_id = ${orgId}::uuid AND r.key_id = key.id ORDER BY r.hour DESC LIMIT 1) AS last_used
    FROM unnest(${[...question.keyIds]}::uuid[]) AS key (id)`
  return new Map(rows.map((row) => [row.key_id, row]))
}

export interface KeyQuestion {
  /** Now, by the installation's clock: which month "this month" is. */
  readonly atMs: number
  /** Only this member's keys; all of the organization's otherwise. */
  readonly memberId?: string
  readonly keyId?: string
}

const NAMED = { select: { id: true, name: true } } satisfies Prisma.TeamDefaultArgs
const HOLDER = {
  team: NAMED,
  member: {
    select: {
      user: { select: { name: true } },
      teams: {
        where: { team: { archivedAt: null } },
        orderBy: [{ createdAt: 'asc' }, { teamId: 'asc' }],
        take: 1,
        select: { team: NAMED },
      },
    },
  },
} satisfies Prisma.ApiKeyInclude

const readKeys = (tx: Tx, orgId: OrgId, question: KeyQuestion) =>
  tx.apiKey.findMany({
    where: {
      orgId,
      ...(question.memberId === undefined ? {} : { memberId: question.memberId }),
      ...(question.keyId === undefined ? {} : { id: question.keyId }),
    },
    include: HOLDER,
    orderBy: [{ status: 'asc' }, { id: 'desc' }],
  })

type KeyRow = Awaited<ReturnType<typeof readKeys>>[number]

const toTimes = (key: KeyRow): Pick<KeySummary, 'expiresAtMs' | 'createdAtMs' | 'revokedAtMs'> => ({
  expiresAtMs: key.expiresAt?.getTime() ?? null,
  createdAtMs: key.createdAt.getTime(),
  revokedAtMs: key.revokedAt?.getTime() ?? null,
})

const toHolder = (key: KeyRow): Pick<KeySummary, 'kind' | 'memberId' | 'memberName' | 'teamId' | 'teamName'> => {
  const team = key.team ?? key.member?.teams[0]?.team ?? null
  return {
    kind: key.kind === 'service' ? 'service' : 'member',
    memberId: key.memberId,
    memberName: key.member?.user.name ?? null,
    teamId: team?.id ?? null,
    teamName: team?.name ?? null,
  }
}

const toSummary = (key: KeyRow, use: UseRecord | undefined): KeySummary => ({
  ...toTimes(key),
  ...toHolder(key),
  keyId: key.id,
  name: key.name,
  publicPrefix: key.publicPrefix,
  lastFour: key.lastFour,
  status: key.status === 'active' ? 'active' : 'revoked',
  // Held to these words by the table's check.
  revokedReason: key.revokedReason as RevokedReason | null,
  createdByUserId: key.createdBy,
  scopeSetByUserId: key.scopeSetBy,
  allowedModels: key.allowedModels,
  allowedEndpoints: key.allowedEndpoints,
  allowedRoutes: key.allowedRoutes,
  allowedCidrs: key.allowedCidrs,
  labels: key.labels,
  lastUsedAtMs: use?.last_used?.getTime() ?? null,
  spentThisMonthPusd: pusd(BigInt(use?.spent ?? '0')),
})

/** Active ones first, newest first. */
export const listKeys = async (tx: Tx, orgId: OrgId, question: KeyQuestion): Promise<readonly KeySummary[]> => {
  const keys = await readKeys(tx, orgId, question)
  const use = await readUse(tx, orgId, { keyIds: keys.map((key) => key.id), atMs: question.atMs })
  return keys.map((key) => toSummary(key, use.get(key.id)))
}

/** Null for another organization's key as for one that does not exist. */
export const findKey = async (
  tx: Tx,
  orgId: OrgId,
  question: { readonly keyId: string; readonly atMs: number },
): Promise<KeySummary | null> => (isUuid(question.keyId) ? ((await listKeys(tx, orgId, question))[0] ?? null) : null)

/** Absent = as it is. */
export type KeyChange = Partial<Pick<KeySummary, 'name' | 'labels' | keyof KeyScope>>

export interface KeyUpdate {
  readonly keyId: string
  readonly change: KeyChange
  /** Whose word its scope is from now on; absent = as before. */
  readonly scopeSetByUserId?: string | null
}

/** Proxies hear of it at commit. @returns false when it is not theirs or not active. */
export const updateKey = async (
  tx: Tx,
  orgId: OrgId,
  { keyId, change, scopeSetByUserId }: KeyUpdate,
): Promise<boolean> => {
  if (!isUuid(keyId)) return false
  const { name, labels, expiresAtMs } = change
  const { count } = await tx.apiKey.updateMany({
    where: { id: keyId, orgId, status: 'active' },
    data: {
      ...(scopeSetByUserId === undefined ? {} : { scopeSetBy: scopeSetByUserId }),
      ...(name === undefined ? {} : { name: name.trim() }),
      ...(labels === undefined ? {} : { labels: [...labels] }),
      ...(expiresAtMs === undefined ? {} : { expiresAt: toDate(expiresAtMs) }),
      ...(change.allowedModels === undefined ? {} : { allowedModels: [...change.allowedModels] }),
      ...(change.allowedEndpoints === undefined ? {} : { allowedEndpoints: [...change.allowedEndpoints] }),
      ...(change.allowedRoutes === undefined ? {} : { allowedRoutes: [...change.allowedRoutes] }),
      ...(change.allowedCidrs === undefined ? {} : { allowedCidrs: [...change.allowedCidrs] }),
    },
  })
  return count > 0
}

/** All its secrets stop; proxies hear of it at commit. @returns false when it is not theirs or revoked already. */
export const revokeKey = async (
  tx: Tx,
  orgId: OrgId,
  { keyId, reason }: { readonly keyId: string; readonly reason: RevokedReason },
): Promise<boolean> => {
  if (!isUuid(keyId)) return false
  const { count } = await tx.apiKey.updateMany({
    where: { id: keyId, orgId, status: 'active' },
    data: { status: 'revoked', revokedAt: new Date(), revokedReason: reason },
  })
  return count > 0
}
