import type { MediaSource } from '@atpar/core/chat'
import { AppError } from '@atpar/core/errors'
import type { JsonObject } from '@atpar/core/json'

const IMAGE_FORMATS: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/jpg': 'jpeg',
  'image/gif': 'gif',
  'image/webp': 'webp',
}

const DOCUMENT_FORMATS: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'text/csv': 'csv',
  'application/msword': 'doc',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'text/html': 'html',
  'text/plain': 'txt',
  'application/json': 'txt',
  'text/markdown': 'md',
}

const refuse = (message: string): AppError => new AppError('unsupported_parameter', { param: 'messages', message })

/** Bytes only: nothing is fetched there from an address. @throws AppError unsupported_parameter */
export const encodeImage = (source: MediaSource): JsonObject => {
  if (source.kind === 'url') throw refuse('This model takes images as data, not by address.')
  const format = IMAGE_FORMATS[source.mediaType]
  if (format === undefined) throw refuse('This model takes PNG, JPEG, GIF and WebP images.')
  return { format, source: { bytes: source.data } }
}

/** What a name of a document may hold: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html */
const NOT_IN_NAMES = /[^a-zA-Z0-9()[\] -]+/g

/** Names are part of the prompt and have to differ, so each ends in its number. @throws AppError unsupported_parameter */
export const encodeDocument = (
  source: MediaSource,
  { name, number }: { readonly name: string | null; readonly number: number },
): JsonObject => {
  if (source.kind === 'url') throw refuse('This model takes files as data, not by address.')
  const format = DOCUMENT_FORMATS[source.mediaType]
  if (format === undefined) throw refuse(`This model takes no files of type ${source.mediaType.slice(0, 100)}.`)
  const title = (name ?? '')
    .replace(/\.[a-z0-9]{1,5}$/i, '')
    .replace(NOT_IN_NAMES, ' ')
    .replace(/ +/g, ' ')
    .trim()
  return {
    format,
    name: `${title === '' ? 'Document' : title.slice(0, 150)} ${number}`,
    source: { bytes: source.data },
  }
}
