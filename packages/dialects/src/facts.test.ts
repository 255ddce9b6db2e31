import type { JsonObject, JsonValue } from '@atpar/core/json'
import { describe, expect, test } from 'vitest'

import type { CallerDialectId, RequestFacts, Reserved } from './contract.ts'
import { callerDialects } from './registry.ts'

const questions: Readonly<Record<CallerDialectId, JsonObject>> = {
  'openai-chat': { model: 'm', messages: [{ role: 'user', content: 'hi' }] },
  'openai-responses': { model: 'm', input: 'hi' },
  'anthropic-messages': { model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] },
  gemini: { model: 'm', stream: false, contents: [{ role: 'user', parts: [{ text: 'hi' }] }] },
}

const read = (id: CallerDialectId, changes: JsonObject = {}): RequestFacts =>
  callerDialects[id].readFacts({ ...questions[id], ...changes })

describe.each(Object.keys(questions) as CallerDialectId[])('facts of a %s request', (id) => {
  test('are read from the smallest body', () => {
    expect(read(id)).toMatchObject({
      model: 'm',
      stream: false,
      wantsUsage: true,
      choices: 1,
      mediaTokens: 0,
      reasoningTokens: null,
      sessionKey: null,
      usesTools: false,
    })
  })

  test('count the bytes of words, not their letters', () => {
    const said = (text: string): JsonObject =>
      id === 'gemini'
        ? { contents: [{ parts: [{ text }] }] }
        : { [id === 'openai-responses' ? 'input' : 'messages']: [{ role: 'user', content: text }] }
    const base = read(id, said('')).textBytes
    for (const [text, bytes] of [
      ['abc', 3],
      ['ü', 2],
      ['世', 3],
      ['😀', 4],
      ['é'.repeat(1000), 2000],
    ] as const)
      expect(read(id, said(text)).textBytes - base).toBe(bytes)
  })

  test('take the session a caller names', () => {
    expect(read(id, { session_id: 's-1' }).sessionKey).toBe('s-1')
  })
})

test.each<readonly [id: CallerDialectId, changes: JsonObject]>([
  ['openai-chat', { web_search_options: {} }],
  ['anthropic-messages', { tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 3 }] }],
  ['openai-responses', { tools: [{ type: 'web_search' }] }],
  ['openai-responses', { tools: [{ type: 'mcp', server_url: 'https://e.com' }] }],
  ['gemini', { tools: [{ google_search: {} }] }],
  ['gemini', { tools: [{ urlContext: {} }] }],
])('a %s request that lets the provider search says nothing of how large its input gets: %o', (id, changes) => {
  expect(read(id, changes).mediaTokens).toBeNull()
  expect(read(id, id === 'openai-chat' ? {} : { tools: [] }).mediaTokens).toBe(0)
})

test.each<readonly [changes: JsonObject, param: string]>([
  [{ background: true }, 'background'],
  [{ conversation: 'conv_1' }, 'conversation'],
  [{ prompt: { id: 'pmpt_1' } }, 'prompt'],
  [{ tools: [{ type: 'file_search', vector_store_ids: ['vs_1'] }] }, 'tools[0].type'],
  [{ tools: [{ type: 'code_interpreter', container: 'cntr_1' }] }, 'tools[0].type'],
  [{ tools: [{ type: 'image_generation' }] }, 'tools[0].type'],
  [{ tools: [{ type: 'shell', environment: { type: 'container_auto' } }] }, 'tools[0].environment'],
  [{ input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'file-1' }] }] }, 'input[0].content[0].file_id'],
  [
    { input: [{ type: 'function_call_output', call_id: 'c', output: [{ type: 'input_image', file_id: 'file-1' }] }] },
    'input[0].output[0].file_id',
  ],
])(
  'a response that would use what is stored in a shared account, or escape the meter, is refused: %j',
  (changes, param) => {
    expect(() => read('openai-responses', changes)).toThrow(
      expect.objectContaining({ code: 'unsupported_parameter', param }),
    )
  },
)

test('a response says what it goes on from, and that its input has no bound then', () => {
  expect(read('openai-responses')).not.toHaveProperty('continues')
  expect(
    read('openai-responses', {
      previous_response_id: 'resp_1',
      input: [{ type: 'item_reference', id: 'msg_1' }, { id: 'rs_1' }, { role: 'user', content: 'hi' }],
    }),
  ).toMatchObject({ continues: ['resp_1', 'msg_1', 'rs_1'], mediaTokens: null })
})

type Claim = readonly [id: CallerDialectId, changes: JsonObject, reserved: readonly Reserved[]]

const said = (...parts: JsonObject[]): JsonObject => ({ messages: [{ role: 'user', content: parts }] })
const shown = (...parts: JsonObject[]): JsonObject => ({ contents: [{ role: 'user', parts }] })
const at = (fileUri: string): JsonObject => shown({ fileData: { fileUri, mimeType: 'application/pdf' } })
const ADDRESS = 'contents.parts.fileData.fileUri'

test.each<Claim>([
  [
    'openai-chat',
    said({ type: 'file', file: { file_id: 'file-1' } }),
    [{ param: 'messages[0].content.file.file_id', why: 'stored' }],
  ],
  [
    'openai-chat',
    { messages: [{ role: 'assistant', audio: { id: 'audio_1' } }] },
    [{ param: 'messages[0].audio', why: 'stored' }],
  ],
  ['openai-chat', { web_search_options: {} }, [{ param: 'web_search_options', why: 'unmetered' }]],
  ['openai-chat', { tools: [{ type: 'browser_search' }] }, [{ param: 'tools[0].type', why: 'unmetered' }]],
  ['openai-responses', { tools: [{ type: 'web_search' }] }, [{ param: 'tools[0].type', why: 'searches' }]],
  ['anthropic-messages', { container: 'c-1' }, [{ param: 'container', why: 'stored' }]],
  ['anthropic-messages', { speed: 'fast' }, [{ param: 'speed', why: 'unmetered' }]],
  ['anthropic-messages', { inference_geo: 'us' }, [{ param: 'inference_geo', why: 'unmetered' }]],
  [
    'anthropic-messages',
    { context_management: { edits: [{ type: 'compact_20260112' }] } },
    [{ param: 'context_management', why: 'unmetered' }],
  ],
  [
    'anthropic-messages',
    { tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
    [{ param: 'tools[0].type', why: 'searches' }],
  ],
  [
    'anthropic-messages',
    { tools: [{ type: 'code_execution_20250825', name: 'code_execution' }] },
    [{ param: 'tools[0].type', why: 'unmetered' }],
  ],
  [
    'anthropic-messages',
    said({ type: 'document', source: { type: 'file', file_id: 'file_1' } }),
    [{ param: 'messages.content.source.file_id', why: 'stored' }],
  ],
  [
    'anthropic-messages',
    said({ type: 'image', source: { type: 'file', file_id: 'file_1' } }),
    [{ param: 'messages.content.source.file_id', why: 'stored' }],
  ],
  [
    'anthropic-messages',
    said({ type: 'container_upload', file_id: 'file_1' }),
    [{ param: 'messages.content.container_upload', why: 'stored' }],
  ],
  ['gemini', { cached_content: 'cachedContents/1' }, [{ param: 'cachedContent', why: 'stored' }]],
  ['gemini', { tools: [{ google_search: {} }] }, [{ param: 'tools[0].google_search', why: 'unmetered' }]],
  ['gemini', { tools: [{ fileSearch: {} }] }, [{ param: 'tools[0].fileSearch', why: 'stored' }]],
  ['gemini', at('gs://bucket/secret.pdf'), [{ param: ADDRESS, why: 'stored' }]],
  ['gemini', at('https://generativelanguage.googleapis.com/v1beta/files/abc'), [{ param: ADDRESS, why: 'stored' }]],
  [
    'gemini',
    at('HTTPS://ada@GenerativeLanguage.googleapis.com:443/v1beta/files/abc'),
    [{ param: ADDRESS, why: 'stored' }],
  ],
])('a %s request says what only an account of the caller’s own may be asked: %j', (id, changes, reserved) => {
  expect(read(id, changes).reserved).toEqual(reserved)
})

test.each<readonly [id: CallerDialectId, changes: JsonObject]>([
  [
    'openai-chat',
    {
      tools: [
        { type: 'function', function: { name: 'f' } },
        { type: 'custom', custom: { name: 'g' } },
      ],
    },
  ],
  ['openai-chat', said({ type: 'file', file: { file_data: 'data:application/pdf;base64,aGk=' } })],
  [
    'anthropic-messages',
    {
      inference_geo: 'global',
      speed: 'standard',
      context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
    },
  ],
  [
    'anthropic-messages',
    {
      tools: [
        { name: 'f', input_schema: {} },
        { type: 'bash_20250124', name: 'bash' },
        { type: 'web_fetch_20250910', name: 'web_fetch' },
      ],
    },
  ],
  ['gemini', { tools: [{ functionDeclarations: [] }, { code_execution: {} }, { urlContext: {} }] }],
  ['gemini', at('https://example.com/generativelanguage.googleapis.com/a.pdf')],
])('what anybody may be asked is nothing special in a %s request: %j', (id, changes) => {
  expect(read(id, changes)).not.toHaveProperty('reserved')
})

type Refusal = readonly [id: CallerDialectId, changes: JsonObject, param: string]

test.each<Refusal>([
  ['openai-chat', { model: 3 }, 'model'],
  ['openai-chat', { model: '' }, 'model'],
  ['openai-chat', { messages: [] }, 'messages'],
  ['openai-chat', { messages: 'hi' }, 'messages'],
  ['openai-chat', { messages: ['hi'] }, 'messages[0]'],
  ['openai-chat', { messages: [{ content: 'hi' }] }, 'messages[0].role'],
  ['openai-chat', { stream: 'yes' }, 'stream'],
  ['openai-chat', { n: 0 }, 'n'],
  ['openai-chat', { n: 129 }, 'n'],
  ['openai-chat', { n: 1.5 }, 'n'],
  ['openai-chat', { max_tokens: -5 }, 'max_tokens'],
  ['openai-chat', { max_completion_tokens: '9' }, 'max_completion_tokens'],
  ['openai-chat', { tools: {} }, 'tools'],
  ['openai-chat', { stream_options: true }, 'stream_options'],
  ['openai-responses', { input: null }, 'input'],
  ['openai-responses', { input: [] }, 'input'],
  ['openai-responses', { input: ['hi'] }, 'input[0]'],
  ['openai-responses', { max_output_tokens: 0 }, 'max_output_tokens'],
  ['openai-responses', { tools: ['f'] }, 'tools[0]'],
  ['anthropic-messages', { max_tokens: null }, 'max_tokens'],
  ['anthropic-messages', { max_tokens: 0 }, 'max_tokens'],
  ['anthropic-messages', { messages: [] }, 'messages'],
  ['anthropic-messages', { thinking: { type: 'enabled', budget_tokens: 50 } }, 'thinking.budget_tokens'],
  ['anthropic-messages', { thinking: { type: 'enabled', budget_tokens: 2000 } }, 'thinking.budget_tokens'],
  ['gemini', { contents: [] }, 'contents'],
  ['gemini', { contents: [{ parts: 'hi' }] }, 'parts'],
  ['gemini', { generationConfig: { candidateCount: 0 } }, 'generationConfig.candidateCount'],
  ['gemini', { generation_config: { max_output_tokens: 0 } }, 'generationConfig.maxOutputTokens'],
])('%s refuses %j and names %s', (...[id, changes, param]) => {
  expect(() => read(id, changes)).toThrow(expect.objectContaining({ code: 'invalid_request', param }))
})

describe('limits', () => {
  test.each<readonly [id: CallerDialectId, changes: JsonObject, expected: Partial<RequestFacts>]>([
    ['openai-chat', { max_tokens: 9 }, { maxOutputTokens: 9 }],
    ['openai-chat', { max_tokens: 9, max_completion_tokens: 7 }, { maxOutputTokens: 7 }],
    ['openai-chat', { n: 3 }, { choices: 3 }],
    ['openai-chat', { stream: true }, { stream: true, wantsUsage: false }],
    ['openai-chat', { stream: true, stream_options: { include_usage: true } }, { wantsUsage: true }],
    ['openai-chat', { prompt_cache_key: 'k' }, { sessionKey: 'k' }],
    [
      'anthropic-messages',
      { max_tokens: 5000, thinking: { type: 'enabled', budget_tokens: 2000 } },
      { maxOutputTokens: 5000, reasoningTokens: 2000 },
    ],
    ['anthropic-messages', { thinking: { type: 'adaptive' } }, { reasoningTokens: null }],
    [
      'gemini',
      { generationConfig: { maxOutputTokens: 9, candidateCount: 2, thinkingConfig: { thinkingBudget: 500 } } },
      { maxOutputTokens: 9, choices: 2, reasoningTokens: 500 },
    ],
    [
      'gemini',
      { generation_config: { max_output_tokens: 9, thinking_config: { thinking_budget: -1 } } },
      { maxOutputTokens: 9, reasoningTokens: null },
    ],
  ])('%s %j', (...[id, changes, expected]) => {
    expect(read(id, changes)).toMatchObject(expected)
  })

  test('a list of models may stand in for the model', () => {
    const { messages } = questions['openai-chat']
    expect(callerDialects['openai-chat'].readFacts({ messages: messages ?? null, models: ['a', 'b'] }).model).toBe('a')
  })
})

describe('media', () => {
  const openai = (part: JsonObject): number | null =>
    read('openai-chat', { messages: [{ role: 'user', content: [part] }] }).mediaTokens
  const anthropic = (block: JsonObject): number | null =>
    read('anthropic-messages', { messages: [{ role: 'user', content: [block] }] }).mediaTokens
  const gemini = (part: JsonObject): number | null => read('gemini', { contents: [{ parts: [part] }] }).mediaTokens

  test('pictures are bounded and their bytes are not words', () => {
    const url = `data:image/png;base64,${'A'.repeat(100_000)}`
    expect(openai({ type: 'image_url', image_url: { url } })).toBe(5_000)
    expect(anthropic({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } })).toBe(5_000)
    expect(gemini({ inline_data: { mime_type: 'image/png', data: 'AAAA' } })).toBe(5_000)
    expect(
      read('openai-chat', { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }] })
        .textBytes,
    ).toBeLessThan(100)
  })

  test('one model multiplies its picture tokens', () => {
    const image: JsonValue = [
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://e.com/a.png' } }] },
    ]
    expect(read('openai-chat', { model: 'gpt-4o-mini', messages: image }).mediaTokens).toBe(48_169)
  })

  test('what the body does not bound is unbounded', () => {
    expect(openai({ type: 'file', file: { file_data: 'data:application/pdf;base64,AAAA' } })).toBeNull()
    expect(anthropic({ type: 'document', source: { type: 'url', url: 'https://e.com/a.pdf' } })).toBeNull()
    expect(gemini({ fileData: { fileUri: 'gs://b/c', mimeType: 'video/mp4' } })).toBeNull()
    expect(read('gemini', { cachedContent: 'cachedContents/1' }).mediaTokens).toBeNull()
  })

  test('sound is bounded by its bytes, text files by theirs', () => {
    expect(openai({ type: 'input_audio', input_audio: { data: 'A'.repeat(4_000), format: 'mp3' } })).toBe(96)
    expect(gemini({ inlineData: { mimeType: 'text/plain', data: 'A'.repeat(400) } })).toBe(300)
  })
})

test('tools count with the instructions that explain them', () => {
  const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }]
  expect(read('openai-chat', { tools }).textBytes - read('openai-chat').textBytes).toBe(
    735 + JSON.stringify(tools).length,
  )
  expect(read('openai-chat', { tools }).usesTools).toBe(true)
})
