import type { ErrorCode } from '@atpar/core/errors'

export type HealthState = 'closed' | 'open' | 'half-open'

export interface FailureFacts {
  readonly code: ErrorCode
  readonly connect: boolean
  readonly retryAfterMs: number | null
}
