import { Readable } from 'node:stream'
import { ZipFile } from 'yazl'

export interface ZipEntry {
  readonly name: string
  /** Text, piece by piece; begun when the entries before it are written. */
  readonly content: () => AsyncIterable<string> | Iterable<string>
}

/** The archive of an invoice is the same whenever and wherever it is made: one day, in the words of the clock there, and no other stamp of time beside it. */
const sameAlways = () => ({ mtime: new Date(2000, 0, 1), forceDosTimestamp: true, mode: 0o100_644, compress: true })

/**
 * A zip archive, made while it is sent: nothing of it is ever whole in memory. When something breaks half-way the stream ends with the error and the
 * archive has no directory, so that nobody takes it for whole.
 */
export const writeZip = (entries: readonly ZipEntry[]): Readable => {
  const zip = new ZipFile()
  // It is a Node stream; its types know the older interface only.
  const archive = zip.outputStream as Readable
  zip.once('error', (error: unknown) => void archive.destroy(error instanceof Error ? error : new Error(String(error))))
  for (const { name, content } of entries)
    zip.addReadStreamLazy(name, sameAlways(), (give) => {
      const text = Readable.from(content(), { objectMode: false })
      // An error of what is read is no error of what is written, unless somebody says so.
      text.once('error', (error) => void archive.destroy(error))
      archive.once('close', () => void text.destroy())
      give(null, text)
    })
  zip.end()
  return archive
}
