import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'

/** The caller's side of the connection: what the steps need of it, and nothing of node:http. */
export interface Reply {
  /** The caller closed the connection before the answer was complete. */
  isGone(): boolean
  /** At most one listener; called once. */
  onGone(listener: () => void): void
  hasStarted(): boolean
  /** Headers of the answer, whatever it will be: also of an error that is sent in its place. */
  keepHeaders(headers: OutgoingHttpHeaders): void
  sendWhole(status: number, headers: OutgoingHttpHeaders, body: Uint8Array | string): void
  startStream(headers: OutgoingHttpHeaders): void
  /** False when the caller's socket is full: stop until `onDrain`. */
  write(bytes: Uint8Array | string): boolean
  onDrain(listener: () => void): void
  end(bytes?: Uint8Array | string): void
}

/** Beyond this the copy costs more than the second write. */
const MAX_ONE_WRITE_BYTES = 16 * 1024

export const createReply = (response: ServerResponse): Reply => {
  let gone = false
  let kept: OutgoingHttpHeaders = {}
  let goneListener: (() => void) | null = null
  response.on('close', () => {
    if (response.writableFinished) return
    gone = true
    goneListener?.()
  })
  // A caller that resets the connection is "gone"; without a listener the error would be an uncaught exception.
  response.on('error', () => {})
  return {
    isGone: () => gone,
    onGone: (listener) => {
      goneListener = listener
      if (gone) listener()
    },
    hasStarted: () => response.headersSent,
    keepHeaders: (headers) => {
      kept = headers
    },
    sendWhole: (status, headers, body) => {
      if (gone) return
      response.writeHead(status, {
        ...kept,
        ...headers,
        'content-length': typeof body === 'string' ? Buffer.byteLength(body) : body.length,
      })
      // Node sends headers and a string of one encoding in a single write, a Buffer behind them in a second one. Latin-1 keeps every byte as it is.
      if (typeof body === 'string' || body.length > MAX_ONE_WRITE_BYTES) response.end(body)
      else response.end(Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1'), 'latin1')
    },
    startStream: (headers) => {
      if (!gone)
        response.writeHead(200, {
          ...kept,
          ...headers,
          'content-type': 'text/event-stream; charset=utf-8',
          'cache-control': 'no-cache',
          'x-accel-buffering': 'no',
        })
    },
    write: (bytes) => gone || response.write(bytes),
    onDrain: (listener) => {
      response.on('drain', listener)
    },
    end: (bytes) => {
      if (gone) return
      if (bytes === undefined) response.end()
      else response.end(bytes)
    },
  }
}
