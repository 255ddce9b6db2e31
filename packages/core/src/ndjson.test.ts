import { expect, test } from 'vitest'
import { ndjsonFraming } from './ndjson.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

test('an event is a line, whatever ends it', () => {
  const bytes = bytesOf('{"a":"ü😀"}\r\n\n{"b":1}\n{"half')
  const frames: unknown[] = []
  let from = 0
  for (let end = ndjsonFraming.findEnd(bytes, 0); end !== -1; end = ndjsonFraming.findEnd(bytes, from)) {
    frames.push(ndjsonFraming.read(bytes.subarray(from, end)))
    from = end
  }
  expect(frames).toEqual([{ event: '', data: '{"a":"ü😀"}' }, null, { event: '', data: '{"b":1}' }])
  expect(new TextDecoder().decode(bytes.subarray(from))).toBe('{"half')
})
