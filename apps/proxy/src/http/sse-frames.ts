import type { SseEvent } from '@atpar/core/sse'
import type { Framing } from '@atpar/core/stream-framing'

const LF = 10
const CR = 13

/** Index after the blank line that ends the event starting at `from`, or -1. Blank lines may be LF LF, CRLF CRLF or CR CR. */
const findFrameEnd = (buffer: Buffer, from: number): number => {
  for (let at = buffer.indexOf(LF, from); at !== -1; at = buffer.indexOf(LF, at + 1)) {
    const next = buffer[at + 1]
    if (next === LF) return at + 2
    if (next === CR && buffer[at + 2] === LF) return at + 3
  }
  return -1
}

/** Decodes one frame; null when it carries no data (comments, heartbeats). */
const readFrame = (frame: Buffer): SseEvent | null => {
  // By far the commonest frame: one data line, LF LF.
  if (isPlainDataFrame(frame)) return { event: '', data: frame.toString('utf8', 6, frame.length - 2) }
  let event = ''
  const data: string[] = []
  for (const line of frame.toString('utf8').split(/\r\n|\n|\r/)) {
    if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5))
    else if (line.startsWith('event:')) event = line.slice(line[6] === ' ' ? 7 : 6)
  }
  return data.length === 0 ? null : { event, data: data.join('\n') }
}

const isPlainDataFrame = (frame: Buffer): boolean =>
  frame[0] === 0x64 &&
  frame[1] === 0x61 &&
  frame[2] === 0x74 &&
  frame[3] === 0x61 &&
  frame[4] === 0x3a &&
  frame[5] === 0x20 &&
  frame.indexOf(LF) === frame.length - 2

/** Server-sent events, cut at the blank lines that end them. (`createSseParser` of core decodes but forgets the bytes.) */
export const sseFraming: Framing<Buffer> = { findEnd: findFrameEnd, read: readFrame }
