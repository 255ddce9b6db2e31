import { AppError } from '@atpar/core/errors'
import { isUuid } from '@atpar/core/ids'
import { pusd, type Pusd } from '@atpar/core/money'
import { billingPeriodOf } from '@atpar/core/usage-event'
import type { Tx } from './client.ts'
import { newId } from './new-id.ts'
import type { OrgId } from './tenant.ts'

export type CredentialPreference = 'prefer' | 'only'
export type CredentialStatus = 'active' | 'disabled' | 'refused'

/** What may be known of a credential once it is written: everything but its secret. */
export interface CredentialSummary {
  readonly credentialId: string
  readonly providerId: string
  readonly label: string
  readonly preference: CredentialPreference
  /** `refused` = the provider does not take it; no call goes out with it until it is replaced or switched on again. */
  readonly status: CredentialStatus
  /** False after an import, until its key is entered again: it cannot be switched on. */
  readonly hasSecret: boolean
  /** The last four characters, '' when the key is too short to show any. */
  readonly hint: string
  readonly baseUrl: string | null
  /** Counts the secrets this credential has had. */
  readonly secretVersion: number
  readonly secretSetAtMs: number
  readonly createdAtMs: number
  readonly lastUsedAtMs: number | null
  readonly lastFailedAtMs: number | null
  /** One of our error codes. */
  readonly lastError: string | null
  readonly lastStatus: number | null
}

/** What is bound into a seal, as packages/crypto asks for it. */
export interface SecretPlace {
  readonly orgId: string
  readonly credentialId: string
  readonly version: number
}

/** A sealed secret. The plain one never comes to this package. */
export interface NewSecret {
  /** Seals for the place this package chooses, so that bytes and row cannot fall apart. */
  readonly seal: (place: SecretPlace) => { readonly bytes: Uint8Array; readonly keyId: string }
  readonly hint: string
  readonly baseUrl: string | null
}

export interface NewCredential {
  readonly providerId: string
  readonly label: string
  readonly preference: CredentialPreference
  readonly secret: NewSecret
}

export const CREDENTIAL_FIELDS = { include: { use: true }, omit: { sealed: true } } as const

/** Those of own endpoints are theirs alone: see custom-endpoints.ts. */
const readRows = (tx: Tx, where: { readonly orgId: OrgId; readonly id?: string }) =>
  tx.credential.findMany({
    where: { ...where, endpoint: { is: null } },
    ...CREDENTIAL_FIELDS,
    orderBy: [{ providerId: 'asc' }, { createdAt: 'asc' }, { id: 'asc' }],
  })

type CredentialRow = Awaited<ReturnType<typeof readRows>>[number]

const STATUSES: readonly CredentialStatus[] = ['active', 'disabled', 'refused']

export const toCredentialSummary = ({ use, ...row }: CredentialRow): CredentialSummary => ({
  credentialId: row.id,
  providerId: row.providerId,
  label: row.label,
  preference: row.preference === 'only' ? 'only' : 'prefer',
  status: STATUSES.find((status) => status === row.status) ?? 'disabled',
  hasSecret: row.sealingKeyId !== '',
  hint: row.hint,
  baseUrl: row.baseUrl,
  secretVersion: row.secretVersion,
  secretSetAtMs: row.secretSetAt.getTime(),
  createdAtMs: row.createdAt.getTime(),
  lastUsedAtMs: use?.lastUsedAt?.getTime() ?? null,
  lastFailedAtMs: use?.lastFailedAt?.getTime() ?? null,
  lastError: use?.lastError ?? null,
  lastStatus: use?.lastStatus ?? null,
})

/** By provider, oldest first: the order in which they are tried. */
export const listCredentials = async (tx: Tx, orgId: OrgId): Promise<readonly CredentialSummary[]> =>
  (await readRows(tx, { orgId })).map(toCredentialSummary)

/** Null for another organization's credential as for one that does not exist, or is an endpoint's. */
export const findCredential = async (tx: Tx, orgId: OrgId, credentialId: string): Promise<CredentialSummary | null> => {
  const [row] = isUuid(credentialId) ? await readRows(tx, { orgId, id: credentialId }) : []
  return row === undefined ? null : toCredentialSummary(row)
}

/** More than anyone has keys for; keeps what a proxy holds in memory for one organization small. */
const MAX_CREDENTIALS = 50

/** @throws AppError not_found for a provider that is not in the catalogue, invalid_request when there are too many already. */
export const createCredential = async (
  tx: Tx,
  orgId: OrgId,
  credential: NewCredential,
): Promise<{ readonly credentialId: string }> => {
  const provider = await tx.provider.findUnique({ where: { id: credential.providerId }, select: { id: true } })
  if (provider === null) throw new AppError('not_found', { param: 'providerId' })
  if ((await tx.credential.count({ where: { orgId } })) >= MAX_CREDENTIALS)
    throw new AppError('invalid_request', {
      message: `An organization keeps at most ${MAX_CREDENTIALS} credentials. Delete one that is no longer used.`,
    })
  const credentialId = newId()
  const sealed = credential.secret.seal({ orgId, credentialId, version: 1 })
  await tx.credential.createMany({
    data: {
      id: credentialId,
      orgId,
      providerId: credential.providerId,
      label: credential.label,
      preference: credential.preference,
      hint: credential.secret.hint,
      baseUrl: credential.secret.baseUrl,
      sealed: Uint8Array.from(sealed.bytes),
      sealingKeyId: sealed.keyId,
    },
  })
  return { credentialId }
}

/** A new secret in an old place: switched on again, and nothing that was seen of the old one is said of it. @returns false when it is not theirs. */
export const replaceCredentialSecret = async (
  tx: Tx,
  orgId: OrgId,
  { credentialId, secret }: { readonly credentialId: string; readonly secret: NewSecret },
): Promise<boolean> => {
  const known = isUuid(credentialId)
    ? await tx.credential.findFirst({ where: { id: credentialId, orgId }, select: { secretVersion: true } })
    : null
  if (known === null) return false
  const version = known.secretVersion + 1
  const sealed = secret.seal({ orgId, credentialId, version })
  // The version again, so that of two who replace it at once one is told to look again.
  const { count } = await tx.credential.updateMany({
    where: { id: credentialId, orgId, secretVersion: known.secretVersion },
    data: {
      sealed: Uint8Array.from(sealed.bytes),
      sealingKeyId: sealed.keyId,
      secretVersion: version,
      secretSetAt: new Date(),
      hint: secret.hint,
      baseUrl: secret.baseUrl,
      status: 'active',
    },
  })
  await tx.credentialUse.deleteMany({ where: { credentialId, orgId } })
  return count > 0
}

export interface CredentialChange {
  readonly credentialId: string
  readonly label?: string
  readonly preference?: CredentialPreference
  readonly status?: CredentialStatus
}

/** @returns false when it is not theirs. */
export const updateCredential = async (
  tx: Tx,
  orgId: OrgId,
  { credentialId, ...change }: CredentialChange,
): Promise<boolean> => {
  if (!isUuid(credentialId)) return false
  const { count } = await tx.credential.updateMany({ where: { id: credentialId, orgId }, data: change })
  return count > 0
}

/** The sealed secret goes with the row; the record of acts and the usage stay. @returns false when it is not theirs. */
export const deleteCredential = async (tx: Tx, orgId: OrgId, credentialId: string): Promise<boolean> => {
  if (!isUuid(credentialId)) return false
  const { count } = await tx.credential.deleteMany({ where: { id: credentialId, orgId } })
  return count > 0
}

export interface OwnSpend {
  readonly providerId: string
  readonly requests: number
  /** At list price; the provider bills it to the organization's own account. */
  readonly costPusd: Pusd
}

/** What went over own credentials in the UTC month of `atMs`, by provider, dearest first. */
export const listOwnSpend = async (tx: Tx, orgId: OrgId, atMs: number): Promise<readonly OwnSpend[]> => {
  const month = billingPeriodOf(atMs)
  const rows = await tx.$queryRaw<{ provider: string; requests: string; cost: string }[]>`
    SELECT r.provider, sum(r.requests)::text AS requests, sum(r.cost_pusd)::text AS cost FROM usage_rollup_hourly r
    WHERE r.org_id = ${orgId}::uuid AND r.funding = 'byok' AND r.hour >= (${month}::date)::timestamp AT TIME ZONE 'UTC'
      AND r.hour < (${month}::date + interval '1 month') AT TIME ZONE 'UTC'
    GROUP BY r.provider ORDER BY sum(r.cost_pusd) DESC, r.provider`
  return rows.map((row) => ({
    providerId: row.provider,
    requests: Number(row.requests),
    costPusd: pusd(BigInt(row.cost)),
  }))
}
