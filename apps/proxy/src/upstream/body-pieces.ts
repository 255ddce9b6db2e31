import { Readable } from 'node:stream'

/** A large body: views on what its caller sent and the small parts that are new. Nobody puts them together. */
export type BodyPieces = readonly Uint8Array[]

/** What is sent to a provider, as often as attempts need it. */
export type SentBody = Uint8Array | string | BodyPieces

export const isInPieces = (body: SentBody): body is BodyPieces =>
  typeof body !== 'string' && !(body instanceof Uint8Array)

/** As much as goes to the socket at once: an encrypted connection holds what it was given a second time. */
const SLICE_BYTES = 256 * 1024

/** Once for each attempt. What was sent is let go piece by piece. */
export const openPieces = (
  pieces: BodyPieces,
): { readonly body: Readable; readonly headers: Readonly<Record<string, string>> } => {
  const left = [...pieces]
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  const body = new Readable({
    read() {
      const first = left[0]
      if (first === undefined) {
        this.push(null)
        return
      }
      if (first.length > SLICE_BYTES) left[0] = first.subarray(SLICE_BYTES)
      else left.shift()
      this.push(first.subarray(0, SLICE_BYTES))
    },
  })
  return { body, headers: { 'content-length': String(length) } }
}

/** The first `bytes` bytes. */
export const headOfPieces = (pieces: BodyPieces, bytes: number): Uint8Array => {
  const head: Uint8Array[] = []
  let room = bytes
  for (const piece of pieces) {
    if (room === 0) break
    const part = piece.subarray(0, room)
    head.push(part)
    room -= part.length
  }
  return Buffer.concat(head)
}
