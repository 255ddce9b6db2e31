import { randomUUID } from 'node:crypto'
import type { FormField, FormFile } from './multipart.ts'

/** A form on its way to a provider: read from disk while it is sent, as often as there are attempts. */
export interface FormBody {
  readonly contentType: string
  readonly contentLength: number
  stream(): AsyncGenerator<Uint8Array, void, undefined>
}

export interface FormParts {
  readonly fields: readonly FormField[]
  readonly files: readonly Pick<FormFile, 'name' | 'fileName' | 'contentType' | 'content'>[]
}

/** Fields first, in their order, then the files with their bytes as they came, between boundaries of our own. */
export const createFormBody = ({ fields, files }: FormParts): FormBody => {
  const boundary = `atpar-${randomUUID()}`
  const heads = fields.map(({ name, value }) =>
    Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="${quote(name)}"\r\n\r\n${value}\r\n`),
  )
  const bodies = files.map(({ name, fileName, contentType, content }) => ({
    head: Buffer.from(
      `--${boundary}\r\ncontent-disposition: form-data; name="${quote(name)}"; filename="${quote(fileName)}"\r\n` +
        `content-type: ${printable(contentType)}\r\n\r\n`,
    ),
    content,
  }))
  const tail = Buffer.from(`--${boundary}--\r\n`)
  const contentLength =
    heads.reduce((sum, head) => sum + head.length, 0) +
    bodies.reduce((sum, { head, content }) => sum + head.length + content.bytes() + LINE_END.length, 0) +
    tail.length
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    contentLength,
    stream: async function* () {
      yield* heads
      for (const { head, content } of bodies) {
        yield head
        yield* content.read()
        yield LINE_END
      }
      yield tail
    },
  }
}

const LINE_END = Buffer.from('\r\n')

/** As browsers escape names (WHATWG, multipart/form-data encoding), so that none can end its header. */
const quote = (text: string): string =>
  text.replace(/["\r\n]/g, (character) => (character === '"' ? '%22' : character === '\r' ? '%0D' : '%0A'))

const printable = (contentType: string): string =>
  /^[\w.+-]+\/[\w.+-]+(; ?[\w-]+=[\w.-]+)*$/.test(contentType) ? contentType : 'application/octet-stream'
