import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { StreamBody } from './stream-body.ts'

/** Names and values in turns, which Node takes as they are: an object of twenty headers is built twice and looked up by each name. */
export type HeaderList = readonly string[]

export const namedHeaders = (list: HeaderList): Record<string, string> => {
  const headers: Record<string, string> = {}
  for (let place = 0; place + 1 < list.length; place += 2) headers[list[place] ?? ''] = list[place + 1] ?? ''
  return headers
}

/** The caller's side of the connection: what the steps need of it, and nothing of node:http. */
export interface Reply {
  /** The caller closed the connection before the answer was complete. */
  isGone(): boolean
  /** At most one listener; called once. */
  onGone(listener: () => void): void
  hasStarted(): boolean
  /** Headers of the answer, whatever it will be: also of an error that is sent in its place. */
  keepHeaders(headers: HeaderList): void
  sendWhole(status: number, headers: OutgoingHttpHeaders, body: Uint8Array | string): void
  /** The same for a body whose every character is a byte of it (latin-1): Node sends one text with the headers before it. */
  sendWire(status: number, headers: HeaderList, wire: string): void
  /** The last answer on this connection, which is closed once `until` resolves. */
  sendLast(
    status: number,
    headers: OutgoingHttpHeaders,
    last: { readonly body: string; readonly until: Promise<void> },
  ): void
  /** Events, unless the headers name another type. */
  startStream(headers: OutgoingHttpHeaders): void
  /** False when the caller's socket is full: stop until `onDrain`. */
  write(bytes: Uint8Array | string): boolean
  onDrain(listener: () => void): void
  end(bytes?: Uint8Array | string): void
  /** Ends a stream that failed: with its last words, or where it has none so that the caller sees it was cut. */
  abort(lastWords: string | null): void
}

/** Beyond this the copy costs more than the second write. */
export const MAX_ONE_WRITE_BYTES = 16 * 1024

/** `afterClose`: called once, when the answer is over, whole or not. */
export const createReply = (response: ServerResponse, afterClose?: () => void): Reply =>
  new ServerReply(response, afterClose)

const NO_HEADERS: HeaderList = []

/** A class because thousands of streams hold one each: as closures its methods took a kilobyte of every stream. */
class ServerReply implements Reply {
  readonly #response: ServerResponse
  #gone = false
  #kept = NO_HEADERS
  #stream: StreamBody | null = null
  #goneListener: (() => void) | null = null

  constructor(response: ServerResponse, afterClose: (() => void) | undefined) {
    this.#response = response
    // Told once; `once` would wrap the listener to take it away again.
    response.on('close', () => {
      afterClose?.()
      if (response.writableFinished) return
      this.#gone = true
      this.#goneListener?.()
    })
    // A caller that resets the connection is "gone"; without a listener the error would be an uncaught exception.
    response.on('error', ignoreError)
  }

  isGone(): boolean {
    return this.#gone
  }

  onGone(listener: () => void): void {
    this.#goneListener = listener
    if (this.#gone) listener()
  }

  hasStarted(): boolean {
    return this.#response.headersSent
  }

  keepHeaders(headers: HeaderList): void {
    this.#kept = headers
  }

  sendWhole(status: number, headers: OutgoingHttpHeaders, body: Uint8Array | string): void {
    if (this.#gone) return
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
    this.#response.writeHead(status, listHeaders(this.#kept, headers, 'content-length', `${length}`))
    // Node sends headers and a string of one encoding in a single write, a Buffer behind them in a second one. Latin-1 keeps every byte as it is.
    if (typeof body === 'string' || body.length > MAX_ONE_WRITE_BYTES) this.#response.end(body)
    else this.#response.end(Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1'), 'latin1')
  }

  sendWire(status: number, headers: HeaderList, wire: string): void {
    if (this.#gone) return
    this.#response.writeHead(status, [...this.#kept, ...headers, 'content-length', `${wire.length}`])
    this.#response.end(wire, 'latin1')
  }

  sendLast(
    status: number,
    headers: OutgoingHttpHeaders,
    { body, until }: { readonly body: string; readonly until: Promise<void> },
  ): void {
    if (this.#gone) return
    const length = `${Buffer.byteLength(body)}`
    this.#response.writeHead(
      status,
      listHeaders(this.#kept, { ...headers, connection: 'close' }, 'content-length', length),
    )
    this.#response.write(body)
    void until.then(() => this.#response.end())
  }

  startStream(headers: OutgoingHttpHeaders): void {
    if (this.#gone) return
    const own = { 'content-type': 'text/event-stream; charset=utf-8', ...headers, 'cache-control': 'no-cache' }
    this.#response.writeHead(200, listHeaders(this.#kept, own, 'x-accel-buffering', 'no'))
    this.#kept = NO_HEADERS
    this.#stream = new StreamBody(this.#response)
  }

  write(bytes: Uint8Array | string): boolean {
    return this.#gone || this.#stream === null || this.#stream.write(bytes)
  }

  onDrain(listener: () => void): void {
    this.#stream?.onDrain(listener)
  }

  end(bytes: Uint8Array | string = ''): void {
    if (this.#gone) return
    if (this.#stream === null) this.#response.end(bytes)
    else this.#stream.end(bytes)
  }

  abort(lastWords: string | null): void {
    if (this.#gone) return
    if (lastWords !== null) this.end(lastWords)
    else if (this.#stream === null) this.#response.destroy()
    else this.#stream.destroy()
  }
}

const ignoreError = (): void => {}

const listHeaders = (kept: HeaderList, own: OutgoingHttpHeaders, ...last: HeaderList): string[] => {
  const list = kept.slice()
  for (const key in own) list.push(key, String(own[key]))
  list.push(...last)
  return list
}
