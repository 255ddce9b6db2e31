import type { Caller } from '@atpar/core/caller'
import { combinePolicies, NO_POLICY, type GuardPolicy } from '@atpar/core/guardrails'
import { pusd, type Pusd } from '@atpar/core/money'
import type { Budget, LimitScope } from '@atpar/core/quota'
import type { Snapshot } from '@atpar/core/snapshot'
import type { Pool } from './pool.ts'
import { readHead, readModels, readOfferings } from './snapshot-queries.ts'

/** What `find_key` returns: a Caller whose money is still text. */
type CallerRecord = Omit<Caller, 'budgets' | 'guard' | 'contentDays'> & {
  readonly guardrails: readonly { readonly scope: LimitScope; readonly policy: Partial<GuardPolicy> }[]
  readonly budgets: readonly (Omit<Budget, 'limitPusd' | 'limitTokens'> & {
    readonly limitPusd: string
    readonly limitTokens: string | null
  })[]
}

/**
 * Whom a key speaks for, with every live budget and limit above it; null when no key has this HMAC. A revoked key, or one whose member, team or
 * organization is gone, is returned as `revoked`: the caller is told that the key is disabled, not that it is unknown.
 */
export const findCaller = async (pool: Pool, hmac: Uint8Array): Promise<Caller | null> => {
  const { rows } = await pool.query<{ caller: CallerRecord; days: number }>({
    name: 'find-caller',
    text: 'SELECT caller, days FROM find_key_and_policy($1)',
    values: [Buffer.from(hmac)],
  })
  const [row] = rows
  if (row === undefined) return null
  const { caller, days } = row
  const { guardrails, ...rest } = caller
  return {
    ...rest,
    contentDays: days,
    guard: combinePolicies(guardrails.map(({ scope, policy }) => ({ scope, policy: { ...NO_POLICY, ...policy } }))),
    budgets: caller.budgets.map((budget) => ({
      ...budget,
      limitPusd: pusd(BigInt(budget.limitPusd)),
      limitTokens: budget.limitTokens === null ? null : BigInt(budget.limitTokens),
    })),
  }
}

export interface Changes {
  /** Pass it as `sinceSeq` next time. */
  readonly seq: number
  /** Organizations whose cached callers are stale. */
  readonly orgIds: readonly string[]
  /** Models, offerings, prices or platform settings changed: load a new snapshot. */
  readonly catalogue: boolean
}

/** What changed after `sinceSeq`. Numbers are handed out at commit, in order, so nothing appears late below one already seen. */
export const readChanges = async (pool: Pool, sinceSeq: number): Promise<Changes> => {
  const { rows } = await pool.query<{ seq: string; org_ids: string[]; catalogue: boolean }>({
    name: 'read-changes',
    text: `SELECT (SELECT seq FROM change_counter)::text AS seq,
      coalesce(array_agg(DISTINCT org_id) FILTER (WHERE org_id IS NOT NULL), '{}')::text[] AS org_ids, coalesce(bool_or(kind = 'catalogue'), false) AS catalogue
      FROM change_log WHERE seq > $1`,
    values: [sinceSeq],
  })
  const [row] = rows
  if (row === undefined) throw new Error('The change counter is missing.')
  return { seq: Number(row.seq), orgIds: row.org_ids, catalogue: row.catalogue }
}

export interface BudgetWindow {
  readonly scope: LimitScope
  readonly scopeId: string
  /** From `periodBounds`; null = without that bound. Half-open. */
  readonly fromMs: number | null
  readonly toMs: number | null
}

const toTimestamp = (atMs: number | null): string | null => (atMs === null ? null : new Date(atMs).toISOString())

/** Money billed at one level within the window, as Postgres knows it: what a rebuilt counter starts from. */
export const readBudgetUsage = async (pool: Pool, orgId: string, window: BudgetWindow): Promise<Pusd> => {
  const { rows } = await pool.query<{ used: string }>({
    name: 'read-budget-usage',
    text: 'SELECT budget_usage($1, $2, $3, $4, $5)::text AS used',
    values: [orgId, window.scope, window.scopeId, toTimestamp(window.fromMs), toTimestamp(window.toMs)],
  })
  return pusd(BigInt(rows[0]?.used ?? '0'))
}

/** The catalogue as of one moment, with the newest price book. Its version is the change number it was read at. */
export const loadSnapshot = async (pool: Pool): Promise<Snapshot> => {
  const client = await pool.connect()
  let failure: Error | undefined
  try {
    // One snapshot for all four queries: a book half read would price some models by the old one.
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const head = await readHead(client)
    const offerings = await readOfferings(client, head.price_book_id)
    const models = await readModels(client, offerings)
    await client.query('COMMIT')
    return {
      version: Number(head.version),
      priceBookId: head.price_book_id,
      clockOffsetMs: Number(head.clock_offset_ms),
      models: new Map(models.map((model) => [model.id, model])),
      aliases: new Map(models.flatMap((model) => model.aliases.map((alias) => [alias, model.id]))),
      offerings: new Map(offerings.map((offering) => [offering.id, offering])),
    }
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error))
    throw error
  } finally {
    // A connection in an unknown state is closed, not reused.
    client.release(failure)
  }
}

/** One life of a proxy process and how far its journal has reached Postgres. */
export interface ProxyBoot {
  readonly bootId: string
  readonly proxyId: string
  readonly lastSeenAtMs: number
  /** Every begin up to here has its terminal event. */
  readonly ackedSeq: number
  /** Last number known to have been given out. */
  readonly lastSeq: number
}

interface BootRecord {
  readonly boot_id: string
  readonly proxy_id: string
  readonly last_seen_at: Date
  readonly acked_seq: string
  readonly last_seq: string
}

const BOOT_COLUMNS = 'boot_id, proxy_id, last_seen_at, acked_seq::text AS acked_seq, last_seq::text AS last_seq'

const toBoot = (record: BootRecord): ProxyBoot => ({
  bootId: record.boot_id,
  proxyId: record.proxy_id,
  lastSeenAtMs: record.last_seen_at.getTime(),
  ackedSeq: Number(record.acked_seq),
  lastSeq: Number(record.last_seq),
})

/** Heartbeats come every 5 s; a boot that missed three of them is not waited for. */
const LIVE_WITHIN_MS = 15_000

/** Safe to repeat; the shipper may have been there first. */
export const registerBoot = async (
  pool: Pool,
  boot: { readonly bootId: string; readonly proxyId: string; readonly sealingKeyIds?: readonly string[] },
): Promise<void> => {
  await pool.query(
    `INSERT INTO proxy_boot (boot_id, proxy_id, sealing_key_ids) VALUES ($1, $2, $3)
     ON CONFLICT (boot_id) DO UPDATE SET last_seen_at = now(), proxy_id = EXCLUDED.proxy_id, sealing_key_ids = EXCLUDED.sealing_key_ids`,
    [boot.bootId, boot.proxyId, boot.sealingKeyIds ?? []],
  )
}

/** Says that the boot is alive and how many numbers it has given out. False when nobody knows it: its registration went with the tail of a failover. */
export const heartbeatBoot = async (
  pool: Pool,
  beat: { readonly bootId: string; readonly lastSeq: number },
): Promise<boolean> => {
  const { rowCount } = await pool.query({
    name: 'heartbeat-boot',
    text: 'UPDATE proxy_boot SET last_seen_at = now(), last_seq = greatest(last_seq, $2) WHERE boot_id = $1',
    values: [beat.bootId, beat.lastSeq],
  })
  return rowCount === 1
}

/** After a graceful end, or when a dead boot's journal was shipped whole. */
export const endBoot = async (pool: Pool, bootId: string): Promise<void> => {
  await pool.query('UPDATE proxy_boot SET ended_at = coalesce(ended_at, now()) WHERE boot_id = $1', [bootId])
}

export const readLiveBoots = async (pool: Pool, withinMs: number = LIVE_WITHIN_MS): Promise<readonly ProxyBoot[]> => {
  const { rows } = await pool.query<BootRecord>(
    `SELECT ${BOOT_COLUMNS} FROM proxy_boot WHERE ended_at IS NULL AND last_seen_at > now() - $1 * interval '1 millisecond' ORDER BY started_at, boot_id`,
    [withinMs],
  )
  return rows.map(toBoot)
}

/** How far one boot was shipped; null when nobody has heard of it. */
export const readBoot = async (pool: Pool, bootId: string): Promise<ProxyBoot | null> => {
  const { rows } = await pool.query<BootRecord>(`SELECT ${BOOT_COLUMNS} FROM proxy_boot WHERE boot_id = $1`, [bootId])
  return rows[0] === undefined ? null : toBoot(rows[0])
}
