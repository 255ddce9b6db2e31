import type { ChatRequest, Message } from '@atpar/core/chat'
import type { JsonObject } from '@atpar/core/json'
import { spliceJson } from '@atpar/core/json-splice'
import { describe, expect, test } from 'vitest'

import type { UpstreamTarget } from '../contract.ts'
import { decodeRequest } from './request.ts'
import { encodeRequest, passThroughEdits } from './upstream-request.ts'

const target: UpstreamTarget = {
  upstreamModel: 'claude-sonnet-4-5',
  stream: false,
  clampOutputTokens: null,
  defaultMaxOutputTokens: 4096,
}
const hello: JsonObject = { model: 'claude-sonnet-4-5', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] }
const neutral = decodeRequest(hello)

const edit = (body: JsonObject, changes: Partial<UpstreamTarget> = {}): unknown => {
  const bytes = new TextEncoder().encode(JSON.stringify(body))
  return JSON.parse(new TextDecoder().decode(spliceJson(bytes, passThroughEdits(body, { ...target, ...changes }))))
}

const encode = (
  changes: Partial<ChatRequest>,
  targetChanges: Partial<UpstreamTarget> = {},
): ReturnType<typeof encodeRequest> => encodeRequest({ ...neutral, ...changes }, { ...target, ...targetChanges })

const say = (role: Message['role'], text: string): Message => ({ role, content: [{ type: 'text', text }] })

describe('a request passed through', () => {
  test('changes only the model, our vocabulary and a limit that is too high', () => {
    expect(passThroughEdits(hello, target)).toEqual([])
    expect(
      edit(
        { ...hello, session_id: 's', thinking: { type: 'adaptive' } },
        { upstreamModel: 'x', clampOutputTokens: 50 },
      ),
    ).toEqual({ ...hello, model: 'x', max_tokens: 50, thinking: { type: 'adaptive' } })
    expect(edit(hello, { clampOutputTokens: 500 })).toEqual(hello)
  })
})

describe('a request written for Anthropic', () => {
  const tools = [{ name: 'f', description: null, parameters: { type: 'object' } }]

  test('always has a limit, and never one above the clamp', () => {
    expect(encode({ maxOutputTokens: null }).body.max_tokens).toBe(4096)
    expect(encode({ maxOutputTokens: null }, { clampOutputTokens: 10 }).body.max_tokens).toBe(10)
    expect(encode({ maxOutputTokens: 99 }, { clampOutputTokens: 100 }).body.max_tokens).toBe(99)
  })

  test.each([
    [null, null, undefined],
    [null, true, undefined],
    [null, false, { type: 'auto', disable_parallel_tool_use: true }],
    [{ kind: 'auto' }, false, { type: 'auto', disable_parallel_tool_use: true }],
    [{ kind: 'required' }, null, { type: 'any' }],
    [{ kind: 'required' }, false, { type: 'any', disable_parallel_tool_use: true }],
    [{ kind: 'tool', name: 'f' }, true, { type: 'tool', name: 'f' }],
    [{ kind: 'none' }, false, { type: 'none' }],
  ] as const)('choice %j with parallel %j is %j', (toolChoice, parallelToolCalls, expected) => {
    expect(encode({ tools, toolChoice, parallelToolCalls }).body.tool_choice).toEqual(expected)
  })

  test('puts opening system text first and keeps later system text in its place', () => {
    const { body } = encode({
      messages: [
        say('system', 'a'),
        say('system', 'b'),
        say('user', 'c'),
        say('assistant', 'd'),
        say('system', 'e'),
        say('user', 'f'),
      ],
    })
    expect(body.system).toEqual([
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ])
    expect(body.messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'c' }] },
      { role: 'assistant', content: [{ type: 'text', text: 'd' }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'e' },
          { type: 'text', text: 'f' },
        ],
      },
    ])
  })

  test('says system text as the user when there is nothing else', () => {
    expect(encode({ messages: [say('system', 'a')] }).body).toMatchObject({
      messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }] }],
    })
  })

  test('puts tool results before words in one turn', () => {
    const result: Message = {
      role: 'tool',
      content: [{ type: 'tool-result', toolCallId: 'call_1', toolName: null, content: [], isError: false }],
    }
    const { body } = encode({ messages: [say('user', 'a'), say('user', 'b'), result, say('user', 'c')] })
    expect(body.messages).toMatchObject([
      { role: 'user', content: [{ type: 'tool_result' }, { text: 'a' }, { text: 'b' }, { text: 'c' }] },
    ])
  })

  test('replaces an id Anthropic would refuse, alike in call and result', () => {
    const { body } = encode({
      messages: [
        { role: 'assistant', content: [{ type: 'tool-call', id: 'a:b/c', name: 'f', argumentsJson: '' }] },
        {
          role: 'tool',
          content: [{ type: 'tool-result', toolCallId: 'a:b/c', toolName: null, content: [], isError: true }],
        },
      ],
    })
    const [called, answered] = body.messages as { content: { id?: string; tool_use_id?: string }[] }[]
    expect(called?.content[0]).toMatchObject({ input: {} })
    expect(called?.content[0]?.id).toMatch(/^[a-zA-Z0-9_-]+$/)
    expect(answered?.content[0]).toMatchObject({ tool_use_id: called?.content[0]?.id, is_error: true })
  })

  test('sends back only thinking that Anthropic signed', () => {
    const thinking = (dialect: string | null): Message => ({
      role: 'assistant',
      content: [
        { type: 'thinking', text: 't', signature: dialect === null ? null : { dialect, value: 's' } },
        { type: 'text', text: 'a' },
      ],
    })
    const contentOf = (dialect: string | null): unknown =>
      (encode({ messages: [thinking(dialect), say('user', 'b')] }).body.messages as JsonObject[])[0]?.content
    expect(contentOf('anthropic-messages')).toEqual([
      { type: 'thinking', thinking: 't', signature: 's' },
      { type: 'text', text: 'a' },
    ])
    expect(contentOf('gemini')).toEqual([{ type: 'text', text: 'a' }])
    expect(contentOf(null)).toEqual([{ type: 'text', text: 'a' }])
  })

  test.each([
    ['claude-3-5-haiku-20241022', undefined],
    ['claude-3-7-sonnet-20250219', { type: 'enabled', budget_tokens: 8192 }],
    ['claude-sonnet-4-20250514', { type: 'enabled', budget_tokens: 8192 }],
    ['claude-opus-4-5', { type: 'enabled', budget_tokens: 8192 }],
    ['claude-opus-4-6', { type: 'adaptive' }],
    ['claude-sonnet-5', { type: 'adaptive' }],
  ])('asks %s to think in the way it knows', (upstreamModel, expected) => {
    const { body, dropped } = encode({ reasoning: { effort: 'medium' }, maxOutputTokens: 20000 }, { upstreamModel })
    expect(body.thinking).toEqual(expected)
    expect(dropped).toEqual(expected === undefined ? ['reasoning_effort'] : [])
  })

  test.each([
    ['a budget below the limit', { budgetTokens: 9000 }, 5000, 4999],
    ['half of the limit for an effort', { effort: 'high' as const }, 4096, 2048],
    ['at least what the API takes', { budgetTokens: 10 }, 5000, 1024],
  ])('gives %s', (_name, reasoning, maxOutputTokens, budget) => {
    expect(encode({ reasoning, maxOutputTokens }).body.thinking).toEqual({ type: 'enabled', budget_tokens: budget })
  })

  test('does not think where thinking would be refused, and says so', () => {
    expect(encode({ reasoning: { effort: 'low' }, maxOutputTokens: 1500 })).toMatchObject({
      dropped: ['reasoning_effort'],
    })
    expect(
      encode({ reasoning: { effort: 'low' }, maxOutputTokens: 9000, tools, toolChoice: { kind: 'required' } }),
    ).toMatchObject({ dropped: ['reasoning_effort'] })
    const foreign: Message[] = [
      say('user', 'a'),
      { role: 'assistant', content: [{ type: 'tool-call', id: 'c', name: 'f', argumentsJson: '{}' }] },
      {
        role: 'tool',
        content: [{ type: 'tool-result', toolCallId: 'c', toolName: null, content: [], isError: false }],
      },
    ]
    expect(encode({ reasoning: { effort: 'low' }, maxOutputTokens: 9000, tools, messages: foreign })).toMatchObject({
      dropped: ['reasoning_effort'],
    })
  })

  test('names every parameter it cannot keep', () => {
    const { body, dropped } = encode({
      temperature: 1.7,
      topP: 0.5,
      seed: 1,
      frequencyPenalty: 1,
      presencePenalty: 1,
      logprobs: 2,
      choices: 3,
      metadata: {},
      serviceTier: 'flex',
      responseFormat: { kind: 'json' },
      unmapped: ['logit_bias'],
    })
    expect(body.temperature).toBe(1)
    expect(dropped.toSorted()).toEqual([
      'frequency_penalty',
      'logit_bias',
      'logprobs',
      'metadata',
      'n',
      'presence_penalty',
      'response_format',
      'seed',
      'service_tier',
      'temperature',
      'top_p',
    ])
  })

  test.each([
    ['claude-sonnet-4-5', 0.5],
    ['claude-opus-4-6', 0.5],
    ['claude-opus-4-7', undefined],
    ['claude-sonnet-5', undefined],
  ])('gives %s only the sampling it takes', (upstreamModel, expected) => {
    const { body, dropped } = encode({ temperature: 0.5 }, { upstreamModel })
    expect(body.temperature).toBe(expected)
    expect(dropped).toEqual(expected === undefined ? ['temperature'] : [])
  })

  test('refuses sound rather than leaving it out', () => {
    const sound: Message = {
      role: 'user',
      content: [{ type: 'audio', source: { kind: 'base64', mediaType: 'audio/wav', data: 'AA' } }],
    }
    expect(() => encode({ messages: [sound] })).toThrow(expect.objectContaining({ code: 'unsupported_parameter' }))
  })
})
