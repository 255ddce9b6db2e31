import type { ServerResponse } from 'node:http'

import type { Directive } from '../directives.ts'

/** Writes a piece and calls back when the next may follow: after the socket has drained, if it was full. */
export type PacedWrite = (data: string | Buffer, whenWritten: () => void) => void

/** Writes as fast as the reader takes it, in odd sizes when a directive says so. */
export function createPacedWrite(response: ServerResponse, directive: Directive): PacedWrite {
  const isPlain = directive.chunk_bytes === undefined && directive.cut === undefined
  return (data, whenWritten) => {
    if (isPlain) {
      writeOne(response, data, whenWritten)
      return
    }
    writeSlices(response, sliceBytes(data, directive), whenWritten)
  }
}

function writeOne(response: ServerResponse, data: string | Buffer, whenWritten: () => void): void {
  if (response.write(data)) whenWritten()
  else response.once('drain', whenWritten)
}

/** A turn of the event loop between slices makes them leave as separate packets. */
function writeSlices(response: ServerResponse, slices: readonly Buffer[], whenWritten: () => void): void {
  const [first, ...rest] = slices
  if (first === undefined) {
    setImmediate(whenWritten)
    return
  }
  writeOne(response, first, () => setImmediate(() => writeSlices(response, rest, whenWritten)))
}

/** The bytes of a text in slices: of a given size, or ending inside the first character of several bytes. */
export function sliceBytes(data: string | Buffer, directive: Directive): Buffer[] {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  const size = directive.chunk_bytes
  if (size !== undefined) {
    const slices: Buffer[] = []
    for (let at = 0; at < bytes.length; at += size) slices.push(bytes.subarray(at, at + size))
    return slices
  }
  const lead = bytes.findIndex((byte) => byte >= 0xc0)
  return lead < 0 ? [bytes] : [bytes.subarray(0, lead + 1), bytes.subarray(lead + 1)]
}
