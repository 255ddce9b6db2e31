import { ERRORS, type AppError } from '@atpar/core/errors'
import type { JsonObject } from '@atpar/core/json'

import type { UpstreamProblem } from './contract.ts'
import { describeError } from './error-metadata.ts'
import { asObject, asText } from './fields.ts'
import { describeProblem, type ProviderWords } from './upstream-problem.ts'

const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'insufficient_quota',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
}

const typeOf = (status: number): string => TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error')

/** https://platform.openai.com/docs/guides/error-codes, with our facts under `metadata`. */
export const encodeError = (error: AppError, facts: { readonly requestId: string | null }): JsonObject => ({
  error: {
    message: error.message,
    type: typeOf(ERRORS[error.code].status),
    param: error.param,
    code: error.code,
    metadata:
      facts.requestId === null ? describeError(error) : { ...describeError(error), request_id: facts.requestId },
  },
})

/** Ollama and others answer `{"error":"text"}`, some `{"message":"…"}` or `{"detail":"…"}`. */
export const readErrorWords = (body: unknown): ProviderWords => {
  const whole = asObject(body)
  if (whole === null) return { message: null, code: null }
  const error = asObject(whole.error) ?? whole
  const code = error.code ?? error.type
  return {
    message: asText(error.message) ?? asText(whole.error) ?? asText(whole.detail),
    code: typeof code === 'number' ? String(code) : asText(code),
  }
}

export const decodeError = (status: number, body: unknown): UpstreamProblem =>
  describeProblem(status, readErrorWords(body))
