import { Readable } from 'node:stream'
import type { FormFile } from '../http/multipart.ts'

/** A file that takes longer to understand than this is bounded by its size instead. */
const MAX_MS = 2_000

/**
 * How long a sound lasts by its own words, rounded up to the second; null where it does not tell or makes no sense. Loaded when the first sound
 * arrives: few installations hear any.
 */
export const measureSeconds = async ({
  contentType,
  fileName,
  content,
}: Pick<FormFile, 'contentType' | 'fileName' | 'content'>): Promise<number | null> => {
  const { parseStream } = await import('music-metadata')
  const stream = Readable.from(content.read())
  const timer = setTimeout(() => stream.destroy(new Error('took too long')), MAX_MS)
  try {
    const { format } = await parseStream(
      stream,
      { mimeType: contentType, path: fileName, size: content.bytes() },
      { duration: true, skipCovers: true, skipPostHeaders: true },
    )
    const { duration } = format
    return duration === undefined || !Number.isFinite(duration) || duration <= 0 ? null : Math.ceil(duration)
  } catch {
    // Not a sound this library reads, or none at all: the provider will say so. Its size bounds it.
    return null
  } finally {
    clearTimeout(timer)
    stream.destroy()
  }
}
