import type { ServerResponse } from 'node:http'

import type { WireFormat } from '../generate/wire-format.ts'
import type { Refusal } from '../refusal.ts'
import type { Exchange } from './context.ts'

/** Sends a JSON text. */
export function sendJson(response: ServerResponse, text: string, headers: Record<string, string> = {}): void {
  sendText(response, { status: 200, type: 'application/json; charset=utf-8', text, headers })
}

export function sendText(
  response: ServerResponse,
  message: { status: number; type: string; text: string; headers?: Record<string, string> },
): void {
  response.writeHead(message.status, {
    'content-type': message.type,
    'content-length': Buffer.byteLength(message.text),
    ...message.headers,
  })
  response.end(message.text)
}

/** Sends an error in the provider's own shape. */
export function sendRefusal(
  { response, provider, requestId, startedAt }: Exchange,
  format: Pick<WireFormat, 'writeError' | 'responseHeaders'>,
  refusal: Refusal,
): void {
  const { retryAfterSeconds } = refusal.detail
  sendText(response, {
    status: refusal.status,
    type: 'application/json; charset=utf-8',
    text: format.writeError(refusal, { provider, requestId }),
    headers: {
      ...format.responseHeaders({ provider, requestId, durationMs: Date.now() - startedAt.getTime() }),
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    },
  })
}
