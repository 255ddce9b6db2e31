import { AppError, type ErrorCode } from '@atpar/core/errors'
import { isMediaTask } from '@atpar/core/task'
import type { ProviderDialect } from '@atpar/dialects/contract'
import type { Attempt } from '../call/call-context.ts'
import { hideCredential, hideQuotes, type Sent } from './hide-sent.ts'
import { collectBody, UpstreamAborted, type UpstreamReply } from './http.ts'
import { parseLoosely } from './parse-loosely.ts'
import { SigningFailure } from './signing-failure.ts'

const MAX_ERROR_BYTES = 64 * 1024

/** Why an attempt did not answer, with what the breaker and the trail want to know. */
export class AttemptFailure extends Error {
  readonly appError: AppError
  readonly status: number
  readonly providerRequestId: string | null
  readonly connect: boolean
  readonly retryAfterMs: number | null

  constructor(
    appError: AppError,
    facts: {
      readonly status: number
      readonly providerRequestId: string | null
      readonly connect?: boolean
      readonly retryAfterMs?: number | null
    },
  ) {
    super(appError.message, { cause: appError })
    this.appError = appError
    this.status = facts.status
    this.providerRequestId = facts.providerRequestId
    this.connect = facts.connect ?? false
    this.retryAfterMs = facts.retryAfterMs ?? null
  }
}

interface ProviderErrorFacts {
  readonly message?: string
  readonly providerCode?: string | null
  readonly status?: number
  readonly retryAfterSeconds?: number
  readonly cause?: unknown
}

/** The error a caller sees when this attempt is the last one. */
export const providerError = (code: ErrorCode, attempt: Attempt, facts: ProviderErrorFacts): AppError =>
  new AppError(code, {
    ...(facts.message === undefined ? {} : { message: `${attempt.target.displayName}: ${facts.message}` }),
    metadata: {
      provider: attempt.offering.providerId,
      ...(facts.providerCode === undefined || facts.providerCode === null ? {} : { providerCode: facts.providerCode }),
      ...(facts.status === undefined ? {} : { providerStatus: facts.status }),
      ...(facts.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: facts.retryAfterSeconds }),
    },
    cause: facts.cause,
  })

/** Not in the provider's words: those are about a key that callers are not shown. */
const OWN_REFUSED = "it refused your organization's own credential. An admin can replace it."

/** Reads a refusal whole (bounded) and in the provider's own words, without what it repeats of ours. */
export const refusalOf = async (
  reply: UpstreamReply,
  attempt: Attempt,
  { providerRequestId, sent }: { readonly providerRequestId: string | null; readonly sent: Sent },
): Promise<AttemptFailure> => {
  const text = hideCredential((await collectBody(reply.body, MAX_ERROR_BYTES)).toString('utf8'), sent.headers)
  const problem = decoderOf(attempt).decodeError(reply.status, parseLoosely(text))
  const retryAfter = Number(reply.headers['retry-after'])
  const retryAfterSeconds = Number.isFinite(retryAfter) && retryAfter >= 0 ? Math.ceil(retryAfter) : undefined
  const error = providerError(problem.code, attempt, {
    message:
      problem.code === 'upstream_unauthorized' && attempt.offering.credential !== null
        ? OWN_REFUSED
        : hideQuotes(problem.message, sent.body),
    providerCode: problem.providerCode,
    status: reply.status,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  })
  return new AttemptFailure(error, {
    status: reply.status,
    providerRequestId,
    retryAfterMs: retryAfterSeconds === undefined ? null : retryAfterSeconds * 1000,
  })
}

/** In the words of the format that was spoken. */
const decoderOf = ({ offering: { task }, target }: Attempt): { decodeError: ProviderDialect['decodeError'] } => {
  if (task === 'chat' || task === 'completion' || task === 'realtime') return target.dialect
  return (isMediaTask(task) ? target.media[task] : target.formats[task]) ?? target.dialect
}

const TIMEOUT_CODES = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT'])
const CONNECT_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_SOCKET',
])
const MALFORMED_PREFIX = 'HPE_'

/** What ended an attempt, as a failure of it. What is neither the connection's nor the provider's fault is a bug of ours: the attempt still gets its terminal event. */
export const failureOf = (error: unknown, attempt: Attempt): AttemptFailure => {
  if (error instanceof AttemptFailure) return error
  if (error instanceof AppError) return new AttemptFailure(error, { status: 200, providerRequestId: null })
  if (error instanceof SigningFailure)
    return new AttemptFailure(
      providerError(error.code, attempt, {
        ...(error.code === 'upstream_unauthorized' && attempt.offering.credential !== null
          ? { message: OWN_REFUSED }
          : {}),
        status: error.status,
        cause: error,
      }),
      { status: error.status, providerRequestId: null, connect: error.status === 0 },
    )
  if (error instanceof RangeError)
    return new AttemptFailure(providerError('upstream_malformed', attempt, { cause: error }), {
      status: 200,
      providerRequestId: null,
    })
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (TIMEOUT_CODES.has(code))
    return new AttemptFailure(providerError('upstream_timeout', attempt, { cause: error }), {
      status: 0,
      providerRequestId: null,
      connect: code === 'UND_ERR_CONNECT_TIMEOUT',
    })
  if (CONNECT_CODES.has(code))
    return new AttemptFailure(providerError('upstream_failed', attempt, { cause: error }), {
      status: 0,
      providerRequestId: null,
      connect: true,
    })
  if (code.startsWith(MALFORMED_PREFIX))
    return new AttemptFailure(providerError('upstream_malformed', attempt, { cause: error }), {
      status: 0,
      providerRequestId: null,
    })
  if (error instanceof UpstreamAborted)
    return new AttemptFailure(providerError('upstream_timeout', attempt, { cause: error }), {
      status: 0,
      providerRequestId: null,
    })
  return new AttemptFailure(new AppError('internal_error', { cause: error }), { status: 0, providerRequestId: null })
}
