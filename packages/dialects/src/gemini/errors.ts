import { ERRORS, type AppError } from '@atpar/core/errors'
import type { JsonObject } from '@atpar/core/json'

import { describeError } from '../error-metadata.ts'

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
