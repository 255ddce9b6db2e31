import type { ErrorCode } from '@atpar/core/errors'

/** A call that could not be sent because its credential could not be shown. */
export class SigningFailure extends Error {
  readonly code: Extract<ErrorCode, 'upstream_unauthorized' | 'upstream_failed'>
  /** What the one who hands out tokens answered; 0 when nothing did. */
  readonly status: number

  constructor(code: SigningFailure['code'], facts: { readonly status: number; readonly cause?: unknown }) {
    super('the credential could not be shown', facts.cause === undefined ? undefined : { cause: facts.cause })
    this.code = code
    this.status = facts.status
  }
}
