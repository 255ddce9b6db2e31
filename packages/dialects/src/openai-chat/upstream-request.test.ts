import type { JsonObject } from '@atpar/core/json'
import { spliceJson } from '@atpar/core/json-splice'
import { describe, expect, test } from 'vitest'

import type { UpstreamTarget } from '../contract.ts'
import { decodeRequest } from './request.ts'
import { encodeRequest, passThroughEdits, path } from './upstream-request.ts'

const target: UpstreamTarget = {
  upstreamModel: 'gpt-5.1',
  stream: false,
  clampOutputTokens: null,
  defaultMaxOutputTokens: 4096,
}
const hello: JsonObject = { model: 'gpt-5.1', messages: [{ role: 'user', content: 'hi' }] }

const edit = (body: JsonObject, changes: Partial<UpstreamTarget> = {}): unknown => {
  const bytes = new TextEncoder().encode(JSON.stringify(body))
  return JSON.parse(new TextDecoder().decode(spliceJson(bytes, passThroughEdits(body, { ...target, ...changes }))))
}

const encode = (body: JsonObject, changes: Partial<UpstreamTarget> = {}): ReturnType<typeof encodeRequest> =>
  encodeRequest(decodeRequest({ ...hello, ...body }), { ...target, ...changes })

describe('a request passed through', () => {
  test('is left alone when nothing needs to change', () => {
    expect(passThroughEdits({ ...hello, unknown: { a: 1 } }, target)).toEqual([])
  })

  test('loses our vocabulary and nothing else', () => {
    const ours = {
      models: ['a'],
      provider: { order: [] },
      route: 'r',
      session_id: 's',
      transforms: [],
      plugins: [],
      usage: { include: true },
    }
    expect(edit({ ...ours, ...hello, unknown: { models: 1 } })).toEqual({ ...hello, unknown: { models: 1 } })
  })

  test('names the upstream model', () => {
    expect(edit(hello, { upstreamModel: 'llama-3.3' })).toEqual({ ...hello, model: 'llama-3.3' })
  })

  test.each([
    ['absent', {}, { include_usage: true }],
    ['null', { stream_options: null }, { include_usage: true }],
    [
      'off',
      { stream_options: { include_usage: false, include_obfuscation: false } },
      { include_usage: true, include_obfuscation: false },
    ],
  ])('asks for usage in a stream when the option is %s', (_name, options, expected) => {
    expect(edit({ ...hello, stream: true, ...options })).toEqual({ ...hello, stream: true, stream_options: expected })
  })

  test('does not ask for usage without a stream', () => {
    expect(edit({ ...hello, stream: false })).toEqual({ ...hello, stream: false })
  })

  test.each([
    ['sets a limit where there was none', {}, 50, { max_completion_tokens: 50 }],
    ['lowers the limit the caller used', { max_tokens: 100 }, 50, { max_tokens: 50 }],
    ['lowers the newer name', { max_completion_tokens: 100 }, 50, { max_completion_tokens: 50 }],
    ['keeps a lower limit', { max_tokens: 10 }, 50, { max_tokens: 10 }],
    ['leaves one limit of two', { max_tokens: 100, max_completion_tokens: 80 }, 50, { max_completion_tokens: 50 }],
  ])('%s', (_name, limits, clampOutputTokens, expected) => {
    expect(edit({ ...hello, ...limits }, { clampOutputTokens })).toEqual({ ...hello, ...expected })
  })

  test('renames the limit for a server that knows only one name', () => {
    expect(edit({ ...hello, max_completion_tokens: 9 }, { maxOutputField: 'max_tokens' })).toEqual({
      ...hello,
      max_tokens: 9,
    })
    expect(edit({ ...hello, max_tokens: 9 }, { maxOutputField: 'max_completion_tokens', reasoning: true })).toEqual({
      ...hello,
      max_completion_tokens: 9,
    })
    expect(edit(hello, { maxOutputField: 'max_tokens' })).toEqual(hello)
  })
})

describe('a request written for an OpenAI-shaped provider', () => {
  const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }]

  test.each([
    ['auto', 'auto'],
    ['none', 'none'],
    ['required', 'required'],
    [
      { type: 'function', function: { name: 'f' } },
      { type: 'function', function: { name: 'f' } },
    ],
    [
      {
        type: 'allowed_tools',
        allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'f' } }] },
      },
      'required',
    ],
  ])('keeps the tool choice %j', (choice, expected) => {
    expect(encode({ tools, tool_choice: choice }).body).toMatchObject({ tool_choice: expected })
  })

  test('sends neither choice nor parallel flag without tools', () => {
    const { body } = encode({ tool_choice: 'auto', parallel_tool_calls: true })
    expect(body).not.toHaveProperty('tool_choice')
    expect(body).not.toHaveProperty('parallel_tool_calls')
  })

  test('the parallel flag alone forces nothing', () => {
    const { body } = encode({ tools, parallel_tool_calls: true })
    expect(body).toMatchObject({ parallel_tool_calls: true })
    expect(body).not.toHaveProperty('tool_choice')
  })

  test('names what it leaves out', () => {
    expect(
      encode({
        top_k: 4,
        stop: ['1', '2', '3', '4', '5'],
        service_tier: 'odd',
        metadata: { a: 'b' },
        logit_bias: { 1: 1 },
        modalities: ['text', 'audio'],
      }).dropped.toSorted(),
    ).toEqual(['logit_bias', 'metadata', 'modalities', 'service_tier', 'stop', 'top_k'])
  })

  test.each([
    ['gpt-5.1', 'none', 'none'],
    ['gpt-5', 'none', 'minimal'],
    ['o3', 'none', 'low'],
    ['gpt-5.1', 'xhigh', 'high'],
    ['gpt-5.2', 'xhigh', 'xhigh'],
    ['deepseek-reasoner', 'high', 'high'],
    ['gpt-4o', 'high', undefined],
    ['llama-3.3', 'none', undefined],
  ])('fits the effort to %s: %s becomes %s', (upstreamModel, effort, expected) => {
    expect(encode({ reasoning_effort: effort }, { upstreamModel }).body.reasoning_effort).toBe(expected)
  })

  test('drops reasoning, by name, for a model that has none', () => {
    expect(encode({ reasoning_effort: 'high' }, { reasoning: false })).toMatchObject({ dropped: ['reasoning_effort'] })
  })

  test('keeps strict only for schemas that strict mode takes', () => {
    const format = (schema: JsonObject): JsonObject => ({
      response_format: { type: 'json_schema', json_schema: { name: 'n', strict: true, schema } },
    })
    const closed = {
      type: 'object',
      properties: { a: { type: 'string' } },
      required: ['a'],
      additionalProperties: false,
    }
    expect(encode(format(closed)).body).toMatchObject({ response_format: { json_schema: { strict: true } } })
    expect(encode(format({ ...closed, required: [] }))).toMatchObject({
      body: { response_format: { json_schema: { strict: false } } },
      dropped: ['response_format.strict'],
    })
  })

  test('refuses what would leave half a question', () => {
    const sound = { role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'flac' } }] }
    expect(() => encode({ messages: [sound] })).toThrow(expect.objectContaining({ code: 'unsupported_parameter' }))
  })

  test('asks the path of chat completions', () => {
    expect(path()).toBe('/chat/completions')
  })
})
