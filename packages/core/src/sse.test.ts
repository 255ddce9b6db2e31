import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'

import { createSseParser, encodeSseData, encodeSseEvent, type SseEvent } from './sse.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

const parseIn = (bytes: Uint8Array, cuts: readonly number[]): SseEvent[] => {
  const parser = createSseParser()
  const events: SseEvent[] = []
  let from = 0
  for (const cut of [...cuts, bytes.length]) {
    events.push(...parser.push(bytes.subarray(from, cut)))
    from = cut
  }
  events.push(...parser.end())
  return events
}

const parse = (text: string): SseEvent[] => parseIn(utf8(text), [])
const data = (...texts: string[]): SseEvent[] => texts.map((text) => ({ event: '', data: text }))

describe('createSseParser', () => {
  test.each([
    ['a data line', 'data: {"a":1}\n\n', data('{"a":1}')],
    ['several events in one chunk', 'data: 1\n\ndata: 2\n\ndata: [DONE]\n\n', data('1', '2', '[DONE]')],
    ['no space after the colon', 'data:1\n\n', data('1')],
    ['only the first space is dropped', 'data:  1\n\n', data(' 1')],
    ['several data lines are joined by a line feed', 'data: a\ndata\ndata: b\n\n', data('a\n\nb')],
    ['a named event', 'event: ping\ndata: {}\n\n', [{ event: 'ping', data: '{}' }]],
    ['a name does not outlive its event', 'event: a\n\ndata: 1\n\n', data('1')],
    [
      'comments and unknown fields are ignored',
      ': keep-alive\nid: 4\nretry: 1\ndatax: 9\neventual: 3\ndata: 1\n\n: \n\n',
      data('1'),
    ],
    ['CRLF', 'event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n', [{ event: 'a', data: '1' }, ...data('2')]],
    ['lone CR', 'data: 1\r\rdata: 2\r\r', data('1', '2')],
    ['mixed line ends', 'data: 1\r\n\ndata: 2\n\rdata: 3\r\r\n', data('1', '2', '3')],
    ['a byte order mark at the start', '\uFEFFdata: 1\n\n', data('1')],
    ['a byte order mark elsewhere is text', 'data: \uFEFF1\n\n', data('\uFEFF1')],
    ['an empty data line is an event', 'data:\n\ndata\n\ndata: \n\n', data('', '', '')],
    ['a last event without its blank line', 'data: 1\n\ndata: {"usage":1}', data('1', '{"usage":1}')],
    ['a last event without its blank line but with its line end', 'event: x\ndata: 2\n', [{ event: 'x', data: '2' }]],
    ['nothing', '', []],
  ])('reads %s', (_name, text, expected) => {
    expect(parse(text)).toEqual(expected)
  })

  test('gives the same events however the bytes are cut in two', () => {
    const bytes = utf8('\uFEFFevent: a\r\ndata: Grüße, 世界 😀\r\n\r\n: c\n\ndata: x\rdata: ü\r\rdata: 😀\n\n')
    const whole = parseIn(bytes, [])
    expect(whole).toHaveLength(3)
    for (let cut = 0; cut <= bytes.length; cut += 1) expect(parseIn(bytes, [cut])).toEqual(whole)
    expect(
      parseIn(
        bytes,
        Array.from(bytes, (_, index) => index),
      ),
    ).toEqual(whole)
  })

  test('gives the same events however the bytes are cut at random', () => {
    const line = fc.tuple(
      fc.constantFrom('data:', 'data: ', 'event: ', ':', ''),
      fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replace(/[\r\n]/g, '')),
      fc.constantFrom('\n', '\r', '\r\n'),
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), fc.array(fc.nat(400), { maxLength: 8 }), (lines, cuts) => {
        const bytes = utf8(lines.map((parts) => parts.join('')).join(''))
        const sorted = cuts.filter((cut) => cut <= bytes.length).toSorted((a, b) => a - b)
        expect(parseIn(bytes, sorted)).toEqual(parseIn(bytes, []))
      }),
    )
  })

  test('does not keep the caller’s buffer', () => {
    const parser = createSseParser()
    const buffer = utf8('data: first')
    parser.push(buffer)
    buffer.fill(0x41)
    expect(parser.push(utf8('\n\n'))).toEqual(data('first'))
  })

  test('decodes and joins each byte of a large event once, however small its chunks', () => {
    const bytes = utf8(`data: ${'x'.repeat(8_000_000)}\n\n`)
    const cuts = Array.from({ length: bytes.length / 4096 }, (_, index) => index * 4096)
    let decoded = 0
    const decodeReally = TextDecoder.prototype.decode
    const decode = vi.spyOn(TextDecoder.prototype, 'decode').mockImplementation(function (this: TextDecoder, part) {
      const text = decodeReally.call(this, part)
      decoded += text.length
      return text
    })
    const copy = vi.spyOn(Uint8Array.prototype, 'set')
    const events = parseIn(bytes, cuts)
    const copied = copy.mock.calls.reduce((sum, [part]) => sum + part.length, 0)
    decode.mockRestore()
    copy.mockRestore()
    expect(events[0]?.data).toHaveLength(8_000_000)
    expect(decoded).toBe(bytes.length)
    expect(copied).toBeLessThanOrEqual(bytes.length)
  })
})

test('what is encoded reads back', () => {
  expect(parse(encodeSseData('{"a":"\\n"}') + encodeSseEvent('message_stop', '{}'))).toEqual([
    { event: '', data: '{"a":"\\n"}' },
    { event: 'message_stop', data: '{}' },
  ])
})
