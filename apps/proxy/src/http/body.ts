import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { AppError } from '@atpar/core/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '@atpar/core/json'
import { openEncoding } from './body-encoding.ts'
import { boundJson, refuseAmbiguous } from './json-bounds.ts'

/** A body that makes no progress for this long is given up. The server's own `requestTimeout` bounds the whole. */
const STALL_MS = 30_000

export interface BodyBounds {
  /** Of the body as it is read: after decompression. */
  readonly maxBytes: number
  readonly stallMs?: number
}

/** Reads a request body whole. @throws AppError `body_too_large`, `request_timeout`, `invalid_request` (badly encoded or cut short). */
export const readBody = (request: IncomingMessage, { maxBytes, stallMs = STALL_MS }: BodyBounds): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
      reject(tooLarge(maxBytes))
      return
    }
    const encoding = openEncoding(request)
    const source: Readable = encoding?.decoded ?? request
    const parts: Buffer[] = []
    let size = 0
    const stall = setTimeout(() => {
      fail(
        new AppError('request_timeout', {
          message: `The request body did not go on for ${stallMs / 1000} seconds. ${size} bytes had arrived.`,
        }),
      )
    }, stallMs)
    const fail = (error: AppError): void => {
      clearTimeout(stall)
      request.pause()
      encoding?.stop()
      reject(error)
    }
    source.on('data', (bytes: Buffer) => {
      size += bytes.length
      if (size > maxBytes || encoding?.isBomb(size) === true) fail(tooLarge(maxBytes))
      else {
        parts.push(bytes)
        stall.refresh()
      }
    })
    // Always a copy, also of a single piece: a slice would keep the socket's 64 KiB read buffer alive for as long as the answer streams.
    // The pieces are taken out, because the listeners live as long as the answer streams.
    source.on('end', () => {
      clearTimeout(stall)
      resolve(Buffer.concat(parts.splice(0), size))
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

/** @throws AppError `invalid_json`, `invalid_request` when the JSON is no object or ambiguous, `body_too_large` when it has too many values. */
export const parseJsonBody = (body: Buffer): JsonObject => {
  if (!isUtf8(body))
    throw new AppError('invalid_json', { message: 'The body is not valid UTF-8. Send JSON text encoded as UTF-8.' })
  const members = boundJson(body)
  let value: JsonValue
  try {
    value = JSON.parse(body.toString('utf8')) as JsonValue
  } catch (cause) {
    throw new AppError('invalid_json', {
      message: `The body is not valid JSON (${body.length} bytes). Send one JSON object with Content-Type: application/json.`,
      cause,
    })
  }
  if (!isJsonObject(value)) throw new AppError('invalid_request', { message: 'The body must be a JSON object.' })
  refuseAmbiguous(value, members)
  return value
}
