import type { Refusal } from '../refusal.ts'

/** An error body: `{"type":"error","error":{type, message},"request_id"}`. */
export function writeMessagesError(refusal: Refusal, { requestId }: { requestId: string }): string {
  return JSON.stringify({
    type: 'error',
    error: { type: typeOf(refusal.status), message: refusal.message },
    request_id: requestId,
  })
}

export function writeMessagesStreamError(refusal: Refusal, call: { requestId: string }): string {
  return `event: error\ndata: ${writeMessagesError(refusal, call)}\n\n`
}

function typeOf(status: number): string {
  switch (status) {
    case 401:
      return 'authentication_error'
    case 402:
      return 'billing_error'
    case 403:
      return 'permission_error'
    case 404:
      return 'not_found_error'
    case 413:
      return 'request_too_large'
    case 429:
      return 'rate_limit_error'
    case 504:
      return 'timeout_error'
    case 529:
      return 'overloaded_error'
    default:
      return status >= 500 ? 'api_error' : 'invalid_request_error'
  }
}
