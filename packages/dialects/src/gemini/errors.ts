import { ERRORS, type AppError } from '@atpar/core/errors'
import type { JsonObject } from '@atpar/core/json'

import type { UpstreamProblem } from '../contract.ts'
import { describeError } from '../error-metadata.ts'
import { asObject, asObjects, asText } from '../fields.ts'
import { describeProblem, type ProviderWords } from '../upstream-problem.ts'

/** google.rpc.Code by HTTP status: https://cloud.google.com/apis/design/errors#handling_errors */
const STATUSES: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  402: 'FAILED_PRECONDITION',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  408: 'DEADLINE_EXCEEDED',
  409: 'ABORTED',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

export const encodeError = (error: AppError, facts: { readonly requestId: string | null }): JsonObject => {
  const { status } = ERRORS[error.code]
  const described: JsonObject = {
    ...describeError(error),
    ...(error.param === null ? {} : { param: error.param }),
    ...(facts.requestId === null ? {} : { request_id: facts.requestId }),
  }
  // ErrorInfo holds a map of strings only.
  const metadata = Object.fromEntries(
    Object.entries(described).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
  )
  return {
    error: {
      code: status,
      message: error.message,
      status: STATUSES[status] ?? 'INVALID_ARGUMENT',
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: error.code.toUpperCase(),
          domain: 'atpar',
          metadata,
        },
      ],
    },
  }
}

export const readErrorWords = (body: unknown): ProviderWords => {
  // A stream that fails before its first event answers an array.
  const error = asObject(asObject(Array.isArray(body) ? body[0] : body)?.error)
  const reasons = asObjects(error?.details).map((detail) => asText(detail.reason))
  const words = { message: asText(error?.message), code: asText(error?.status) }
  // A bad key is "invalid argument" (400) here: our credential's fault, not the caller's.
  return reasons.includes('API_KEY_INVALID') || /API key (?:not valid|expired)/i.test(words.message ?? '')
    ? { ...words, means: 'upstream_unauthorized' }
    : words
}

export const decodeError = (status: number, body: unknown): UpstreamProblem =>
  describeProblem(status, readErrorWords(body))
