import type { IncomingMessage } from 'node:http'
import type { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import { AppError } from '@atpar/core/errors'

/** A compressed body on its way to being read. Decompression runs beside the event loop, a piece at a time. */
export interface BodyEncoding {
  readonly name: string
  readonly decoded: Transform
  /** Whether so many decoded bytes are out of proportion to what arrived. */
  isBomb(decodedBytes: number): boolean
  stop(): void
}

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip(PIECES),
  'x-gzip': () => createGunzip(PIECES),
  deflate: () => createInflate(PIECES),
  br: () => createBrotliDecompress(PIECES),
  zstd: () => createZstdDecompress(PIECES),
}
const PIECES = { chunkSize: 64 * 1024 }

/** JSON of any real conversation shrinks by less than 20. Small bodies may be all repetition, and cost nothing. */
const MAX_RATIO = 100
const HARMLESS_BYTES = 1024 * 1024

/** Null for a body that is sent as it is. @throws AppError `invalid_request` for an encoding, or a stack of them, that is not accepted. */
export const openEncoding = (request: IncomingMessage): BodyEncoding | null => {
  const header = request.headers['content-encoding']
  if (header === undefined) return null
  const name = header.trim().toLowerCase()
  if (name === 'identity' || name === '') return null
  const open = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined
  if (open === undefined)
    throw new AppError('invalid_request', {
      message: `Content-Encoding "${header.slice(0, 80)}" is not accepted. Send the body as it is, or compressed once by gzip, deflate, br or zstd.`,
      param: 'content-encoding',
    })
  const decoded = open()
  let arrivedBytes = 0
  request.on('data', (bytes: Buffer) => {
    arrivedBytes += bytes.length
  })
  request.pipe(decoded)
  return {
    name,
    decoded,
    isBomb: (decodedBytes) => decodedBytes > HARMLESS_BYTES && decodedBytes > arrivedBytes * MAX_RATIO,
    stop: () => {
      request.unpipe(decoded)
      decoded.destroy()
    },
  }
}
