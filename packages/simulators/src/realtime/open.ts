import { createHash } from 'node:crypto'
import type { Server } from 'node:http'
import { WebSocketServer } from 'ws'

import { findProvider } from '../providers.ts'
import type { SimulatorContext } from '../service/context.ts'
import { converse } from './conversation.ts'

/** OpenAI's realtime WebSocket on the one port. Returns what closes every conversation. */
export function openRealtime(context: SimulatorContext, server: Server): () => void {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  server.on('upgrade', (request, socket, head) => {
    const url = new URL(request.url ?? '/', 'http://here')
    const found = findProvider(url.pathname)
    const key = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
    const model = url.searchParams.get('model') ?? ''
    const status =
      found?.provider.id !== 'openai' || found.rest !== '/realtime' || model.startsWith('missing-')
        ? '404 Not Found'
        : key === undefined || key.startsWith('invalid')
          ? '401 Unauthorized'
          : null
    if (status !== null || key === undefined) {
      socket.end(`HTTP/1.1 ${status ?? '401 Unauthorized'}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    sockets.handleUpgrade(request, socket, head, (opened) =>
      converse({
        context,
        socket: opened,
        model,
        keySha256: createHash('sha256').update(key).digest('hex'),
        endpoint: url.pathname,
      }),
    )
  })
  return () => {
    for (const client of sockets.clients) client.terminate()
  }
}
