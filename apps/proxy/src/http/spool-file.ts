import { randomUUID } from 'node:crypto'
import { open, unlink, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Bytes of a caller's file, on disk and under no name: nobody else can open them, and they are gone with this process whatever ends it. */
export interface SpoolFile {
  /** Appends. One call after another. */
  write(bytes: Uint8Array): Promise<void>
  bytes(): number
  /** From the first byte, as often as wanted: each attempt reads for itself. */
  read(): AsyncGenerator<Buffer, void, undefined>
  /** Idempotent. Reading after it fails. */
  discard(): Promise<void>
}

const READ_BYTES = 64 * 1024

export const openSpoolFile = async (folder = tmpdir()): Promise<SpoolFile> => {
  const handle = await openNameless(folder)
  let size = 0
  let discarded: Promise<void> | null = null
  return {
    write: async (bytes) => {
      let written = 0
      while (written < bytes.length) {
        const result = await handle.write(bytes, written, bytes.length - written, size)
        written += result.bytesWritten
        size += result.bytesWritten
      }
    },
    bytes: () => size,
    read: () => readAll(handle, () => size),
    discard: () => {
      discarded ??= handle.close()
      return discarded
    },
  }
}

/** Its name is taken away at once, so that no crash leaves it behind. */
const openNameless = async (folder: string): Promise<FileHandle> => {
  const path = join(folder, `atpar-${randomUUID()}`)
  const handle = await open(path, 'wx+', 0o600)
  try {
    await unlink(path)
  } catch (error) {
    await handle.close()
    throw error
  }
  return handle
}

const readAll = async function* (handle: FileHandle, size: () => number): AsyncGenerator<Buffer, void, undefined> {
  let position = 0
  while (position < size()) {
    const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, size() - position))
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position)
    if (bytesRead === 0) throw new Error('a spooled file is shorter than what was written to it')
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}
