import type { GuardPolicy } from './guardrails.ts'
import type { Budget, RateLimit } from './quota.ts'

/** Whom a key speaks for, with every limit on its way up. Compiled from Postgres, cached by the proxy. */
export interface Caller {
  readonly keyId: string
  readonly keyName: string
  readonly keyKind: 'member' | 'service'
  readonly keyStatus: 'active' | 'revoked'
  readonly expiresAtMs: number | null
  readonly orgId: string
  readonly orgStatus: 'active' | 'suspended'
  readonly teamId: string | null
  readonly memberId: string | null
  /** Empty = all. */
  readonly allowedModels: readonly string[]
  readonly allowedEndpoints: readonly string[]
  readonly allowedRoutes: readonly string[]
  /** Networks this key may be used from, as CIDRs; empty = anywhere. */
  readonly allowedCidrs: readonly string[]
  /** Tags that every request of this key carries. */
  readonly labels: readonly string[]
  readonly budgets: readonly Budget[]
  readonly rateLimits: readonly RateLimit[]
  /** What its requests may hold, of all levels above it together; null = nothing is set. */
  readonly guard: GuardPolicy | null
  /** How long prompts and answers of its requests are kept; 0 = not at all. */
  readonly contentDays: number
  /** `change_seq` at which this was read: a change with a higher number about the same org makes it stale. */
  readonly changeSeq: number
}
