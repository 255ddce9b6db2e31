import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { AddressReach } from '@atpar/providers/own-base-url'
import { Pool, type Dispatcher } from 'undici'
import { GrowingBuffer } from '../http/growing-buffer.ts'
import { createGuardedLookup, refuseUnreachableLiteral, type Resolve } from './public-address.ts'

/** One HTTP call to a provider, ready to be sent. */
export interface UpstreamCall {
  readonly origin: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** POST unless told otherwise. */
  readonly method?: 'GET' | 'DELETE' | 'POST'
  /** What is read from disk comes as a stream, and says its length in the headers. */
  readonly body: Uint8Array | string | Readable | null
  /** The address is a customer's: refused unless it resolves to public addresses only. */
  readonly publicOnly?: boolean
  /** Until the response headers. */
  readonly firstByteTimeoutMs: number
  /** Between two pieces of the body. */
  readonly idleTimeoutMs: number
}

/** Receives a body as it arrives. Exactly one of `onEnd` and `onError` is called, last. */
export interface BodySink {
  readonly onData: (bytes: Buffer) => void
  readonly onEnd: () => void
  readonly onError: (error: Error) => void
}

/** A response body that waits for its sink: what arrives before `read` is kept. */
export interface UpstreamBody {
  /** All of it, when all of it has come: nearly always so for a short answer, which comes with its headers. Once; null when there is more to wait for. */
  takeWhole(maxBytes: number): Buffer | null
  read(sink: BodySink): void
  /** Takes the sink away again; what arrives meanwhile is kept for the next one. */
  detach(): void
  pause(): void
  resume(): void
  abort(): void
}

export interface UpstreamReply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: UpstreamBody
}

export interface Upstream {
  /** Rejects when no response headers came: refused, reset, timed out. */
  send(call: UpstreamCall): Promise<UpstreamReply>
  close(): Promise<void>
}

/** We ended the call ourselves: the caller left, or the answer is no longer wanted. */
export class UpstreamAborted extends Error {}

const CONNECT_TIMEOUT_MS = 3_000
/** Below the 60 s after which load balancers in front of providers commonly drop idle connections. */
const KEEP_ALIVE_MS = 30_000
/** Bytes kept for a body nobody reads yet before the socket is paused. */
const MAX_UNREAD_BYTES = 256 * 1024

export interface UpstreamOptions {
  /** Where customers' own addresses may lead. */
  readonly reach: AddressReach
  /** Names to addresses, for those; the system's when not given. */
  readonly resolve?: Resolve
}

/** The only outbound HTTP of the proxy: one keep-alive pool per origin, redirects never followed. */
export const createUpstream = ({ reach, resolve: resolveName }: UpstreamOptions): Upstream => {
  const guardedLookup = createGuardedLookup(reach, resolveName)
  const pools = new Map<string, Pool>()
  const poolOf = ({ origin, publicOnly = false }: UpstreamCall): Pool => {
    // Apart from each other: a socket opened without the check must not be handed to a call that asks for it.
    const name = publicOnly ? `public ${origin}` : origin
    const known = pools.get(name)
    if (known !== undefined) return known
    if (publicOnly) refuseUnreachableLiteral(origin, reach)
    const pool = new Pool(origin, {
      connect: { timeout: CONNECT_TIMEOUT_MS, ...(publicOnly ? { lookup: guardedLookup } : {}) },
      keepAliveTimeout: KEEP_ALIVE_MS,
      pipelining: 1,
      allowH2: false,
    })
    pools.set(name, pool)
    return pool
  }
  return {
    send: (call) =>
      new Promise((resolve, reject) => {
        poolOf(call).dispatch(
          {
            method: call.method ?? 'POST',
            path: call.path,
            headers: call.headers,
            body: call.body,
            headersTimeout: call.firstByteTimeoutMs,
            bodyTimeout: call.idleTimeoutMs,
          },
          new ReplyHandler(resolve, reject),
        )
      }),
    close: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()))
    },
  }
}

/** undici's callbacks as one reply with a body that can wait. A class because undici calls methods on one object per request. */
class ReplyHandler implements Dispatcher.DispatchHandler, UpstreamBody {
  #controller: Dispatcher.DispatchController | null = null
  #sink: BodySink | null = null
  #unread: Buffer[] = []
  #unreadBytes = 0
  #ended = false
  #error: Error | null = null
  readonly #resolve: (reply: UpstreamReply) => void
  readonly #reject: (error: Error) => void

  constructor(resolve: (reply: UpstreamReply) => void, reject: (error: Error) => void) {
    this.#resolve = resolve
    this.#reject = reject
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return
    this.#controller = controller
    this.#resolve({ status, headers, body: this })
  }

  onResponseData(controller: Dispatcher.DispatchController, bytes: Buffer): void {
    if (this.#sink !== null) {
      this.#sink.onData(bytes)
      return
    }
    this.#unread.push(bytes)
    this.#unreadBytes += bytes.length
    if (this.#unreadBytes > MAX_UNREAD_BYTES) controller.pause()
  }

  onResponseEnd(): void {
    this.#ended = true
    this.#sink?.onEnd()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#error = error
    // Rejecting after the headers came is a no-op of the promise: the sink hears of it instead.
    this.#reject(error)
    this.#sink?.onError(error)
  }

  takeWhole(maxBytes: number): Buffer | null {
    const [only] = this.#unread
    if (!this.#ended || only === undefined || this.#unread.length > 1 || only.length > maxBytes) return null
    this.#unread = []
    return only
  }

  read(sink: BodySink): void {
    const unread = this.#unread
    this.#unread = []
    this.#unreadBytes = 0
    this.#sink = sink
    for (const bytes of unread) sink.onData(bytes)
    if (this.#error !== null) sink.onError(this.#error)
    else if (this.#ended) sink.onEnd()
    else if (this.#controller?.paused === true) this.#controller.resume()
  }

  detach(): void {
    this.#sink = null
  }

  pause(): void {
    this.#controller?.pause()
  }

  resume(): void {
    this.#controller?.resume()
  }

  abort(): void {
    if (!this.#ended && this.#error === null) this.#controller?.abort(new UpstreamAborted('no longer wanted'))
  }
}

/** Reads a whole body. `expectedBytes` is a hint. @throws RangeError above `maxBytes`. */
export const collectBody = (body: UpstreamBody, maxBytes: number, expectedBytes = 0): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const gathered = new GrowingBuffer(expectedBytes)
    let only: Buffer | null = null
    let size = 0
    body.read({
      onData: (bytes) => {
        if (size + bytes.length > maxBytes) {
          body.abort()
          reject(new RangeError(`the answer is larger than ${maxBytes} bytes`))
          return
        }
        // Most answers come in one piece, which is read and let go: it is not copied.
        if (size === 0) only = bytes
        else {
          if (only !== null) gathered.add(only)
          only = null
          gathered.add(bytes)
        }
        size += bytes.length
      },
      onEnd: () => resolve(only ?? gathered.take()),
      onError: reject,
    })
  })
