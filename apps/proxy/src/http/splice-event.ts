import { spliceJson, type JsonEdit } from '@atpar/core/json-splice'

/** Edits the object inside one event of a stream and leaves every other byte of it as it came. */
export const spliceEvent = (frame: Uint8Array, edits: readonly JsonEdit[]): Uint8Array => {
  const start = frame.indexOf(OPENING_BRACE)
  const end = frame.lastIndexOf(CLOSING_BRACE) + 1
  if (edits.length === 0 || start === -1 || end === 0) return frame
  return Buffer.concat([
    frame.subarray(0, start),
    spliceJson(frame.subarray(start, end), edits, Buffer.allocUnsafe),
    frame.subarray(end),
  ])
}

const OPENING_BRACE = 0x7b
const CLOSING_BRACE = 0x7d
