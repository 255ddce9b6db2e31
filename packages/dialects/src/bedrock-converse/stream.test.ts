import { describe, expect, test } from 'vitest'

import { countWireBytes, decodeStream, encodeEvents } from '../testing.ts'
import * as fixtures from './fixtures/streams.ts'
import { openStream } from './stream.ts'

const decode = (wire: Uint8Array, cuts: readonly number[] = []): ReturnType<typeof decodeStream> =>
  decodeStream(openStream(), wire, { cuts, framing: 'aws-event-stream' })

describe('the Converse stream decoder', () => {
  test('ends with the stop, and takes the counts that follow it', () => {
    const { chunks, finished } = decode(fixtures.textStream)
    expect(finished).toBe(true)
    expect(chunks).toMatchObject([
      { type: 'start' },
      { type: 'text-delta', text: 'Grüße' },
      { type: 'text-delta', text: ', 世界 😀' },
      { type: 'finish', reason: 'stop' },
      {
        type: 'usage',
        final: true,
        usage: { units: { input_uncached: 21, cache_read: 1806, cache_write_5m: 188, output_text: 393 } },
      },
    ])
  })

  test('counts calls from 0 whatever blocks they are in, and gives one without arguments an empty object', () => {
    const calls = decode(fixtures.toolStream).chunks.filter((chunk) => chunk.type.startsWith('tool-call'))
    expect(calls).toEqual([
      { type: 'tool-call-start', index: 0, callIndex: 0, id: 'tooluse_1', name: 'get_weather' },
      { type: 'tool-call-delta', index: 0, callIndex: 0, argumentsJson: '{"city":' },
      { type: 'tool-call-delta', index: 0, callIndex: 0, argumentsJson: ' "Zürich"}' },
      { type: 'tool-call-start', index: 0, callIndex: 1, id: 'tooluse_2', name: 'get_time' },
      { type: 'tool-call-delta', index: 0, callIndex: 1, argumentsJson: '{}' },
    ])
  })

  test('keeps thoughts with their signature, and says which tier served', () => {
    const decoder = openStream()
    const { chunks } = decodeStream(decoder, fixtures.reasoningStream, { framing: 'aws-event-stream' })
    expect(chunks.slice(1, 5)).toMatchObject([
      { type: 'thinking-delta', text: 'Let me' },
      { type: 'thinking-delta', text: ' think.' },
      { type: 'thinking-signature', signature: { dialect: 'bedrock-converse' } },
      { type: 'thinking-signature', redacted: true },
    ])
    expect(decoder.serviceTier).toBe('priority')
  })

  test('tells an exception by its name, and that the stream did not end', () => {
    const { chunks, finished } = decode(fixtures.errorStream)
    expect(finished).toBe(false)
    expect(chunks.at(-1)).toEqual({
      type: 'error',
      code: 'throttlingException',
      message: 'Too many tokens, please wait before trying again.',
    })
  })

  test('takes bytes that were changed on the way for an error, and news it does not know for none', () => {
    const broken = Uint8Array.from(fixtures.textStream)
    broken[40] = (broken[40] ?? 0) ^ 1
    expect(decode(broken).chunks[0]).toMatchObject({ type: 'error', code: 'malformed_event' })
    expect(decode(encodeEvents([['somethingNew', { a: 1 }]])).chunks).toEqual([])
  })

  test.each(Object.entries(fixtures))('%s reads the same cut at every byte', (_name, wire) => {
    const whole = JSON.stringify(decode(wire))
    const cuts = Array.from({ length: countWireBytes(wire) }, (_, cut) => cut)
    expect(cuts.filter((cut) => JSON.stringify(decode(wire, [cut])) !== whole)).toEqual([])
  })
})
