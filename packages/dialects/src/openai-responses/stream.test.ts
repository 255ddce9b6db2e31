import type { ChatChunk } from '@atpar/core/chat'
import { AppError } from '@atpar/core/errors'
import { describe, expect, test } from 'vitest'

import { countWireBytes, decodeStream } from '../testing.ts'
import { openCallerStream } from './caller-stream.ts'
import * as streams from './fixtures/streams.ts'
import { openStream } from './stream.ts'

const read = (text: string, cuts: readonly number[] = []): ChatChunk[] =>
  decodeStream(openStream(), text, { cuts }).chunks

describe('a stream of responses', () => {
  test.each(Object.entries(streams))('%s gives the same chunks cut in two, in thirds, in bytes', (_name, text) => {
    const whole = read(text)
    const size = countWireBytes(text)
    const every = (step: number): number[] =>
      Array.from({ length: Math.ceil(size / step) - 1 }, (_, at) => (at + 1) * step)
    for (const cuts of [every(1), every(2), every(7), every(64), [Math.floor(size / 2)]])
      expect(read(text, cuts)).toEqual(whole)
  })

  test('tells the thought, its encrypted form under its id, the words, the cut and what was searched', () => {
    expect(read(streams.reasoningStream)).toEqual([
      {
        type: 'start',
        providerId: 'resp_67c9fdcecf488190bdd9a0409de3a1ec07b8b0ad4e5eb654',
        servedModel: 'gpt-5.1-2025-11-13',
      },
      { type: 'thinking-delta', index: 0, text: 'Let me' },
      { type: 'thinking-delta', index: 0, text: ' think.' },
      {
        type: 'thinking-signature',
        index: 0,
        signature: {
          dialect: 'openai-responses',
          value: 'rs_6876cf02e0bc8192b74af0fb64b715ff06fa2fcced15a5ac:gAAAAABo',
        },
      },
      { type: 'text-delta', index: 0, text: '42' },
      { type: 'finish', index: 0, reason: 'length' },
      {
        type: 'usage',
        final: true,
        usage: expect.objectContaining({
          units: { input_uncached: 8, cache_read: 12, output_text: 5, output_reasoning: 25, searches: 1 },
        }) as unknown,
      },
    ])
  })

  test('names what its provider keeps: the response and each of its items', () => {
    const decoder = openStream()
    decodeStream(decoder, streams.toolStream)
    expect(decoder.keptIds).toEqual(['resp_67c9fdcecf488190bdd9a0409de3a1ec07b8b0ad4e5eb654', 'fc_1', 'fc_2'])
    expect(decoder.serviceTier).toBe('default')
  })

  test('gives calls without arguments an empty object, and keeps them in order', () => {
    expect(read(streams.toolStream).filter((chunk) => chunk.type.startsWith('tool-call'))).toMatchObject([
      { type: 'tool-call-start', callIndex: 0, id: 'call_abc', name: 'get_weather' },
      { argumentsJson: '{"city":' },
      { argumentsJson: '"Zürich"}' },
      { type: 'tool-call-start', callIndex: 1, id: 'call_def', name: 'get_time' },
      { callIndex: 1, argumentsJson: '{}' },
    ])
  })
})

describe('a stream for a caller of responses', () => {
  const open = (eventsSeen = 0) =>
    openCallerStream({
      eventsSeen,
      generationId: 'gen-1',
      model: 'm',
      createdAtMs: 0,
      costUsd: null,
      wantsUsage: true,
      request: { temperature: 0.5, tools: [{ type: 'function', name: 'f' }] },
    })

  const eventsOf = (text: string): Record<string, unknown>[] =>
    [...text.matchAll(/^event: (.*)\ndata: (.*)$/gm)].map(([, name, data]) => {
      const body = JSON.parse(data ?? '') as Record<string, unknown>
      expect(body.type).toBe(name)
      return body
    })

  test('numbers its events, closes what it opens and repeats what was asked', () => {
    const stream = open()
    const chunks: ChatChunk[] = [
      { type: 'thinking-delta', index: 0, text: 'hm' },
      { type: 'text-delta', index: 0, text: 'a' },
      { type: 'refusal-delta', index: 0, text: 'no' },
      { type: 'tool-call-start', index: 0, callIndex: 0, id: 'call_1', name: 'f' },
      { type: 'tool-call-delta', index: 0, callIndex: 0, argumentsJson: '{}' },
      { type: 'text-delta', index: 0, text: 'b' },
      { type: 'text-delta', index: 1, text: 'never: this format has one answer' },
      { type: 'finish', index: 0, reason: 'tool-calls' },
    ]
    const events = eventsOf(chunks.map((chunk) => stream.push(chunk)).join('') + stream.end({ costUsd: null }))
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_event, index) => index))
    const items = (type: string): unknown[] =>
      events.filter((event) => event.type === type).map((event) => event.output_index)
    expect(items('response.output_item.added')).toEqual([0, 1, 2, 3])
    expect(new Set(items('response.output_item.done'))).toEqual(new Set([0, 1, 2, 3]))
    expect(events.at(-1)).toMatchObject({
      type: 'response.completed',
      response: {
        status: 'completed',
        temperature: 0.5,
        tools: [{ type: 'function', name: 'f' }],
        output: [
          { type: 'reasoning', summary: [{ text: 'hm' }] },
          {
            type: 'message',
            content: [
              { type: 'output_text', text: 'a' },
              { type: 'refusal', refusal: 'no' },
            ],
          },
          { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{}' },
          { type: 'message', content: [{ text: 'b' }] },
        ],
      },
    })
  })

  test.each([
    ['length', 'response.incomplete', { reason: 'max_output_tokens' }],
    ['content-filter', 'response.incomplete', { reason: 'content_filter' }],
    ['stop', 'response.completed', null],
    ['error', 'response.failed', null],
  ] as const)('an answer that ended by %s is %s', (reason, type, details) => {
    const stream = open()
    const text = stream.push({ type: 'finish', index: 0, reason }) + stream.end({ costUsd: null })
    expect(eventsOf(text).at(-1)).toMatchObject({ type, response: { incomplete_details: details } })
  })

  test('of a provider, passed on until it broke off, ends with the number that follows', () => {
    const stream = open(5)
    const events = eventsOf(stream.fail(new AppError('stream_interrupted')))
    expect(events).toMatchObject([{ type: 'error', sequence_number: 5, code: 'stream_interrupted' }])
  })

  test('that never began fails with the one event the official clients throw', () => {
    const events = eventsOf(open().fail(new AppError('upstream_timeout')))
    expect(events).toMatchObject([{ type: 'error', code: 'upstream_timeout', error: { code: 'upstream_timeout' } }])
  })
})
