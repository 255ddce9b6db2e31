import type { Refusal } from '../refusal.ts'

/** An error body: `{"error":{code, message, status, details}}`. */
export function writeGenerateError(refusal: Refusal): string {
  const details = detailsOf(refusal)
  return JSON.stringify({
    error: {
      code: refusal.status,
      message: refusal.message,
      status: statusName(refusal.status),
      ...(details.length > 0 ? { details } : {}),
    },
  })
}

export function writeGenerateStreamError(refusal: Refusal): string {
  return `data: ${writeGenerateError(refusal)}\r\n\r\n`
}

export function writeGenerateArrayError(refusal: Refusal): string {
  return `,\r\n${writeGenerateError(refusal)}]`
}

function detailsOf({ detail }: Refusal): Record<string, unknown>[] {
  const details: Record<string, unknown>[] = []
  if (detail.code !== undefined) {
    details.push({ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: detail.code, domain: 'googleapis.com' })
  }
  if (detail.retryAfterSeconds !== undefined) {
    details.push({ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${detail.retryAfterSeconds}s` })
  }
  return details
}

function statusName(status: number): string {
  switch (status) {
    case 401:
      return 'UNAUTHENTICATED'
    case 403:
      return 'PERMISSION_DENIED'
    case 404:
      return 'NOT_FOUND'
    case 429:
      return 'RESOURCE_EXHAUSTED'
    case 500:
      return 'INTERNAL'
    case 504:
      return 'DEADLINE_EXCEEDED'
    default:
      return status > 500 ? 'UNAVAILABLE' : 'INVALID_ARGUMENT'
  }
}
