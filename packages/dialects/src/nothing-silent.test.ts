import { AppError } from '@atpar/core/errors'
import type { JsonObject, JsonValue } from '@atpar/core/json'
import { describe, expect, test } from 'vitest'

import type { CallerDialectId, ProviderDialectId, UpstreamTarget } from './contract.ts'
import { callerDialects, providerDialects } from './registry.ts'

const target: UpstreamTarget = {
  upstreamModel: 'some-model',
  stream: false,
  clampOutputTokens: null,
  defaultMaxOutputTokens: 4_096,
  reasoning: true,
}

const PICTURE = 'data:image/png;base64,aGVsbG8='
const DOCUMENT = 'aGVsbG8='

const chat = (...parts: JsonValue[]): JsonObject => ({ messages: [{ role: 'user', content: parts }] })
const input = (...parts: JsonValue[]): JsonObject => ({ input: [{ role: 'user', content: parts }] })
const gemini = (...parts: JsonValue[]): JsonObject => ({ contents: [{ role: 'user', parts }] })
const config = (changes: JsonObject): JsonObject => ({ generationConfig: changes })

const chatTool = (extra: JsonObject = {}, around: JsonObject = {}): JsonObject => ({
  tools: [
    {
      type: 'function',
      function: { name: 'look', parameters: { type: 'object', properties: {} }, ...extra },
      ...around,
    },
  ],
})
const responsesTool = (extra: JsonObject = {}): JsonObject => ({
  tools: [{ type: 'function', name: 'look', parameters: { type: 'object', properties: {} }, strict: false, ...extra }],
})
const claudeTool = (extra: JsonObject = {}): JsonObject => ({
  tools: [{ name: 'look', input_schema: { type: 'object', properties: {} }, ...extra }],
})
const geminiTool = (extra: JsonObject = {}): JsonObject => ({
  tools: [{ functionDeclarations: [{ name: 'look', ...extra }] }],
})

const document = (extra: JsonObject = {}): JsonObject => ({
  type: 'document',
  source: { type: 'text', media_type: 'text/plain', data: 'hello' },
  ...extra,
})
const result = (extra: JsonObject = {}): JsonObject => ({
  contents: [
    { role: 'user', parts: [{ text: 'hi' }] },
    { role: 'model', parts: [{ functionCall: { name: 'look', args: {} } }] },
    { role: 'user', parts: [{ functionResponse: { name: 'look', response: { output: 'x' }, ...extra } }] },
  ],
})
const used = (call: JsonObject = {}, answer: JsonObject = {}): JsonObject => ({
  messages: [
    { role: 'user', content: 'hi' },
    { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'look', input: {}, ...call }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'x', ...answer }] },
  ],
})

type Wish = readonly [what: string, body: JsonObject, without?: JsonObject]

/** What a request of each format may ask for, less common than a word and an answer; what it is compared with where that is not the plain question. */
const WISHES: Readonly<Record<CallerDialectId, readonly Wish[]>> = {
  'openai-chat': [
    ['n', { n: 2 }],
    ['logprobs', { logprobs: true, top_logprobs: 2 }],
    ['logit_bias', { logit_bias: { '50256': -100 } }],
    ['seed', { seed: 7 }],
    ['temperature', { temperature: 0.3 }],
    ['top_p', { top_p: 0.4 }],
    ['top_k', { top_k: 40 }],
    ['min_p', { min_p: 0.1 }],
    ['penalties', { frequency_penalty: 0.5 }],
    ['presence_penalty', { presence_penalty: 0.5 }],
    ['repetition_penalty', { repetition_penalty: 1.1 }],
    ['stop', { stop: ['a'] }],
    ['user', { user: 'ada' }],
    ['safety_identifier', { safety_identifier: 'ada' }],
    ['metadata', { metadata: { run: '7' } }],
    ['service_tier', { service_tier: 'flex' }],
    ['prediction', { prediction: { type: 'content', content: 'hello' } }],
    ['verbosity', { verbosity: 'low' }],
    ['reasoning_effort', { reasoning_effort: 'high' }],
    ['reasoning', { reasoning: { max_tokens: 2000 } }],
    ['web_search_options', { web_search_options: {} }],
    ['modalities', { modalities: ['text', 'audio'], audio: { voice: 'alloy', format: 'wav' } }],
    ['store', { store: true }],
    ['moderation', { moderation: { mode: 'strict' } }],
    ['plugins', { plugins: [{ id: 'web' }] }],
    ['transforms', { transforms: ['middle-out'] }],
    ['json', { response_format: { type: 'json_object' } }],
    ['a schema', { response_format: { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object' } } } }],
    ['functions', { functions: [{ name: 'look', parameters: { type: 'object', properties: {} } }] }],
    ['function_call', { ...chatTool(), function_call: { name: 'look' } }, chatTool()],
    ['a custom tool', { tools: [{ type: 'custom', custom: { name: 'look' } }] }],
    ['one tool at a time', { ...chatTool(), parallel_tool_calls: false }, chatTool()],
    ['a chosen tool', { ...chatTool(), tool_choice: { type: 'function', function: { name: 'look' } } }, chatTool()],
    ['no tool', { ...chatTool(), tool_choice: 'none' }, chatTool()],
    ['a strict tool', chatTool({ strict: true }), chatTool()],
    ['a cached tool', chatTool({}, { cache_control: { type: 'ephemeral' } }), chatTool()],
    [
      'a developer',
      {
        messages: [
          { role: 'developer', content: 'be nice' },
          { role: 'user', content: 'hi' },
        ],
      },
    ],
    ['a name', { messages: [{ role: 'user', content: 'hi', name: 'ada' }] }],
    [
      'detail',
      chat({ type: 'image_url', image_url: { url: PICTURE, detail: 'low' } }),
      chat({ type: 'image_url', image_url: { url: PICTURE } }),
    ],
    [
      'detail original',
      chat({ type: 'image_url', image_url: { url: PICTURE, detail: 'original' } }),
      chat({ type: 'image_url', image_url: { url: PICTURE } }),
    ],
    [
      'cache_control',
      chat({ type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }),
      chat({ type: 'text', text: 'hi' }),
    ],
    [
      'a sound of an earlier answer',
      {
        messages: [
          { role: 'user', content: 'hi' },
          { role: 'assistant', content: 'ho', audio: { id: 'audio_1' } },
          { role: 'user', content: 'hi' },
        ],
      },
      {
        messages: [
          { role: 'user', content: 'hi' },
          { role: 'assistant', content: 'ho' },
          { role: 'user', content: 'hi' },
        ],
      },
    ],
    [
      'a call of the older form',
      {
        messages: [
          { role: 'user', content: 'hi' },
          { role: 'assistant', content: 'ho', function_call: { name: 'look', arguments: '{}' } },
          { role: 'user', content: 'hi' },
        ],
      },
      {
        messages: [
          { role: 'user', content: 'hi' },
          { role: 'assistant', content: 'ho' },
          { role: 'user', content: 'hi' },
        ],
      },
    ],
  ],
  'openai-responses': [
    ['top_logprobs', { top_logprobs: 3 }],
    ['include', { include: ['message.output_text.logprobs'] }],
    ['truncation', { truncation: 'auto' }],
    ['store', { store: true }],
    ['verbosity', { text: { verbosity: 'low' } }],
    ['effort', { reasoning: { effort: 'high' } }],
    ['user', { user: 'ada' }],
    ['metadata', { metadata: { run: '7' } }],
    ['service_tier', { service_tier: 'flex' }],
    ['max_tool_calls', { max_tool_calls: 3 }],
    ['instructions', { instructions: 'be nice' }],
    ['previous_response_id', { previous_response_id: 'resp_1' }],
    ['context_management', { context_management: [{ type: 'compaction', compact_threshold: 1000 }] }],
    ['web search', { tools: [{ type: 'web_search' }] }],
    ['mcp', { tools: [{ type: 'mcp', server_label: 'a', server_url: 'https://example.com' }] }],
    ['a custom tool', { tools: [{ type: 'custom', name: 'look' }] }],
    ['one tool at a time', { ...responsesTool(), parallel_tool_calls: false }, responsesTool()],
    ['a chosen tool', { ...responsesTool(), tool_choice: { type: 'function', name: 'look' } }, responsesTool()],
    ['a strict tool', responsesTool({ strict: true }), responsesTool()],
    ['a deferred tool', responsesTool({ defer_loading: true }), responsesTool()],
    [
      'detail',
      input({ type: 'input_image', image_url: PICTURE, detail: 'low' }),
      input({ type: 'input_image', image_url: PICTURE }),
    ],
    [
      'detail original',
      input({ type: 'input_image', image_url: PICTURE, detail: 'original' }),
      input({ type: 'input_image', image_url: PICTURE }),
    ],
    [
      'annotations',
      {
        input: [
          { role: 'user', content: 'hi' },
          { type: 'web_search_call', id: 'ws_1', status: 'completed' },
          { role: 'user', content: 'hi' },
        ],
      },
      {
        input: [
          { role: 'user', content: 'hi' },
          { role: 'user', content: 'hi' },
        ],
      },
    ],
  ],
  'anthropic-messages': [
    ['top_k', { top_k: 40 }],
    ['temperature', { temperature: 0.3 }],
    ['stop_sequences', { stop_sequences: ['a'] }],
    ['metadata', { metadata: { user_id: 'ada' } }],
    ['service_tier', { service_tier: 'standard_only' }],
    ['inference_geo', { inference_geo: 'us' }],
    ['speed', { speed: 'fast' }],
    ['container', { container: { id: 'c', skills: [] } }],
    ['mcp_servers', { mcp_servers: [{ type: 'url', url: 'https://example.com', name: 'a' }] }],
    ['context_management', { context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] } }],
    ['cache_control', { cache_control: { type: 'ephemeral' } }],
    ['thinking', { max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 2000 } }, { max_tokens: 4000 }],
    [
      'display',
      { max_tokens: 4000, thinking: { type: 'adaptive', display: 'omitted' } },
      { max_tokens: 4000, thinking: { type: 'adaptive' } },
    ],
    ['effort', { output_config: { effort: 'high' } }],
    ['a task budget', { output_config: { task_budget: { type: 'tokens', total: 20_000 } } }],
    ['a schema', { output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } }],
    ['web search', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
    ['bash', { tools: [{ type: 'bash_20250124', name: 'bash' }] }],
    [
      'one tool at a time',
      { ...claudeTool(), tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
      { ...claudeTool(), tool_choice: { type: 'auto' } },
    ],
    ['a chosen tool', { ...claudeTool(), tool_choice: { type: 'tool', name: 'look' } }, claudeTool()],
    ['a strict tool', claudeTool({ strict: true }), claudeTool()],
    ['a deferred tool', claudeTool({ defer_loading: true }), claudeTool()],
    ['callers of a tool', claudeTool({ allowed_callers: ['code_execution_20250825'] }), claudeTool()],
    ['examples', claudeTool({ input_examples: [{}] }), claudeTool()],
    ['a cached tool', claudeTool({ cache_control: { type: 'ephemeral' } }), claudeTool()],
    [
      'citations',
      { messages: [{ role: 'user', content: [document({ citations: { enabled: true } })] }] },
      { messages: [{ role: 'user', content: [document()] }] },
    ],
    [
      'a title',
      { messages: [{ role: 'user', content: [document({ title: 'Minutes' })] }] },
      { messages: [{ role: 'user', content: [document()] }] },
    ],
    [
      'a context',
      { messages: [{ role: 'user', content: [document({ context: 'of May' })] }] },
      { messages: [{ role: 'user', content: [document()] }] },
    ],
    [
      'a cached document',
      {
        messages: [
          {
            role: 'user',
            content: [
              document({
                cache_control: { type: 'ephemeral' },
                source: { type: 'base64', media_type: 'application/pdf', data: DOCUMENT },
              }),
            ],
          },
        ],
      },
      {
        messages: [
          {
            role: 'user',
            content: [document({ source: { type: 'base64', media_type: 'application/pdf', data: DOCUMENT } })],
          },
        ],
      },
    ],
    ['a cached call', used({ cache_control: { type: 'ephemeral' } }), used()],
    ['an error of a tool', used({}, { is_error: true }), used()],
    [
      'a source',
      {
        messages: [
          {
            role: 'user',
            content: [
              {
                type: 'search_result',
                title: 'Minutes',
                source: 'https://example.com/5',
                content: [{ type: 'text', text: 'hello' }],
              },
            ],
          },
        ],
      },
      { messages: [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }] },
    ],
  ],
  gemini: [
    ['candidateCount', config({ candidateCount: 2 })],
    ['topK', config({ topK: 40 })],
    ['stopSequences', config({ stopSequences: ['a'] })],
    ['seed', config({ seed: 7 })],
    ['logprobs', config({ responseLogprobs: true, logprobs: 2 })],
    ['responseModalities', config({ responseModalities: ['TEXT', 'IMAGE'] })],
    ['speechConfig', config({ speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: 'Kore' } } } })],
    ['mediaResolution', config({ mediaResolution: 'MEDIA_RESOLUTION_LOW' })],
    ['thinkingBudget', config({ thinkingConfig: { thinkingBudget: 2000 } })],
    ['thinkingLevel', config({ thinkingConfig: { thinkingLevel: 'HIGH' } })],
    ['a level nobody knows', config({ thinkingConfig: { thinkingLevel: 'ENORMOUS' } })],
    ['enums', config({ responseMimeType: 'text/x.enum', responseSchema: { type: 'STRING', enum: ['a'] } })],
    ['safetySettings', { safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }] }],
    ['cachedContent', { cachedContent: 'cachedContents/1' }],
    ['labels', { labels: { team: 'a' } }],
    ['search', { tools: [{ googleSearch: {} }] }],
    ['code execution', { tools: [{ codeExecution: {} }] }],
    ['addresses', { tools: [{ urlContext: {} }] }],
    ['a chosen tool', { ...geminiTool(), toolConfig: { functionCallingConfig: { mode: 'ANY' } } }, geminiTool()],
    ['a place', { ...geminiTool(), toolConfig: { retrievalConfig: { languageCode: 'de' } } }, geminiTool()],
    [
      'a shape of results',
      geminiTool({ response: { type: 'OBJECT', properties: { a: { type: 'STRING' } } } }),
      geminiTool(),
    ],
    ['behavior', geminiTool({ behavior: 'NON_BLOCKING' }), geminiTool()],
    [
      'a picture as the result of a tool',
      result({ parts: [{ inlineData: { mimeType: 'image/png', data: DOCUMENT } }] }),
      result(),
    ],
    [
      'a part of a film',
      gemini({
        fileData: { fileUri: 'https://example.com/a.mp4', mimeType: 'video/mp4' },
        videoMetadata: { startOffset: '3s' },
      }),
      gemini({ fileData: { fileUri: 'https://example.com/a.mp4', mimeType: 'video/mp4' } }),
    ],
    [
      'resolution of a part',
      gemini({
        inlineData: { mimeType: 'image/png', data: DOCUMENT },
        mediaResolution: { level: 'MEDIA_RESOLUTION_LOW' },
      }),
      gemini({ inlineData: { mimeType: 'image/png', data: DOCUMENT } }),
    ],
    [
      'code that ran',
      gemini({ text: 'hi' }, { executableCode: { language: 'PYTHON', code: 'print(1)' } }),
      gemini({ text: 'hi' }),
    ],
  ],
}

const PLAIN: Readonly<Record<CallerDialectId, JsonObject>> = {
  'openai-chat': { model: 'm', messages: [{ role: 'user', content: 'hi' }] },
  'openai-responses': { model: 'm', input: 'hi' },
  'anthropic-messages': { model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] },
  gemini: { model: 'm', contents: [{ role: 'user', parts: [{ text: 'hi' }] }] },
}

const REFUSED = 'refused '

/** All that a provider and the caller learn of a request. */
const carry = (from: CallerDialectId, to: ProviderDialectId, changes: JsonObject): string => {
  const body = { ...PLAIN[from], ...changes }
  try {
    callerDialects[from].readFacts(body)
    const request = callerDialects[from].decodeRequest(body)
    if ((request.untranslatable?.length ?? 0) > 0) return REFUSED + String(request.untranslatable)
    return JSON.stringify(providerDialects[to].encodeRequest(request, target))
  } catch (error) {
    if (error instanceof AppError && error.param !== null) return REFUSED + error.param
    throw error
  }
}

const callers = Object.keys(WISHES) as CallerDialectId[]
const providers = Object.keys(providerDialects) as ProviderDialectId[]

describe.each(callers)('what a %s request asks for is said to the provider, named as left out, or refused', (from) => {
  const wishes = WISHES[from].map(([what, asked, without = {}]) => ({ what, asked, without }))
  test.each(wishes)('$what', ({ asked, without }) => {
    const silent = providers.filter((to) => {
      const told = to === from ? null : carry(from, to, asked)
      return told !== null && !told.startsWith(REFUSED) && told === carry(from, to, without)
    })
    expect(silent).toEqual([])
  })
})
