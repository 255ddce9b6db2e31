import type { IncomingMessage } from 'node:http'
import { AppError } from '@atpar/core/errors'
import { isJsonObject, type JsonObject } from '@atpar/core/json'

/** Reads a request body whole; the server's own `requestTimeout` ends one that dawdles. @throws AppError `body_too_large`, `invalid_request` (encoded or cut short). */
export const readBody = (request: IncomingMessage, maxBytes: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const encoding = request.headers['content-encoding']
    if (encoding !== undefined && encoding !== 'identity') {
      reject(
        new AppError('invalid_request', {
          message: `Content-Encoding "${encoding}" is not accepted. Send the body uncompressed.`,
          param: 'content-encoding',
        }),
      )
      return
    }
    const tooLarge = (): AppError =>
      new AppError('body_too_large', {
        message: `The request body is larger than ${maxBytes} bytes. Send less in one request.`,
      })
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
      reject(tooLarge())
      return
    }
    const parts: Buffer[] = []
    let size = 0
    request.on('data', (bytes: Buffer) => {
      size += bytes.length
      if (size > maxBytes) {
        request.pause()
        reject(tooLarge())
      } else parts.push(bytes)
    })
    // Always a copy, also of a single piece: a slice would keep the socket's 64 KiB read buffer alive for as long as the answer streams.
    // The pieces are taken out, because the listeners live as long as the answer streams.
    request.on('end', () => {
      resolve(Buffer.concat(parts.splice(0), size))
    })
    request.on('close', () => {
      // Also emitted after a whole body; making an error for each of those showed in the profile.
      if (!request.complete)
        reject(new AppError('invalid_request', { message: 'The connection closed before the whole body arrived.' }))
    })
    request.on('error', () => {
      reject(new AppError('invalid_request', { message: 'The connection broke before the whole body arrived.' }))
    })
  })

/** @throws AppError `invalid_json`, or `invalid_request` when the JSON is no object. */
export const parseJsonBody = (body: Buffer): JsonObject => {
  let value: unknown
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch (cause) {
    throw new AppError('invalid_json', {
      message: `The body is not valid JSON (${body.length} bytes). Send one JSON object with Content-Type: application/json.`,
      cause,
    })
  }
  if (!isJsonObject(value)) throw new AppError('invalid_request', { message: 'The body must be a JSON object.' })
  return value
}
