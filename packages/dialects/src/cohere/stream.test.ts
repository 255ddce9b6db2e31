import { describe, expect, test } from 'vitest'

import { countWireBytes, decodeStream } from '../testing.ts'
import * as fixtures from './fixtures/streams.ts'
import { openStream } from './stream.ts'

const decode = (text: string, cuts: readonly number[] = []): ReturnType<typeof decodeStream> =>
  decodeStream(openStream(), text, { cuts })

describe('the Cohere stream decoder', () => {
  test('reads words, passes over citations, and takes what is billed from the end', () => {
    const { chunks, finished } = decode(fixtures.textStream)
    expect(finished).toBe(true)
    expect(chunks).toMatchObject([
      { type: 'start', providerId: '29f14a5a-11de-4cae-9800-25e4747408ea' },
      { type: 'text-delta', text: 'Grüße' },
      { type: 'text-delta', text: ', 世界 😀' },
      { type: 'finish', reason: 'stop' },
      { type: 'usage', final: true, usage: { units: { input_uncached: 5, output_text: 418 } } },
    ])
  })

  test('takes the plan for words, and gives a call without arguments an empty object', () => {
    const { chunks } = decode(fixtures.toolStream)
    expect(chunks.slice(1, -2)).toEqual([
      { type: 'text-delta', index: 0, text: 'Let me' },
      { type: 'text-delta', index: 0, text: ' look.' },
      { type: 'tool-call-start', index: 0, callIndex: 0, id: 'get_weather_nsz5zm3w56q3', name: 'get_weather' },
      { type: 'tool-call-delta', index: 0, callIndex: 0, argumentsJson: '{"city":' },
      { type: 'tool-call-delta', index: 0, callIndex: 0, argumentsJson: ' "Zürich"}' },
      { type: 'tool-call-start', index: 0, callIndex: 1, id: 'get_time_2', name: 'get_time' },
      { type: 'tool-call-delta', index: 0, callIndex: 1, argumentsJson: '{}' },
    ])
    expect(chunks.at(-2)).toMatchObject({ type: 'finish', reason: 'tool-calls' })
  })

  test('keeps thoughts apart from words', () => {
    expect(decode(fixtures.reasoningStream).chunks.slice(1, 4)).toMatchObject([
      { type: 'thinking-delta', text: 'Let me' },
      { type: 'thinking-delta', text: ' think.' },
      { type: 'text-delta', text: '42' },
    ])
  })

  test('takes an end with an error for an error, not for an end', () => {
    const { chunks, finished } = decode(fixtures.errorStream)
    expect(finished).toBe(false)
    expect(chunks.at(-1)).toMatchObject({ type: 'error', code: 'ERROR' })
  })

  test.each(Object.entries(fixtures))('%s reads the same cut at every byte', (_name, text) => {
    const whole = JSON.stringify(decode(text))
    const cuts = Array.from({ length: countWireBytes(text) }, (_, cut) => cut)
    expect(cuts.filter((cut) => JSON.stringify(decode(text, [cut])) !== whole)).toEqual([])
  })
})
