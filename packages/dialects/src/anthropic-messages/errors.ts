import { ERRORS, type AppError } from '@atpar/core/errors'
import type { JsonObject } from '@atpar/core/json'

import type { UpstreamProblem } from '../contract.ts'
import { describeError } from '../error-metadata.ts'
import { asObject, asText } from '../fields.ts'
import { describeProblem, type ProviderWords } from '../upstream-problem.ts'

/** https://platform.claude.com/docs/en/api/errors */
const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
}

const typeOf = (status: number): string => TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error')

export const encodeError = (error: AppError, facts: { readonly requestId: string | null }): JsonObject => ({
  type: 'error',
  error: {
    type: typeOf(ERRORS[error.code].status),
    message: error.message,
    metadata: { ...describeError(error), ...(error.param === null ? {} : { param: error.param }) },
  },
  ...(facts.requestId === null ? {} : { request_id: facts.requestId }),
})

export const readErrorWords = (body: unknown): ProviderWords => {
  const error = asObject(asObject(body)?.error)
  return { message: asText(error?.message), code: asText(error?.type) }
}

export const decodeError = (status: number, body: unknown): UpstreamProblem =>
  describeProblem(status, readErrorWords(body))
