import { createHash } from 'node:crypto'
import type { SpooledForm } from '../http/multipart.ts'

/**
 * What makes two forms the same request: their fields and files, in their order, names, types and bytes. Not the boundary between the parts, which
 * clients make anew for each try. Files are read from disk again, so that forms without an idempotency key pay nothing for it.
 */
export const fingerprintForm = async ({ fields, files }: Pick<SpooledForm, 'fields' | 'files'>): Promise<Buffer> => {
  const hash = createHash('sha256')
  // Lengths go in as well, so that no two forms are one text.
  const add = (text: string): void => {
    hash.update(`${Buffer.byteLength(text)}:`).update(text)
  }
  add(String(fields.length))
  for (const { name, value } of fields) {
    add(name)
    add(value)
  }
  for (const { name, fileName, contentType, content } of files) {
    for (const text of [name, fileName, contentType]) add(text)
    hash.update(`${content.bytes()}:`)
    for await (const bytes of content.read()) hash.update(bytes)
  }
  return hash.digest()
}
