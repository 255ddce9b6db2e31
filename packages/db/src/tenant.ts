import { isUuid } from '@atpar/core/ids'
import type { Db, Tx } from './client.ts'

declare const orgBrand: unique symbol
/** An organization someone was found to belong to. Repositories take it first, so that none can be called without one. */
export type OrgId = string & { readonly [orgBrand]: true }

/** @throws TypeError when the text is no id at all; whether the organization exists and is theirs is row-level security's question. */
export const asOrgId = (text: string): OrgId => {
  if (!isUuid(text)) throw new TypeError(`"${text}" is not an organization id`)
  return text as OrgId
}

export interface Tenant {
  readonly orgId: OrgId
  /** Null when a job or a seed acts and nobody is logged in. */
  readonly userId: string | null
  /** The grant of an operator's visit: everything is read-only, and nothing is seen once the grant is over. */
  readonly supportAccessId?: string
}

const MAX_WAIT_MS = 5000
const TIMEOUT_MS = 20_000

/** Turns a transaction to one organization. For the one act that ends something in several of them at once; everything else is `withTenant`. */
export const enterTenant = (tx: Tx, { orgId, userId }: Tenant): Promise<number> =>
  tx.$executeRaw`SELECT set_config('atpar.org_id', ${orgId}, true), set_config('atpar.user_id', ${userId ?? ''}, true)`

/** The database looks the grant up and says which organization it opens; Postgres itself then refuses every write. */
const enterSupport = async (tx: Tx, { userId, supportAccessId }: Tenant): Promise<void> => {
  await tx.$executeRaw`SELECT set_config('atpar.org_id', '', true), set_config('atpar.user_id', ${userId ?? ''}, true), set_config('atpar.support_id', ${supportAccessId}, true)`
  await tx.$executeRaw`SELECT set_config('atpar.org_id', coalesce(support_org(${supportAccessId}::uuid)::text, ''), true), set_config('transaction_read_only', 'on', true)`
}

/**
 * Runs `work` in one transaction that sees one organization, by row-level security. One per page or action.
 * The setting is local to the transaction: on a pooled connection a session-level one would show this tenant's rows to the next request.
 */
export const withTenant = <T>(db: Db, tenant: Tenant, work: (tx: Tx) => Promise<T>): Promise<T> =>
  db.$transaction(
    async (tx) => {
      await (tenant.supportAccessId === undefined ? enterTenant(tx, tenant) : enterSupport(tx, tenant))
      return work(tx)
    },
    { maxWait: MAX_WAIT_MS, timeout: TIMEOUT_MS },
  )

const SNAPSHOT_TIMEOUT_MS = 15 * 60_000

/** As `withTenant`, for one long read that must be of one moment: an export. It holds a connection for as long as it takes. */
export const withTenantSnapshot = <T>(db: Db, tenant: Tenant, work: (tx: Tx) => Promise<T>): Promise<T> =>
  db.$transaction(
    async (tx) => {
      await enterTenant(tx, tenant)
      return work(tx)
    },
    { maxWait: MAX_WAIT_MS, timeout: SNAPSHOT_TIMEOUT_MS, isolationLevel: 'RepeatableRead' },
  )

/** As `withTenant`, for acts of a person that concern no organization: own profile, own sessions, own memberships. */
export const withActor = <T>(db: Db, userId: string, work: (tx: Tx) => Promise<T>): Promise<T> =>
  db.$transaction(
    async (tx) => {
      await tx.$executeRaw`SELECT set_config('atpar.org_id', '', true), set_config('atpar.user_id', ${userId}, true)`
      return work(tx)
    },
    { maxWait: MAX_WAIT_MS, timeout: TIMEOUT_MS },
  )
