import type { JsonObject } from '@atpar/core/json'
import { describe, expect, test } from 'vitest'

import { decodeRequest } from './request.ts'
import { encodeRequest, passThroughEdits } from './upstream-request.ts'

const decode = (changes: JsonObject) => decodeRequest({ model: 'm', input: 'hi', ...changes })
const target = { upstreamModel: 'gpt-5.1', stream: false, clampOutputTokens: null, defaultMaxOutputTokens: 4096 }

describe('what no other format can carry out', () => {
  test.each<readonly [changes: JsonObject, name: string]>([
    [{ previous_response_id: 'resp_1' }, 'previous_response_id'],
    [{ tools: [{ type: 'web_search' }] }, 'tools.web_search'],
    [{ tools: [{ type: 'custom', name: 'c' }] }, 'tools.custom'],
    [{ tool_choice: { type: 'mcp', server_label: 's' } }, 'tool_choice.mcp'],
    [{ input: [{ type: 'item_reference', id: 'msg_1' }] }, 'input.item_reference'],
    [{ input: [{ id: 'msg_1' }] }, 'input.item_reference'],
    [{ input: [{ type: 'custom_tool_call', call_id: 'c', name: 'n', input: '' }] }, 'input.custom_tool_call'],
  ])('%j is named', (changes, name) => {
    expect(decode(changes).untranslatable).toEqual([name])
  })

  test('a plain request names nothing', () => {
    expect(decode({})).not.toHaveProperty('untranslatable')
  })
})

test('what changes no answer elsewhere is silent, what would have is named as left out', () => {
  expect(
    decode({
      store: true,
      truncation: 'auto',
      include: ['reasoning.encrypted_content', 'message.output_text.logprobs'],
      text: { verbosity: 'low' },
      prompt_cache_key: 'k',
      max_tool_calls: 3,
      input: [
        { role: 'user', content: 'hi' },
        { type: 'web_search_call', id: 'ws_1', status: 'completed' },
      ],
    }).unmapped,
  ).toEqual([
    'max_tool_calls',
    'truncation',
    'store',
    'include.message.output_text.logprobs',
    'text.verbosity',
    'input.web_search_call',
  ])
})

describe('the choice of a tool', () => {
  const tools = ['a', 'b'].map((name) => ({ type: 'function', name }))
  test.each<readonly [choice: JsonObject | string, kind: object, names: readonly string[]]>([
    ['auto', { kind: 'auto' }, ['a', 'b']],
    ['none', { kind: 'none' }, ['a', 'b']],
    ['required', { kind: 'required' }, ['a', 'b']],
    [{ type: 'function', name: 'b' }, { kind: 'tool', name: 'b' }, ['a', 'b']],
    [{ type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'a' }] }, { kind: 'auto' }, ['a']],
    [
      { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'a' }] },
      { kind: 'required' },
      ['a'],
    ],
  ])('%j', (choice, kind, names) => {
    const decoded = decode({ tools, tool_choice: choice })
    expect([decoded.toolChoice, decoded.tools.map((tool) => tool.name)]).toEqual([kind, names])
  })
})

describe('a request of another format', () => {
  const encode = (changes: JsonObject, at = {}) => encodeRequest(decode(changes), { ...target, ...at }).body

  test('is kept nowhere, and has its thoughts come along where the model has any', () => {
    expect(encode({})).toEqual({
      model: 'gpt-5.1',
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'hi' }] }],
      store: false,
    })
    expect(encode({}, { reasoning: true })).toMatchObject({ include: ['reasoning.encrypted_content'] })
  })

  test('says of every tool whether it is strict, because silence means yes here', () => {
    const parameters = { type: 'object', properties: {}, additionalProperties: false }
    const tools = [
      { type: 'function', name: 'loose', parameters },
      { type: 'function', name: 'strict', parameters, strict: true },
    ]
    expect(encode({ tools }).tools).toMatchObject([{ strict: false }, { strict: true }])
  })
})

describe('the edits of a request that passes', () => {
  const edits = (body: JsonObject, at = {}) => passThroughEdits({ model: 'gpt-5.1', ...body }, { ...target, ...at })

  test('are none when nothing is ours', () => {
    expect(edits({ input: 'hi', temperature: 1 })).toEqual([])
  })

  test('name the model, take out our own words, and bound the output', () => {
    expect(
      edits({ model: 'alias', provider: {}, session_id: 's', max_output_tokens: 900 }, { clampOutputTokens: 100 }),
    ).toEqual([
      { path: ['model'], value: '"gpt-5.1"' },
      { path: ['provider'], remove: true },
      { path: ['session_id'], remove: true },
      { path: ['max_output_tokens'], value: '100' },
    ])
  })

  test('leave "store" only for a provider that keeps answers', () => {
    expect(edits({ store: true })).toEqual([{ path: ['store'], remove: true }])
    expect(edits({ store: true }, { keepsResponses: true })).toEqual([])
  })
})
