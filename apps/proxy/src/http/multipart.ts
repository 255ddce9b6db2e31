import type { IncomingMessage } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { Readable } from 'node:stream'
import { Busboy, type BusboyEvents, type BusboyInstance } from '@fastify/busboy'
import { AppError } from '@atpar/core/errors'
import { STALL_MS } from './body.ts'
import { openSpoolFile, type SpoolFile } from './spool-file.ts'

/** What a form may be at most. Whatever exceeds it is refused as soon as it is seen, not when all of it has arrived. */
export interface FormLimits {
  readonly bodyBytes: number
  readonly fileBytes: number
  readonly files: number
  readonly fields: number
  readonly fieldBytes: number
  /** For how long none of it may arrive; as any body when absent. */
  readonly stallMs?: number
}

export interface FormFile {
  readonly name: string
  readonly fileName: string
  readonly contentType: string
  readonly content: SpoolFile
}

export interface FormField {
  readonly name: string
  readonly value: string
}

/** A form read to its end: words in memory, files on disk. */
export interface SpooledForm {
  readonly fields: readonly FormField[]
  readonly files: readonly FormFile[]
  /** To be called whatever becomes of the request. Idempotent. */
  discard(): Promise<void>
}

/** A request, as far as a form is read from it. */
export type FormSource = Readable & Pick<IncomingMessage, 'headers'>

const MAX_PART_HEADERS = 16
const MAX_PART_HEADER_BYTES = 8 * 1024

/**
 * Reads `multipart/form-data` to its end, in whatever order its parts come: the model may stand behind the file. Files go to disk as they arrive, at
 * the pace of the disk. @throws AppError `body_too_large`, `request_timeout` or `invalid_request` naming what was wrong; nothing is kept then.
 */
export const readForm = async (request: FormSource, limits: FormLimits): Promise<SpooledForm> => {
  if (Number(request.headers['content-length'] ?? 0) > limits.bodyBytes) throw bodyTooLarge(limits)
  const fields: FormField[] = []
  const files: FormFile[] = []
  const spools: SpoolFile[] = []
  const writing: Promise<void>[] = []
  const streams: Readable[] = []
  const discard = async (): Promise<void> => {
    await Promise.all(spools.map((spool) => spool.discard()))
  }
  const parser = openParser(request, limits)
  const refuse = (error: AppError): void => {
    parser.destroy(error)
  }
  const keepField = (...[name, value, , isTruncated]: Parameters<BusboyEvents['field']>): void => {
    if (!isNamed(name)) refuse(invalid('A part of the form has no name.'))
    else if (isTruncated) refuse(tooLarge(`The field "${name}" is larger than ${limits.fieldBytes} bytes.`))
    else fields.push({ name, value })
  }
  const keepFile = (...[name, stream, fileName, , contentType]: Parameters<BusboyEvents['file']>): void => {
    streams.push(stream)
    // Without a listener a form that ends in the middle of its file would be an uncaught exception; the parser itself reports it.
    stream.on('error', () => refuse(cutShort()))
    if (!isNamed(name)) {
      refuse(invalid('A part of the form has no name.'))
      return
    }
    stream.on('limit', () => refuse(tooLarge(`The file "${name}" is larger than ${limits.fileBytes} bytes.`)))
    const spooled = spoolTo(stream, async () => {
      const content = await openSpoolFile()
      spools.push(content)
      files.push({ name, fileName: isNamed(fileName) ? fileName : name, contentType, content })
      return content
    })
    writing.push(spooled)
    spooled.catch((cause: unknown) => parser.destroy(cause instanceof Error ? cause : new Error(String(cause))))
  }
  const { stallMs = STALL_MS } = limits
  const stall = setTimeout(() => {
    refuse(new AppError('request_timeout', { message: `The form did not go on for ${stallMs / 1000} seconds.` }))
  }, stallMs)
  parser.on('field', keepField)
  parser.on('file', keepFile)
  parser.on('filesLimit', () => refuse(tooLarge(`The form has more than ${limits.files} files.`)))
  parser.on('fieldsLimit', () => refuse(tooLarge(`The form has more than ${limits.fields} fields.`)))
  try {
    await pipeline(request, countBytes(limits, stall), parser)
    await Promise.all(writing)
  } catch (error) {
    // The parser leaves them open, and whoever reads them would wait for ever.
    for (const stream of streams) stream.destroy()
    await Promise.allSettled(writing)
    await discard()
    throw error instanceof AppError ? error : cutShort(error)
  } finally {
    clearTimeout(stall)
  }
  return { fields, files, discard }
}

/** The parser's types promise a name; a hostile form may have none. */
const isNamed = (name: string | undefined): name is string => name !== undefined && name !== ''

const openParser = (request: FormSource, limits: FormLimits): BusboyInstance => {
  const contentType = request.headers['content-type'] ?? ''
  try {
    return new Busboy({
      headers: { ...request.headers, 'content-type': contentType },
      limits: {
        fieldNameSize: 200,
        fieldSize: limits.fieldBytes,
        fields: limits.fields,
        fileSize: limits.fileBytes,
        files: limits.files,
        headerPairs: MAX_PART_HEADERS,
        headerSize: MAX_PART_HEADER_BYTES,
      },
    })
  } catch (cause) {
    throw invalid('Send a form: Content-Type: multipart/form-data with a boundary.', cause)
  }
}

/** A body without a length is bounded as it comes. */
const countBytes = (limits: FormLimits, stall: NodeJS.Timeout) =>
  async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
    let size = 0
    for await (const bytes of source) {
      stall.refresh()
      size += bytes.length
      if (size > limits.bodyBytes) throw bodyTooLarge(limits)
      yield bytes
    }
  }

const spoolTo = async (stream: Readable, open: () => Promise<SpoolFile>): Promise<void> => {
  const content = await open()
  for await (const bytes of stream) if (bytes instanceof Uint8Array) await content.write(bytes)
}

const invalid = (message: string, cause?: unknown): AppError => new AppError('invalid_request', { message, cause })
const tooLarge = (message: string): AppError => new AppError('body_too_large', { message })
const bodyTooLarge = ({ bodyBytes }: FormLimits): AppError =>
  tooLarge(`The request body is larger than ${bodyBytes} bytes. Send less in one request.`)
const cutShort = (cause?: unknown): AppError =>
  invalid('The form is broken, or the connection ended before all of it arrived.', cause)
