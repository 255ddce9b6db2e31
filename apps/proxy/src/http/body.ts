import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { AppError } from '@atpar/core/errors'
import { openEncoding } from './body-encoding.ts'
import { GrowingBuffer } from './growing-buffer.ts'

/** A body that makes no progress for this long is given up. */
export const STALL_MS = 30_000
/** Likewise one that is not whole after this, however it progresses. */
const WHOLE_MS = 60_000

export interface BodyBounds {
  /** Of the body as it is read: after decompression. */
  readonly maxBytes: number
  readonly stallMs?: number
  readonly wholeMs?: number
}

/** Reads a request body whole. @throws AppError `body_too_large`, `request_timeout`, `invalid_request` (badly encoded or cut short). */
export const readBody = (
  request: IncomingMessage,
  { maxBytes, stallMs = STALL_MS, wholeMs = WHOLE_MS }: BodyBounds,
): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
      reject(tooLarge(maxBytes))
      return
    }
    const encoding = openEncoding(request)
    const source: Readable = encoding?.decoded ?? request
    const gathered = new GrowingBuffer(encoding === null ? Number(request.headers['content-length'] ?? 0) : 0)
    let size = 0
    let stall: NodeJS.Timeout | undefined
    let isOver = false
    let startedAtMs = 0
    const watchStall = (): void => {
      if (request.complete || isOver) return
      startedAtMs = performance.now()
      stall = setTimeout(() => {
        fail(
          new AppError('request_timeout', {
            message: `The request body did not go on for ${stallMs / 1000} seconds. ${size} bytes had arrived.`,
          }),
        )
      }, stallMs)
    }
    // Most bodies come with their headers, and are whole once all that was read with them is heard of: they need no timer. Not in the next tick: it is
    // before the body's end.
    setImmediate(watchStall)
    const fail = (error: AppError): void => {
      isOver = true
      clearTimeout(stall)
      request.pause()
      encoding?.stop()
      reject(error)
    }
    source.on('data', (bytes: Buffer) => {
      size += bytes.length
      if (size > maxBytes || encoding?.isBomb(size) === true) fail(tooLarge(maxBytes))
      else {
        gathered.add(bytes)
        if (stall === undefined) return
        stall.refresh()
        if (performance.now() - startedAtMs > wholeMs)
          fail(
            new AppError('request_timeout', {
              message: `The request body was not whole after ${wholeMs / 1000} seconds. ${size} bytes had arrived.`,
            }),
          )
      }
    })
    // Always a copy, also of a single piece: a slice would keep the socket's 64 KiB read buffer alive for as long as the answer streams.
    source.on('end', () => {
      isOver = true
      clearTimeout(stall)
      resolve(gathered.take())
    })
    encoding?.decoded.on('error', () =>
      fail(
        new AppError('invalid_request', {
          message: `The body is not what Content-Encoding "${encoding.name}" says. Compress it again, or send it as it is.`,
          param: 'content-encoding',
        }),
      ),
    )
    request.on('close', () => {
      // Also emitted after a whole body; making an error for each of those showed in the profile.
      if (!request.complete)
        fail(new AppError('invalid_request', { message: 'The connection closed before the whole body arrived.' }))
    })
    request.on('error', () => {
      fail(new AppError('invalid_request', { message: 'The connection broke before the whole body arrived.' }))
    })
  })

const tooLarge = (maxBytes: number): AppError =>
  new AppError('body_too_large', {
    message: `The request body is larger than ${maxBytes} bytes. Send less in one request.`,
  })
