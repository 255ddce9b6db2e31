import { describe, expect, it } from 'vitest'
import { createStreamFramer } from './stream-framer.ts'
import { sseFraming } from './sse-frames.ts'

const { read: readFrame } = sseFraming

const STREAM = Buffer.from(
  ': keep-alive\n\ndata: {"a":"ü→😀"}\n\nevent: ping\r\ndata: {"b":1}\r\n\r\ndata: one\ndata: two\n\ndata: [DONE]\n\n',
)

const cutAt = (positions: readonly number[]): Buffer[] => {
  const bounds = [0, ...positions, STREAM.length]
  return bounds.slice(1).map((end, index) => STREAM.subarray(bounds[index] ?? 0, end))
}

const framesOf = (pieces: readonly Buffer[]): Buffer[] => {
  const framer = createStreamFramer('sse')
  const frames = pieces.flatMap((piece) => [...framer.push(piece)])
  expect(framer.rest().length).toBe(0)
  return frames
}

describe('SSE frames', () => {
  it('are the same bytes and events wherever the stream is cut', () => {
    const whole = framesOf([STREAM])
    for (let cut = 1; cut < STREAM.length; cut += 1) {
      const frames = framesOf(cutAt([cut]))
      expect(Buffer.concat(frames).equals(STREAM)).toBe(true)
      expect(frames.map(readFrame)).toEqual(whole.map(readFrame))
    }
    expect(framesOf(cutAt(Array.from({ length: STREAM.length - 1 }, (_, index) => index + 1))).map(readFrame)).toEqual(
      whole.map(readFrame),
    )
  })

  it('decode to data, event names and nothing for comments', () => {
    expect(framesOf([STREAM]).map(readFrame)).toEqual([
      null,
      { event: '', data: '{"a":"ü→😀"}' },
      { event: 'ping', data: '{"b":1}' },
      { event: '', data: 'one\ntwo' },
      { event: '', data: '[DONE]' },
    ])
  })

  it('keep an unfinished event as the rest', () => {
    const framer = createStreamFramer('sse')
    expect(framer.push(Buffer.from('data: {"half'))).toEqual([])
    expect(framer.rest().toString()).toBe('data: {"half')
  })
})
