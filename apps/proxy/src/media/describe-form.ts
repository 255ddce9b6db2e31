import type { JsonObject, JsonValue } from '@atpar/core/json'
import type { MediaFile, MediaInput } from '@atpar/dialects/media-contract'
import type { FormFile, SpooledForm } from '../http/multipart.ts'
import { measureSeconds } from './sound-length.ts'

/** A form as formats read it: its fields like a body in JSON, and what is known of its files. */
export const describeForm = async ({ fields, files }: SpooledForm): Promise<MediaInput> => {
  const json: Record<string, JsonValue> = {}
  for (const { name, value } of fields) {
    const known = json[name]
    json[name] = known === undefined ? (name.endsWith('[]') ? [value] : value) : [...listOf(known), value]
  }
  return { json: json satisfies JsonObject, files: await Promise.all(files.map(describeFile)) }
}

const listOf = (value: JsonValue): readonly JsonValue[] => (Array.isArray(value) ? value : [value])

const describeFile = async ({ name, fileName, contentType, content }: FormFile): Promise<MediaFile> => ({
  name,
  fileName,
  contentType,
  bytes: content.bytes(),
  seconds: name === 'file' ? await measureSeconds({ contentType, fileName, content }) : null,
})
