import type { NanoUsd } from '@atpar/core/money'
import type { BudgetCounter, BudgetState, RateLimit } from '@atpar/core/quota'
import type { LeaseTimes } from './lease-times.ts'

export interface ReserveInput {
  readonly orgId: string
  /** `${requestId}:${n}`: the same id never holds twice; a reserve that was answered `unavailable` goes on under the next n. */
  readonly holdId: string
  readonly bootId: string
  readonly amount: NanoUsd
  readonly deadlineMs: number
  /** Every budget on the way up, tightest scope first. */
  readonly counters: readonly BudgetCounter[]
  readonly rates: readonly RateLimit[]
  /** Estimated tokens: what token budgets hold and tokens per minute count; corrected by `settle`. */
  readonly tokens: number
  /** What the worker needs to know if nobody ever settles this hold; a function is called only where Redis is asked. */
  readonly payload: string | (() => string)
}

/** How much of a rate limit is left after this request; null where the limit has no such part. */
export interface RateState {
  readonly limit: RateLimit
  readonly remainingRequests: number | null
  /** Until the requests are entirely free again. */
  readonly resetRequestsMs: number | null
  readonly remainingTokens: number | null
  readonly resetTokensMs: number | null
  readonly concurrent: number | null
}

export type ReserveResult =
  | {
      readonly kind: 'held'
      /** Under a lease: as of its last renewal. */
      readonly states: readonly BudgetState[]
      readonly rates: readonly RateState[]
      /** Of the lease that admitted it, to be written into its usage events; null when Redis was asked for this request. */
      readonly leaseNumber: number | null
    }
  | {
      readonly kind: 'refused'
      readonly reason: 'budget'
      readonly counter: BudgetCounter
      readonly state: BudgetState
      /** Short when room that other proxies hold ready may come back; null when only an end of the period or a higher limit helps. */
      readonly retryAfterMs: number | null
    }
  | { readonly kind: 'refused'; readonly reason: RateReason; readonly limit: RateLimit; readonly retryAfterMs: number }
  /** Our fault, never the caller's: 503, not 401 or 429. */
  | { readonly kind: 'unavailable'; readonly cause: UnavailableCause }

/** Nano-USD for budgets of money, tokens for those that count them. */
export interface HoldSize {
  readonly amount: NanoUsd
  readonly tokens: number
}

export type RateReason = 'requests_per_minute' | 'tokens_per_minute' | 'concurrency'
export type UnavailableCause = 'timeout' | 'down' | 'rebuilding'

export interface SettleInput {
  readonly orgId: string
  readonly holdId: string
  /** What the customer is billed for all attempts under this hold, rounded up. */
  readonly used: NanoUsd
  /** Input and output together. */
  readonly tokens: number
  /** The usage event: kept in Redis as the second witness until Postgres has it. */
  readonly eventText: string
}

export interface Quota {
  /** At once where a lease decides; what it tells of rate limits holds for that moment. */
  reserve(input: ReserveInput): ReserveResult | Promise<ReserveResult>
  /** All-or-nothing over the hold's own counters. */
  extend(orgId: string, holdId: string, delta: HoldSize): Promise<'extended' | 'refused' | 'unavailable'>
  /** Replaces the hold's payload. Best effort: the journal is the first witness. */
  note(orgId: string, holdId: string, payload: string): void
  /** Never throws; kept in memory and repeated until Redis took it. Write the journal first, in the same turn (see rebuild.ts). */
  settle(input: SettleInput): void
  /** Likewise, for a hold under which nothing was or could be billed. */
  release(orgId: string, holdId: string): void
  /** null when Redis cannot say. */
  readStates(orgId: string, counters: readonly BudgetCounter[]): Promise<readonly BudgetState[] | null>
  /** Where rate limits stand before a next request, without counting one; null when Redis cannot say. */
  readRates(orgId: string, rates: readonly RateLimit[]): Promise<readonly RateState[] | null>
  /** This process's unfinished holds of an organization, but for those under leases: what `RebuildSources.ownReport` reports. */
  openHolds(orgId: string): readonly ReportedHold[]
  stats(): QuotaStats
  /** False when no connection stood within `timeoutMs`. */
  whenReady(timeoutMs: number): Promise<boolean>
  /** Settles and releases that Redis has not taken yet. */
  pending(): number
  /** Those given up because more than `maxPending` waited; the journal and the worker's sweep repair what they would have said. */
  dropped(): number
  /** Before the end of the process: gives leases back and waits until Redis has taken everything. From here on nothing is leased. */
  drain(timeoutMs: number): Promise<void>
  close(): Promise<void>
}

/** Counts since the start of the process, but for `leases`. */
export interface QuotaStats {
  readonly byLease: number
  readonly byRedis: number
  /** Admitted while Redis could not say, within the bounded allowance of callers without a hard budget. */
  readonly byAllowance: number
  readonly refused: number
  readonly unavailable: number
  /** Script calls: what `byLease` saves. */
  readonly roundTrips: number
  /** Leases that are held or not yet given back. */
  readonly leases: number
  readonly liveProxies: number
}

export interface ReportedHold extends HoldSize {
  readonly holdId: string
  readonly counters: readonly BudgetCounter[]
  readonly deadlineMs: number
  readonly payload: string
}

/**
 * What one boot knows when the counters are lost. `seq` is a position in its journal, opaque here: `waitShipped(bootId, seq)` must resolve
 * to true once everything this boot had SETTLED when it reported is in Postgres. (The number of settled records in journal order does;
 * the highest begun number does not, because open requests never get there.)
 */
export interface OwnReport {
  readonly bootId: string
  readonly seq: number
  readonly holds: readonly ReportedHold[]
}

/** Events that a sum leaves out: of these requests, and of whatever was admitted by these leases. */
export interface LeftOut {
  readonly requestIds: readonly string[]
  readonly leases: readonly { readonly bootId: string; readonly number: number }[]
}

/** Where a rebuild gets the truth. All of it is Postgres and this process; Redis is what is being rebuilt. */
export interface RebuildSources {
  /** Runs under a lock that no other process holds for this organization. */
  withOrgLock(orgId: string, run: () => Promise<void>): Promise<'ran' | 'busy'>
  /**
   * Sums of each counter's period (pico-USD billed, or tokens where the counter's unit says so), by `counterKey`, WITHOUT the events of `except`:
   * those requests are still open or still waiting to be counted, and what ends them adds them.
   */
  readUsed(orgId: string, counters: readonly BudgetCounter[], except: LeftOut): Promise<ReadonlyMap<string, bigint>>
  /** Boots that heartbeat, or did within a lease's time and have not ended; this one included. */
  liveBoots(): Promise<readonly string[]>
  /** The boot is over, and all that its journal says is in Postgres. */
  isConcluded(bootId: string): Promise<boolean>
  waitShipped(bootId: string, seq: number, timeoutMs: number): Promise<boolean>
  ownReport(orgId: string): OwnReport
}

export type QuotaLog = (event: string, fields: Record<string, unknown>) => void

export interface QuotaDeps {
  readonly url: string
  readonly bootId: string
  readonly clock: { nowMs(): number }
  /** 50 unless a test needs another. */
  readonly commandTimeoutMs: number
  readonly rebuild: RebuildSources
  readonly log: QuotaLog
  /** How long a reserve waits for a rebuild before it answers `rebuilding`. */
  readonly rebuildWaitMs?: number
  /** How long a rebuild waits for the report of a boot that heartbeats but says nothing. */
  readonly silentBootMs?: number
  readonly maxPending?: number
  /** Off: every request is asked of Redis. On unless said. */
  readonly areLeasesOff?: boolean
  /** Tests scale them. */
  readonly leaseTimes?: Partial<LeaseTimes>
  /** How long callers without a hard budget may go on without Redis. */
  readonly allowanceMs?: number
}
