/**
 * Every expected failure, once: HTTP status, whether the same call may succeed later, the public sentence.
 * Each code has a section in `apps/dashboard/docs/errors.md`; a test compares the two both ways.
 * An infrastructure failure of ours is 503, never 401 or 429 (research: the mistake that hurt a peer's customers most).
 */
export const ERRORS = {
  invalid_request: { status: 400, retryable: false, sentence: 'The request is not valid.' },
  invalid_json: { status: 400, retryable: false, sentence: 'The body is not valid JSON.' },
  unsupported_parameter: {
    status: 400,
    retryable: false,
    sentence: 'No available model supports a parameter this request requires.',
  },
  wrong_endpoint: {
    status: 400,
    retryable: false,
    sentence: 'This model is served by another endpoint.',
  },
  response_not_kept: {
    status: 400,
    retryable: false,
    sentence: 'No provider keeps the response this request goes on from for this organization.',
  },
  missing_key: {
    status: 401,
    retryable: false,
    sentence: 'No API key was sent. Send it as "Authorization: Bearer <key>".',
  },
  unknown_key: { status: 401, retryable: false, sentence: 'This API key is not known.' },
  budget_exceeded: { status: 402, retryable: false, sentence: 'A budget does not leave room for this request.' },
  input_unbounded: {
    status: 402,
    retryable: false,
    sentence: 'What this request may cost cannot be bounded, and a hard budget applies.',
  },
  billing_suspended: { status: 402, retryable: false, sentence: 'This organization is suspended for non-payment.' },
  key_disabled: { status: 403, retryable: false, sentence: 'This API key is revoked or expired.' },
  model_not_allowed: { status: 403, retryable: false, sentence: 'This key may not use this model.' },
  network_not_allowed: { status: 403, retryable: false, sentence: 'This key may not be used from this address.' },
  route_not_allowed: { status: 403, retryable: false, sentence: 'This key may not use this route.' },
  endpoint_not_allowed: { status: 403, retryable: false, sentence: 'This key may not use this endpoint.' },
  guardrail_blocked: {
    status: 403,
    retryable: false,
    sentence: 'A guardrail of your organization refused this request.',
  },
  answer_withheld: {
    status: 403,
    retryable: false,
    sentence: 'A guardrail of your organization withheld the answer.',
  },
  forbidden: { status: 403, retryable: false, sentence: 'Your role does not allow this.' },
  reauthentication_required: {
    status: 403,
    retryable: false,
    sentence: 'Confirm that it is you first: this needs a sign-in of the last five minutes.',
  },
  unknown_model: { status: 404, retryable: false, sentence: 'No such model.' },
  model_retired: { status: 404, retryable: false, sentence: 'The providers of this model have taken it away.' },
  not_found: { status: 404, retryable: false, sentence: 'Not found.' },
  request_timeout: { status: 408, retryable: true, sentence: 'The request body did not arrive in time.' },
  conflict: { status: 409, retryable: false, sentence: 'This was changed by someone else meanwhile.' },
  body_too_large: { status: 413, retryable: false, sentence: 'The request body is too large.' },
  model_not_priced: {
    status: 422,
    retryable: false,
    sentence: 'This model has no price on record, so it cannot be billed at par.',
  },
  idempotency_key_reused: {
    status: 422,
    retryable: false,
    sentence: 'This idempotency key was used for another request. Use a new one for each request.',
  },
  upstream_rejected: { status: 400, retryable: false, sentence: 'The provider refused the request.' },
  rate_limited: { status: 429, retryable: true, sentence: 'A rate limit of yours is reached.' },
  upstream_rate_limited: { status: 429, retryable: true, sentence: 'The provider is rate limiting this model.' },
  internal_error: { status: 500, retryable: true, sentence: 'Something went wrong on our side.' },
  not_implemented: { status: 501, retryable: false, sentence: 'This endpoint is not offered.' },
  upstream_failed: { status: 502, retryable: true, sentence: 'The provider failed.' },
  upstream_malformed: {
    status: 502,
    retryable: true,
    sentence: 'The provider answered with something that is not its own format.',
  },
  stream_interrupted: { status: 502, retryable: true, sentence: 'The provider broke off in the middle of its answer.' },
  upstream_unauthorized: {
    status: 502,
    retryable: true,
    sentence: 'The provider refused our credential. We have been told.',
  },
  quota_unavailable: {
    status: 503,
    retryable: true,
    sentence: 'Limits cannot be checked right now, so the request was not sent.',
  },
  no_provider_available: {
    status: 503,
    retryable: true,
    sentence: 'No provider for this model is available right now.',
  },
  overloaded: { status: 503, retryable: true, sentence: 'We are at capacity. Try again in a moment.' },
  shutting_down: { status: 503, retryable: true, sentence: 'This instance is restarting. Try again.' },
  upstream_timeout: { status: 504, retryable: true, sentence: 'The provider did not answer in time.' },
} as const satisfies Record<string, { status: number; retryable: boolean; sentence: string }>

export type ErrorCode = keyof typeof ERRORS

/** The limit that refused a request, as the caller may see it. Money in decimal dollars, tokens as a whole number. */
export interface LimitDetail {
  readonly scope: 'key' | 'member' | 'team' | 'organization'
  readonly id: string
  readonly kind: 'budget' | 'requests_per_minute' | 'tokens_per_minute' | 'concurrency'
  readonly limit: string
  readonly spent?: string
  readonly held?: string
  /** What neither is; never below zero. */
  readonly remaining?: string
  readonly resetsAt: string | null
  /** What `limit`, `spent` and `held` of a budget are counted in. */
  readonly unit?: 'usd' | 'tokens'
  /** The one model or tag it counts, when it does not count all. */
  readonly modelId?: string
  readonly tag?: string
  /** Who may raise it, in words. */
  readonly raisedBy?: string
}

/** Facts a caller may read. Nothing here may hold a credential, a prompt or an internal host. */
export interface ErrorMetadata {
  readonly provider?: string
  readonly providerCode?: string
  readonly providerStatus?: number
  readonly retryAfterSeconds?: number
  readonly limit?: LimitDetail
  readonly previousErrors?: readonly { readonly provider: string; readonly code: ErrorCode; readonly status: number }[]
  readonly missing?: readonly string[]
  /** `YYYY-MM-DD`, of a model that is gone. */
  readonly retiredOn?: string
  /** Id of the model to use instead. */
  readonly successor?: string
}

export interface AppErrorOptions {
  /** What happened, which value, what to do next. Replaces the catalogue's sentence. */
  readonly message?: string
  /** Path of the offending field in the caller's body. */
  readonly param?: string
  readonly metadata?: ErrorMetadata
  readonly cause?: unknown
}

/** An expected failure. Everything else that is thrown is a bug and answers 500. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly param: string | null
  readonly metadata: ErrorMetadata

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(options.message ?? ERRORS[code].sentence, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.param = options.param ?? null
    this.metadata = options.metadata ?? {}
  }

  get status(): number {
    return ERRORS[this.code].status
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable
  }
}
