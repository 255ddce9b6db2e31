import { crc32, createDeflateRaw } from 'node:zlib'

export interface ZipEntry {
  readonly name: string
  /** Text, piece by piece. */
  readonly content: AsyncIterable<string> | Iterable<string>
}

interface WrittenEntry {
  readonly name: Buffer
  readonly crc: number
  readonly packed: number
  readonly size: number
  readonly at: number
}

const LOCAL = 0x04034b50
const DESCRIPTOR = 0x08074b50
const DIRECTORY = 0x02014b50
const END = 0x06054b50
const VERSION = 20
/** Sizes follow the content, names are UTF-8. */
const FLAGS = 0x0808
const DEFLATED = 8
/** 1980-01-01: the archive of an invoice is the same whenever it is made. */
const DOS_DATE = 0x21
/** Above it a reader needs zip64, which many have not. */
const LIMIT = 0xffff_ffff

const record = (signature: number, fields: readonly (readonly [bytes: 2 | 4, value: number])[]): Buffer => {
  const bytes = Buffer.alloc(4 + fields.reduce((sum, [size]) => sum + size, 0))
  let at = bytes.writeUInt32LE(signature)
  for (const [size, value] of fields) at = size === 2 ? bytes.writeUInt16LE(value, at) : bytes.writeUInt32LE(value, at)
  return bytes
}

const ABOUT: readonly (readonly [2 | 4, number])[] = [
  [2, FLAGS],
  [2, DEFLATED],
  [2, 0],
  [2, DOS_DATE],
]

async function* deflate(
  content: ZipEntry['content'],
  seen: (text: Buffer) => void,
): AsyncGenerator<Buffer, void, undefined> {
  const packer = createDeflateRaw()
  const fill = async (): Promise<void> => {
    for await (const text of content) {
      const bytes = Buffer.from(text)
      seen(bytes)
      if (!packer.write(bytes)) await new Promise<void>((resolve) => void packer.once('drain', resolve))
    }
    packer.end()
  }
  fill().catch((error: unknown) => packer.destroy(error instanceof Error ? error : new Error(String(error))))
  for await (const chunk of packer) yield chunk as Buffer
}

/**
 * A zip archive, made while it is sent: nothing of it is ever whole in memory. When something breaks half-way the stream ends with the error and the
 * archive has no directory, so that nobody takes it for whole.
 */
export async function* writeZip(
  entries: AsyncIterable<ZipEntry> | Iterable<ZipEntry>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const written: WrittenEntry[] = []
  let at = 0
  for await (const { name: text, content } of entries) {
    const name = Buffer.from(text)
    const start = at
    const head = record(LOCAL, [[2, VERSION], ...ABOUT, [4, 0], [4, 0], [4, 0], [2, name.length], [2, 0]])
    yield head
    yield name
    at += head.length + name.length
    let [crc, size, packed] = [0, 0, 0]
    for await (const chunk of deflate(content, (bytes) => {
      crc = crc32(bytes, crc)
      size += bytes.length
    })) {
      packed += chunk.length
      yield chunk
    }
    if (size > LIMIT) throw new RangeError(`${text} has more than 4 GB: take the usage export instead`)
    const tail = record(DESCRIPTOR, [
      [4, crc],
      [4, packed],
      [4, size],
    ])
    yield tail
    at += packed + tail.length
    written.push({ name, crc, packed, size, at: start })
  }
  yield* writeDirectory(written, at)
}

function* writeDirectory(written: readonly WrittenEntry[], at: number): Generator<Uint8Array, void, undefined> {
  let length = 0
  for (const { name, crc, packed, size, at: offset } of written) {
    const entry = record(DIRECTORY, [
      [2, VERSION],
      [2, VERSION],
      ...ABOUT,
      [4, crc],
      [4, packed],
      [4, size],
      [2, name.length],
      [2, 0],
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, offset],
    ])
    yield entry
    yield name
    length += entry.length + name.length
  }
  yield record(END, [
    [2, 0],
    [2, 0],
    [2, written.length],
    [2, written.length],
    [4, length],
    [4, at],
    [2, 0],
  ])
}
