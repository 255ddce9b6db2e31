import type { IncomingMessage } from 'node:http'

export type ReadBody = { kind: 'whole'; body: Buffer } | { kind: 'too_large' }

/** Collects a request's body. Never calls back for a caller who leaves before its end: nothing reached the provider. */
export function readRequestBody(
  request: IncomingMessage,
  limitBytes: number,
  whenRead: (read: ReadBody) => void,
): void {
  const parts: Buffer[] = []
  let bytes = 0
  request.on('data', (part: Buffer) => {
    bytes += part.length
    if (bytes <= limitBytes) parts.push(part)
    else parts.length = 0
  })
  request.on('end', () => {
    const [first] = parts
    if (bytes > limitBytes) whenRead({ kind: 'too_large' })
    else whenRead({ kind: 'whole', body: first !== undefined && parts.length === 1 ? first : Buffer.concat(parts) })
  })
}
