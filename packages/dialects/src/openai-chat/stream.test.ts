import { describe, expect, test } from 'vitest'

import { countWireBytes, decodeStream } from '../testing.ts'
import * as fixtures from './fixtures/streams.ts'
import { openStream } from './stream.ts'

const decode = (text: string, cuts: readonly number[] = []): ReturnType<typeof decodeStream> =>
  decodeStream(openStream(), text, { cuts })
const event = (body: object): string => `data: ${JSON.stringify(body)}\n\n`
const start = { type: 'start', providerId: 'chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG', servedModel: 'gpt-4o-2024-08-06' }

describe('the OpenAI stream decoder', () => {
  test('reads text and the final usage that comes alone', () => {
    const { chunks, finished } = decode(fixtures.textStream)
    expect(finished).toBe(true)
    expect(chunks).toMatchObject([
      start,
      { type: 'text-delta', index: 0, text: 'Grüße' },
      { type: 'text-delta', index: 0, text: ', 世界 😀' },
      { type: 'finish', index: 0, reason: 'stop' },
      {
        type: 'usage',
        final: true,
        usage: { units: { input_uncached: 86, cache_read: 1920, output_text: 108, output_reasoning: 192 } },
      },
    ])
  })

  test('gives tool calls in order and no arguments as {}', () => {
    expect(decode(fixtures.toolStream).chunks).toMatchObject([
      start,
      { type: 'tool-call-start', index: 0, callIndex: 0, id: 'call_abc', name: 'get_weather' },
      { type: 'tool-call-delta', callIndex: 0, argumentsJson: '{"city":' },
      { type: 'tool-call-delta', callIndex: 0, argumentsJson: '"Zürich"}' },
      { type: 'tool-call-start', callIndex: 1, id: 'call_def', name: 'get_time' },
      { type: 'tool-call-delta', callIndex: 1, argumentsJson: '{}' },
      { type: 'finish', reason: 'tool-calls' },
      { type: 'usage', final: true, usage: { units: { input_uncached: 80, output_text: 40 } } },
    ])
  })

  test('keeps calls apart whose arguments come in turns', () => {
    const deltas = decode(fixtures.interleavedStream).chunks.flatMap((chunk) =>
      chunk.type === 'tool-call-delta' ? [[chunk.callIndex, chunk.argumentsJson]] : [],
    )
    expect(deltas).toEqual([
      [0, '{"a":'],
      [1, '{"b":'],
      [1, '2}'],
      [0, '1}'],
    ])
  })

  test('reads reasoning beside content and usage that comes with the finish', () => {
    expect(decode(fixtures.reasoningStream).chunks).toMatchObject([
      start,
      { type: 'thinking-delta', text: 'Let me' },
      { type: 'thinking-delta', text: ' think.' },
      { type: 'text-delta', text: '42' },
      { type: 'finish', reason: 'stop' },
      {
        type: 'usage',
        final: true,
        usage: { units: { input_uncached: 8, cache_read: 12, output_text: 5, output_reasoning: 25 } },
      },
    ])
  })

  test('finds usage below x_groq', () => {
    expect(decode(fixtures.groqStream).chunks.at(-1)).toMatchObject({
      type: 'usage',
      final: true,
      usage: { units: { input_uncached: 10, output_text: 2 } },
    })
  })

  test('tells an error inside the stream, and that the stream did not end', () => {
    const { chunks, finished } = decode(fixtures.errorStream)
    expect(chunks.at(-1)).toMatchObject({ type: 'error', code: 'server_error' })
    expect(finished).toBe(false)
  })

  test.each(Object.entries(fixtures))('%s reads the same cut at every byte', (_name, text) => {
    const whole = JSON.stringify(decode(text))
    const cuts = Array.from({ length: countWireBytes(text) }, (_, cut) => cut)
    expect(cuts.filter((cut) => JSON.stringify(decode(text, [cut])) !== whole)).toEqual([])
  })

  test('is unfinished until the finish reason was seen', () => {
    const beforeFinish = fixtures.textStream.slice(0, fixtures.textStream.indexOf('"finish_reason":"stop"'))
    expect(decode(beforeFinish.slice(0, beforeFinish.lastIndexOf('data:'))).finished).toBe(false)
  })

  test('is finished without [DONE] once every choice has its reason', () => {
    const choice = (index: number, finish: string | null): string =>
      event({ choices: [{ index, delta: { content: 'a' }, finish_reason: finish }] })
    expect(decode(choice(0, null) + choice(1, 'stop')).finished).toBe(false)
    expect(decode(choice(0, null) + choice(1, 'stop') + choice(0, 'length')).finished).toBe(true)
  })

  test('calls running totals not final', () => {
    const usage = { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 }
    const text = event({ choices: [{ index: 0, delta: { content: 'a' }, finish_reason: null }], usage })
    expect(decode(text).chunks.at(-1)).toMatchObject({ type: 'usage', final: false })
  })

  test('tells calls apart by id when the server numbers all of them 0, and makes an id when there is none', () => {
    const call = (id: string | null, name: string): string =>
      event({
        id: 'c',
        choices: [
          {
            index: 0,
            delta: { tool_calls: [{ index: 0, ...(id === null ? {} : { id }), function: { name, arguments: '{}' } }] },
          },
        ],
      })
    const ids = (text: string): string[] =>
      decode(text).chunks.flatMap((chunk) =>
        chunk.type === 'tool-call-start' ? [`${chunk.callIndex} ${chunk.id}`] : [],
      )
    expect(ids(call('a', 'f') + call('b', 'g'))).toEqual(['0 a', '1 b'])
    expect(ids(call(null, 'f'))).toEqual(ids(call(null, 'f')))
    expect(ids(call(null, 'f'))[0]).toMatch(/^0 call_0_[0-9a-z]+$/)
  })

  test('says so when an event is no JSON', () => {
    expect(decode('data: <html>\n\n').chunks).toMatchObject([{ type: 'error', code: 'malformed_event' }])
  })

  test('tells the tier that served', () => {
    const decoder = openStream()
    expect(decoder.serviceTier).toBeNull()
    decodeStream(decoder, fixtures.textStream)
    expect(decoder.serviceTier).toBe('default')
  })

  test('reads events that differ in nothing but their text as it reads each of them alone', () => {
    const text = (content: string, rest: object = {}, delta: object = {}): object => ({
      id: 'c',
      model: 'm',
      service_tier: 'default',
      choices: [{ index: 0, delta: { content, ...delta }, finish_reason: null }],
      ...rest,
    })
    const finish = (reason: string): object => ({ choices: [{ index: 0, delta: {}, finish_reason: reason }] })
    const thought = (reasoning: string): object => ({ choices: [{ index: 0, delta: { content: '', reasoning } }] })
    const events = [
      ...['', 'one', ' two', ' three', '', ' "four"', ' five', '\n', ' six', 'c', 'm', 'default'].map((each) =>
        text(each),
      ),
      ...[' seven', ' eight'].map((each) => text(each, { service_tier: 'flex' })),
      text(' nine'),
      text(' ten', { choices: [{ index: 1, delta: { content: ' ten' }, finish_reason: null }] }),
      text(' eleven', { choices: [{ index: 1, delta: { content: ' eleven' }, finish_reason: null }] }),
      ...['a', 'b', 'c'].map((each) => text(each, { usage: null, obfuscation: `pad${each}` })),
      ...['d', 'e'].map((each) => text(each, { usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 } })),
      ...['hm', ' so', ' then'].map(thought),
      ...['f', 'g'].map((each) => text(each, {}, { refusal: 'no' })),
      finish('stop'),
      text('late'),
      text('later'),
      { error: { message: 'over', code: 'x' } },
      text('last'),
    ]
    // An escape anywhere in an event has it read as JSON.
    const alone = events.map((each) => ({ ...each, note: 'a"b' }))
    const read = (list: readonly object[]) => {
      const decoder = openStream()
      const seen = list.map((each) => ({
        chunks: decoder.push({ event: '', data: JSON.stringify(each) }),
        tier: decoder.serviceTier,
        finished: decoder.finished,
      }))
      return seen
    }
    expect(read(events)).toEqual(read(alone))
  })
})
