import type { WebSocket } from 'ws'

const EVERY_MS = 30_000

/**
 * Ends connections whose other side is gone without a word: each is asked for a sign of life, and one that gave none until the next time is cut.
 * One that is kept from reading cannot answer and is left in peace. Returns what stops it.
 */
export const watchPulse = (sockets: readonly WebSocket[]): (() => void) => {
  const silent = new Set<WebSocket>()
  for (const socket of sockets) {
    socket.on('pong', () => silent.delete(socket))
    socket.on('message', () => silent.delete(socket))
  }
  const timer = setInterval(() => {
    for (const socket of sockets) {
      if (socket.readyState !== socket.OPEN || socket.isPaused) silent.delete(socket)
      else if (silent.has(socket)) socket.terminate()
      else {
        silent.add(socket)
        socket.ping()
      }
    }
  }, EVERY_MS)
  return () => clearInterval(timer)
}
