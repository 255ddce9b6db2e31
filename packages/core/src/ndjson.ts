import type { Framing } from './stream-framing.ts'

const LF = 0x0a
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** JSON values, one a line (https://github.com/ndjson/ndjson-spec). A line break never occurs inside a UTF-8 sequence, so no letter is split. */
export const ndjsonFraming: Framing = {
  findEnd: (bytes, from) => bytes.indexOf(LF, from) + 1 || -1,
  read: (frame) => {
    const data = decoder.decode(frame).trim()
    return data === '' ? null : { event: '', data }
  },
}
