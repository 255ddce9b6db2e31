import { describe, expect, test } from 'vitest'

import { countWireBytes, decodeStream } from '../testing.ts'
import * as fixtures from './fixtures/streams.ts'
import { openStream } from './stream.ts'

const decode = (text: string, cuts: readonly number[] = []): ReturnType<typeof decodeStream> =>
  decodeStream(openStream(), text, { cuts })

describe('the Gemini stream decoder', () => {
  test('reads growing usage, and calls the one with the finish final', () => {
    const { chunks, finished } = decode(fixtures.textStream)
    expect(finished).toBe(true)
    expect(chunks).toMatchObject([
      { type: 'start', providerId: 'kZkQaMrVEc6XvdIPu5mgqQ8', servedModel: 'gemini-2.5-flash' },
      { type: 'usage', final: false, usage: { units: { input_uncached: 86, cache_read: 1920 } } },
      { type: 'text-delta', index: 0, text: 'Grüße' },
      { type: 'usage', final: false, usage: { units: { input_uncached: 86, cache_read: 1920, output_text: 3 } } },
      { type: 'text-delta', index: 0, text: ', 世界' },
      { type: 'usage', final: true, usage: { units: { input_uncached: 86, cache_read: 1920, output_text: 5 } } },
      { type: 'text-delta', index: 0, text: ' 😀' },
      { type: 'finish', index: 0, reason: 'stop' },
    ])
  })

  test('gives calls ids that are stable and differ, and their signatures', () => {
    const starts = decode(fixtures.toolStream).chunks.filter((chunk) => chunk.type === 'tool-call-start')
    expect(starts).toMatchObject([
      { callIndex: 0, name: 'get_weather', signature: { dialect: 'gemini', value: 'CpQBAdHtim8xVQ==' } },
      { callIndex: 1, name: 'get_time' },
    ])
    expect(new Set(starts.map((chunk) => chunk.id)).size).toBe(2)
    expect(decode(fixtures.toolStream).chunks.filter((chunk) => chunk.type === 'tool-call-start')).toEqual(starts)
  })

  test('ends with tool-calls when it called tools, and counts thoughts beside the answer', () => {
    const { chunks } = decode(fixtures.toolStream)
    expect(chunks.at(-1)).toMatchObject({ type: 'finish', reason: 'tool-calls' })
    expect(chunks.at(-2)).toMatchObject({
      type: 'usage',
      final: true,
      usage: { units: { output_text: 40, output_reasoning: 64 } },
    })
  })

  test.each([
    ['STOP', 'tool-calls'],
    ['FUNCTION_CALL', 'tool-calls'],
    ['MAX_TOKENS', 'length'],
  ])('a call that ends by %s was not filtered', (finishReason, reason) => {
    const event = { candidates: [{ content: { parts: [{ functionCall: { name: 'f' } }] }, finishReason }] }
    expect(decode(`data: ${JSON.stringify(event)}\n\n`).chunks).toContainEqual({ type: 'finish', index: 0, reason })
  })

  test('keeps thoughts apart from text and passes the signature of the last part', () => {
    const { chunks } = decode(fixtures.reasoningStream)
    expect(chunks.filter((chunk) => chunk.type !== 'usage').slice(1)).toMatchObject([
      { type: 'thinking-delta', text: 'Let me' },
      { type: 'thinking-delta', text: ' think.' },
      { type: 'text-delta', text: '42' },
      { type: 'thinking-signature', signature: { dialect: 'gemini', value: 'CpQBAdHtim8xVQ==' }, redacted: true },
      { type: 'finish', reason: 'stop' },
    ])
  })

  test('takes a refused prompt as an ended answer', () => {
    const { chunks, finished } = decode(fixtures.blockedStream)
    expect(finished).toBe(true)
    expect(chunks.at(-1)).toEqual({ type: 'finish', index: 0, reason: 'content-filter' })
    expect(chunks.at(-2)).toMatchObject({ type: 'usage', final: true, usage: { units: { input_uncached: 9 } } })
  })

  test('tells an error inside the stream, and that the stream did not end', () => {
    const { chunks, finished } = decode(fixtures.errorStream)
    expect(chunks.at(-1)).toMatchObject({ type: 'error', code: 'UNAVAILABLE' })
    expect(finished).toBe(false)
  })

  test.each(Object.entries(fixtures))('%s reads the same cut at every byte', (_name, text) => {
    const whole = JSON.stringify(decode(text))
    const cuts = Array.from({ length: countWireBytes(text) }, (_, cut) => cut)
    expect(cuts.filter((cut) => JSON.stringify(decode(text, [cut])) !== whole)).toEqual([])
  })

  test('is unfinished before the finish reason', () => {
    const [first = '', second = ''] = fixtures.textStream.split(/(?<=\r\n\r\n)/)
    expect(decode(first + second).finished).toBe(false)
  })

  test('tells the tier that served', () => {
    const decoder = openStream()
    expect(decoder.serviceTier).toBeNull()
    const usage = { promptTokenCount: 1, totalTokenCount: 1, serviceTier: 'PRIORITY' }
    decodeStream(decoder, `data: ${JSON.stringify({ candidates: [], usageMetadata: usage })}\n\n`)
    expect(decoder.serviceTier).toBe('PRIORITY')
  })
})
