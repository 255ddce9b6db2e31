import { describe, expect, test } from 'vitest'

import { countWireBytes, decodeStream } from '../testing.ts'
import * as fixtures from './fixtures/streams.ts'
import { openStream } from './stream.ts'

const decode = (text: string, cuts: readonly number[] = []): ReturnType<typeof decodeStream> =>
  decodeStream(openStream(), text, { cuts, framing: 'ndjson' })

describe('the Ollama stream decoder', () => {
  test('ends with the line that is done, and takes its counts', () => {
    const { chunks, finished } = decode(fixtures.textStream)
    expect(finished).toBe(true)
    expect(chunks).toMatchObject([
      { type: 'start', servedModel: 'llama3.2' },
      { type: 'text-delta', text: 'Grüße' },
      { type: 'text-delta', text: ', 世界 😀' },
      { type: 'finish', reason: 'stop' },
      { type: 'usage', final: true, usage: { units: { input_uncached: 26, output_text: 282 } } },
    ])
  })

  test('gives calls without ids ids that are stable and differ, and ends with tool-calls', () => {
    const calls = () => decode(fixtures.toolStream).chunks.filter((chunk) => chunk.type === 'tool-call-start')
    expect(calls()).toMatchObject([
      { callIndex: 0, name: 'get_weather' },
      { callIndex: 1, name: 'get_time' },
    ])
    expect(new Set(calls().map(({ id }) => id)).size).toBe(2)
    expect(calls()).toEqual(calls())
    expect(decode(fixtures.toolStream).chunks.at(-2)).toMatchObject({ type: 'finish', reason: 'tool-calls' })
  })

  test('keeps thoughts apart from words', () => {
    expect(decode(fixtures.reasoningStream).chunks.slice(1, 4)).toMatchObject([
      { type: 'thinking-delta', text: 'Let me' },
      { type: 'thinking-delta', text: ' think.' },
      { type: 'text-delta', text: '42' },
    ])
  })

  test('tells an error inside the stream, and that the stream did not end', () => {
    const { chunks, finished } = decode(fixtures.errorStream)
    expect(finished).toBe(false)
    expect(chunks.at(-1)).toMatchObject({ type: 'error', message: expect.stringContaining('unexpected EOF') })
  })

  test.each(Object.entries(fixtures))('%s reads the same cut at every byte', (_name, text) => {
    const whole = JSON.stringify(decode(text))
    const cuts = Array.from({ length: countWireBytes(text) }, (_, cut) => cut)
    expect(cuts.filter((cut) => JSON.stringify(decode(text, [cut])) !== whole)).toEqual([])
  })
})
