import type { Refusal } from '../refusal.ts'

/** An error body: `{"error":{message, type, param, code}}`. */
export function writeChatError(refusal: Refusal): string {
  const { param, code } = refusal.detail
  return JSON.stringify({
    error: {
      message: refusal.message,
      type: typeOf(refusal.status),
      param: param ?? null,
      code: code ?? codeOf(refusal.status),
    },
  })
}

export function writeChatStreamError(refusal: Refusal): string {
  return `data: ${writeChatError(refusal)}\n\n`
}

function typeOf(status: number): string {
  if (status === 429) return 'rate_limit_error'
  if (status === 403) return 'permission_error'
  return status >= 500 ? 'server_error' : 'invalid_request_error'
}

function codeOf(status: number): string | null {
  switch (status) {
    case 401:
      return 'invalid_api_key'
    case 404:
      return 'model_not_found'
    case 429:
      return 'rate_limit_exceeded'
    default:
      return null
  }
}
