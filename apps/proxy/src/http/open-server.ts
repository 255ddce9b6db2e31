import { createServer, type RequestListener, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { AppError } from '@atpar/core/errors'

export interface ServerBounds {
  /** For all headers to arrive. */
  readonly headersTimeoutMs: number
  /** For the whole request to arrive. */
  readonly requestTimeoutMs: number
  /** How often those two are looked at. */
  readonly lookEveryMs: number
}

const MAX_HEADER_BYTES = 16 * 1024
/** Longer than the 60 s after which load balancers drop idle connections, so that they close first. */
const KEEP_ALIVE_MS = 65_000

/** Long recordings come over slow lines. Bodies that are read into memory have bounds of their own. */
const BOUNDS: ServerBounds = { headersTimeoutMs: 10_000, requestTimeoutMs: 15 * 60_000, lookEveryMs: 2_000 }

/**
 * node:http with its strict parser, which refuses whatever two readers could cut into requests differently (both lengths, a repeated one, folded or
 * bare-LF lines, bad chunks). Such a connection gets one answer of ours and is closed: nothing behind that point can be trusted to be a request.
 */
export const openServer = (
  listener: RequestListener,
  encodeError: (error: AppError) => string,
  bounds: ServerBounds = BOUNDS,
): Server => {
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: bounds.headersTimeoutMs,
      requestTimeout: bounds.requestTimeoutMs,
      connectionsCheckingInterval: bounds.lookEveryMs,
      insecureHTTPParser: false,
      requireHostHeader: true,
    },
    listener,
  )
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === 'ECONNRESET' || !socket.writable || hasAnswerBegun(socket)) {
      socket.destroy()
      return
    }
    const { status, reason, appError } = describe(error.code)
    const body = encodeError(appError)
    socket.end(
      `HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      () => socket.destroy(),
    )
  })
  return server
}

/** An answer under way on the same connection would be corrupted by another one in its middle. */
const hasAnswerBegun = (socket: Duplex): boolean => {
  const response: unknown = Reflect.get(socket, '_httpMessage')
  return typeof response === 'object' && response !== null && 'headersSent' in response && response.headersSent === true
}

interface Refusal {
  readonly status: number
  readonly reason: string
  readonly appError: AppError
}

const describe = (code: string | undefined): Refusal => {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return { status: 408, reason: 'Request Timeout', appError: new AppError('request_timeout') }
  if (code === 'HPE_HEADER_OVERFLOW')
    return {
      status: 431,
      reason: 'Request Header Fields Too Large',
      appError: new AppError('invalid_request', {
        message: `The headers are larger than ${MAX_HEADER_BYTES} bytes. Send fewer or shorter ones.`,
      }),
    }
  return {
    status: 400,
    reason: 'Bad Request',
    appError: new AppError('invalid_request', {
      message: 'This is not a well-formed HTTP/1.1 request. Check its lengths, line ends and chunks.',
    }),
  }
}
