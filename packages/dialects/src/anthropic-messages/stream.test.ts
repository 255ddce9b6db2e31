import { describe, expect, test } from 'vitest'

import { countWireBytes, decodeStream } from '../testing.ts'
import * as fixtures from './fixtures/streams.ts'
import { openStream } from './stream.ts'

const decode = (text: string, cuts: readonly number[] = []): ReturnType<typeof decodeStream> =>
  decodeStream(openStream(), text, { cuts })
const start = { type: 'start', providerId: 'msg_01XFDUDYJgAACzvnptvVoYEL', servedModel: 'claude-sonnet-4-5-20250929' }

describe('the Anthropic stream decoder', () => {
  test('knows the input early and keeps the split of cache writes the end does not repeat', () => {
    const cached = { input_uncached: 21, cache_read: 1806, cache_write_5m: 88, cache_write_1h: 100 }
    const { chunks, finished } = decode(fixtures.textStream)
    expect(finished).toBe(true)
    expect(chunks).toMatchObject([
      start,
      { type: 'usage', final: false, usage: { units: { ...cached, output_text: 1 } } },
      { type: 'text-delta', index: 0, text: 'Grüße' },
      { type: 'text-delta', index: 0, text: ', 世界 😀' },
      { type: 'finish', index: 0, reason: 'stop' },
      { type: 'usage', final: true, usage: { units: { ...cached, output_text: 393 } } },
    ])
  })

  test('gives tool calls in order and no arguments as {}', () => {
    expect(decode(fixtures.toolStream).chunks.slice(2)).toMatchObject([
      { type: 'text-delta', text: 'Let me look.' },
      { type: 'tool-call-start', callIndex: 0, id: 'toolu_01T1x1fJ34qAmk2tNTrN7Up6', name: 'get_weather' },
      { type: 'tool-call-delta', callIndex: 0, argumentsJson: '{"city":' },
      { type: 'tool-call-delta', callIndex: 0, argumentsJson: ' "Zürich"}' },
      { type: 'tool-call-start', callIndex: 1, id: 'toolu_02', name: 'get_time' },
      { type: 'tool-call-delta', callIndex: 1, argumentsJson: '{}' },
      { type: 'finish', reason: 'tool-calls' },
      { type: 'usage', final: true, usage: { units: { input_uncached: 472, output_text: 89 } } },
    ])
  })

  test('tags signatures with the dialect that made them', () => {
    expect(decode(fixtures.reasoningStream).chunks.slice(2)).toMatchObject([
      { type: 'thinking-delta', text: 'Let me' },
      { type: 'thinking-delta', text: ' think.' },
      {
        type: 'thinking-signature',
        signature: { dialect: 'anthropic-messages', value: 'EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pk=' },
      },
      {
        type: 'thinking-signature',
        redacted: true,
        signature: { dialect: 'anthropic-messages', value: 'EmwKAhgBEgy3va3pzix/LafPsn4=' },
      },
      { type: 'text-delta', text: '42' },
      { type: 'finish', reason: 'stop' },
      { type: 'usage', final: true, usage: { units: { output_text: 10, output_reasoning: 110 } } },
    ])
  })

  test('tells an error inside the stream, and that the stream did not end', () => {
    const { chunks, finished } = decode(fixtures.errorStream)
    expect(chunks.at(-1)).toEqual({ type: 'error', code: 'overloaded_error', message: 'Overloaded' })
    expect(finished).toBe(false)
  })

  test.each(Object.entries(fixtures))('%s reads the same cut at every byte', (_name, text) => {
    const whole = JSON.stringify(decode(text))
    const cuts = Array.from({ length: countWireBytes(text) }, (_, cut) => cut)
    expect(cuts.filter((cut) => JSON.stringify(decode(text, [cut])) !== whole)).toEqual([])
  })

  test('is finished by message_stop and by nothing before it', () => {
    const cut = fixtures.textStream.indexOf('event: message_stop')
    expect(decode(fixtures.textStream.slice(0, cut)).finished).toBe(false)
  })

  test('says so when an event is no JSON', () => {
    expect(decode('event: ping\ndata: {\n\n').chunks).toMatchObject([{ type: 'error', code: 'malformed_event' }])
  })

  test('tells the tier that served, though the end does not repeat it', () => {
    const decoder = openStream()
    expect(decoder.serviceTier).toBeNull()
    decodeStream(decoder, fixtures.textStream)
    expect(decoder.serviceTier).toBe('standard')
  })
})
