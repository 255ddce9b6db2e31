import type { Budget, RateLimit } from './quota.ts'

/** Whom a key speaks for, with every limit on its way up. Compiled from Postgres, cached by the proxy. */
export interface Caller {
  readonly keyId: string
  readonly keyName: string
  readonly keyStatus: 'active' | 'revoked'
  readonly expiresAtMs: number | null
  readonly orgId: string
  readonly orgStatus: 'active' | 'suspended'
  readonly teamId: string | null
  readonly memberId: string | null
  /** Empty = all. */
  readonly allowedModels: readonly string[]
  readonly allowedEndpoints: readonly string[]
  readonly budgets: readonly Budget[]
  readonly rateLimits: readonly RateLimit[]
  /** `change_seq` at which this was read: a change with a higher number about the same org makes it stale. */
  readonly changeSeq: number
}
