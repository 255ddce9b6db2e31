import type { ChatRequest, ContentPart } from '@atpar/core/chat'
import type { JsonObject } from '@atpar/core/json'
import { describe, expect, test } from 'vitest'

import type { UpstreamTarget } from './contract.ts'
import { providerDialects } from './registry.ts'

/** What the formats that only providers speak make of one request and of their own counts and errors. */

const request: ChatRequest = {
  model: 'm',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
  tools: [],
  toolChoice: null,
  parallelToolCalls: null,
  responseFormat: null,
  reasoning: null,
  maxOutputTokens: null,
  temperature: null,
  topP: null,
  topK: null,
  frequencyPenalty: null,
  presencePenalty: null,
  seed: null,
  stop: [],
  choices: 1,
  logprobs: null,
  stream: false,
  user: null,
  metadata: null,
  serviceTier: null,
  unmapped: [],
}
const tools = [{ name: 'get_time', description: null, parameters: {} }]
type UpstreamOnly = 'bedrock-converse' | 'cohere' | 'ollama'
const MODELS = {
  'bedrock-converse': 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  cohere: 'command-a-03-2025',
  ollama: 'qwen3:4b',
}

const encode = (id: UpstreamOnly, changes: Partial<ChatRequest>, target: Partial<UpstreamTarget> = {}) =>
  providerDialects[id].encodeRequest(
    { ...request, ...changes },
    { upstreamModel: MODELS[id], stream: false, clampOutputTokens: null, defaultMaxOutputTokens: 4096, ...target },
  )
const say = (part: ContentPart): Partial<ChatRequest> => ({ messages: [{ role: 'user', content: [part] }] })

describe('a path', () => {
  test('of Converse holds the model, encoded, and says whether it streams', () => {
    const { path } = providerDialects['bedrock-converse']
    const target = {
      upstreamModel: 'anthropic.claude-3-haiku-20240307-v1:0',
      clampOutputTokens: null,
      defaultMaxOutputTokens: 1,
    }
    expect(path({ ...target, stream: true })).toBe('/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse-stream')
    expect(
      path({ ...target, stream: false, upstreamModel: 'arn:aws:bedrock:eu-west-1:1:inference-profile/eu.x' }),
    ).toBe('/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A1%3Ainference-profile%2Feu.x/converse')
  })

  test('of Claude at Google holds the model, and the body its version', () => {
    const dialect = providerDialects['anthropic-messages']
    const target = {
      upstreamModel: 'claude-sonnet-4-5@20250929',
      stream: true,
      clampOutputTokens: null,
      defaultMaxOutputTokens: 100,
      quirks: { rawPredict: 'vertex-2023-10-16' },
    }
    expect(dialect.path(target)).toBe('/models/claude-sonnet-4-5%4020250929:streamRawPredict')
    expect(dialect.encodeRequest(request, target).body).toMatchObject({
      anthropic_version: 'vertex-2023-10-16',
      max_tokens: 100,
    })
    expect(dialect.encodeRequest(request, target).body).not.toHaveProperty('model')
    expect(dialect.passThroughEdits({ model: 'm', max_tokens: 9 }, target)).toEqual([
      { path: ['model'], remove: true },
      { path: ['anthropic_version'], value: '"vertex-2023-10-16"' },
    ])
  })
})

describe('a choice of tools', () => {
  test.each<[UpstreamOnly, NonNullable<ChatRequest['toolChoice']>, unknown, readonly string[]]>([
    ['bedrock-converse', { kind: 'auto' }, { toolConfig: { toolChoice: { auto: {} } } }, []],
    ['bedrock-converse', { kind: 'required' }, { toolConfig: { toolChoice: { any: {} } } }, []],
    [
      'bedrock-converse',
      { kind: 'tool', name: 'get_time' },
      { toolConfig: { toolChoice: { tool: { name: 'get_time' } } } },
      [],
    ],
    ['bedrock-converse', { kind: 'none' }, {}, []],
    ['cohere', { kind: 'auto' }, { tools: [{}] }, []],
    ['cohere', { kind: 'required' }, { tool_choice: 'REQUIRED' }, []],
    ['cohere', { kind: 'tool', name: 'get_time' }, { tool_choice: 'REQUIRED', tools: [{}] }, []],
    ['cohere', { kind: 'none' }, { tool_choice: 'NONE' }, []],
    ['ollama', { kind: 'auto' }, { tools: [{}] }, []],
    ['ollama', { kind: 'required' }, { tools: [{}] }, ['tool_choice']],
    ['ollama', { kind: 'none' }, {}, []],
  ])('%s %j', (id, toolChoice, expected, dropped) => {
    const encoded = encode(id, { tools, toolChoice })
    expect(encoded.body).toMatchObject(expected as JsonObject)
    expect(encoded.dropped).toEqual(dropped)
  })

  test('of none leaves no tools behind where the format cannot forbid them', () => {
    expect(encode('bedrock-converse', { tools, toolChoice: { kind: 'none' } }).body).not.toHaveProperty('toolConfig')
    expect(encode('ollama', { tools, toolChoice: { kind: 'none' } }).body).not.toHaveProperty('tools')
  })

  test('of one by name is the only tool Cohere hears of', () => {
    const body = encode('cohere', {
      tools: [...tools, { ...tools[0], name: 'other', description: null, parameters: {} }],
      toolChoice: { kind: 'tool', name: 'other' },
    }).body
    expect(body.tools).toMatchObject([{ function: { name: 'other' } }])
  })
})

describe('reasoning', () => {
  test.each<[UpstreamOnly, string, ChatRequest['reasoning'], unknown, readonly string[]]>([
    [
      'bedrock-converse',
      'anthropic.claude-opus-4-8',
      { effort: 'high' },
      { additionalModelRequestFields: { thinking: { type: 'adaptive' } }, outputConfig: { effort: 'high' } },
      [],
    ],
    [
      'bedrock-converse',
      'us.amazon.nova-2-lite-v1:0',
      { effort: 'low' },
      { additionalModelRequestFields: { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' } } },
      [],
    ],
    [
      'bedrock-converse',
      'openai.gpt-oss-120b-1:0',
      { budgetTokens: 30_000 },
      { additionalModelRequestFields: { reasoning_effort: 'high' } },
      [],
    ],
    ['bedrock-converse', 'us.meta.llama4-scout-17b-instruct-v1:0', { effort: 'low' }, {}, ['reasoning_effort']],
    [
      'cohere',
      'command-a-reasoning-08-2025',
      { budgetTokens: 500 },
      { thinking: { type: 'enabled', token_budget: 500 } },
      [],
    ],
    ['cohere', 'command-a-reasoning-08-2025', { effort: 'none' }, { thinking: { type: 'disabled' } }, []],
    ['ollama', 'gpt-oss:20b', { effort: 'xhigh' }, { think: 'high' }, []],
    ['ollama', 'qwen3:4b', { effort: 'none' }, { think: false }, []],
  ])('%s %s %j', (id, upstreamModel, reasoning, expected, dropped) => {
    const encoded = encode(id, { reasoning, maxOutputTokens: 9_000 }, { upstreamModel })
    expect(encoded.body).toMatchObject(expected as JsonObject)
    expect(encoded.dropped).toEqual(dropped)
  })

  test('is not asked of a model that has none, and that is said', () => {
    for (const id of ['bedrock-converse', 'cohere', 'ollama'] as const) {
      const { body, dropped } = encode(id, { reasoning: { effort: 'high' } }, { reasoning: false })
      expect(dropped).toEqual(['reasoning_effort'])
      expect(JSON.stringify(body)).not.toMatch(/think|reason/)
    }
  })
})

describe('content', () => {
  test.each<[UpstreamOnly, ContentPart]>([
    ['bedrock-converse', { type: 'audio', source: { kind: 'base64', mediaType: 'audio/wav', data: 'AA' } }],
    ['bedrock-converse', { type: 'image', source: { kind: 'url', url: 'https://e.com/a.png', mediaType: null } }],
    ['bedrock-converse', { type: 'image', source: { kind: 'base64', mediaType: 'image/tiff', data: 'AA' } }],
    ['bedrock-converse', { type: 'file', name: null, source: { kind: 'base64', mediaType: 'video/mp4', data: 'AA' } }],
    ['cohere', { type: 'audio', source: { kind: 'base64', mediaType: 'audio/wav', data: 'AA' } }],
    ['cohere', { type: 'file', name: null, source: { kind: 'base64', mediaType: 'application/pdf', data: 'AA' } }],
    ['ollama', { type: 'image', source: { kind: 'url', url: 'https://e.com/a.png', mediaType: null } }],
    ['ollama', { type: 'audio', source: { kind: 'base64', mediaType: 'audio/wav', data: 'AA' } }],
  ])('that %s cannot carry is refused, never left out: %j', (id, part) => {
    expect(() => encode(id, say(part))).toThrow(expect.objectContaining({ code: 'unsupported_parameter' }))
  })

  test('files of one conversation have different names, of letters Converse takes', () => {
    const file: ContentPart = {
      type: 'file',
      name: '../étude_1.pdf',
      source: { kind: 'base64', mediaType: 'application/pdf', data: 'AA' },
    }
    const { body } = encode('bedrock-converse', { messages: [{ role: 'user', content: [file, file] }] })
    expect(body.messages).toMatchObject([
      { content: [{ document: { format: 'pdf', name: 'tude 1 1' } }, { document: { name: 'tude 1 2' } }] },
    ])
  })
})

describe('usage is what the provider’s own documentation says of', () => {
  test.each<[string, UpstreamOnly, JsonObject, unknown]>([
    // https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-examples.html
    [
      'a first Converse call',
      'bedrock-converse',
      { usage: { inputTokens: 125, outputTokens: 60, totalTokens: 185 } },
      { input_uncached: 125, output_text: 60 },
    ],
    // https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CacheDetail.html
    [
      'cache writes of both lifetimes',
      'bedrock-converse',
      {
        usage: {
          inputTokens: 3,
          outputTokens: 10,
          totalTokens: 1513,
          cacheReadInputTokens: 0,
          cacheWriteInputTokens: 1500,
          cacheDetails: [
            { ttl: '1h', inputTokens: 1000 },
            { ttl: '5m', inputTokens: 500 },
          ],
        },
      },
      { input_uncached: 3, cache_read: 0, cache_write_5m: 500, cache_write_1h: 1000, output_text: 10 },
    ],
    // https://docs.cohere.com/reference/chat
    [
      'a Cohere answer: the billed, not the counted',
      'cohere',
      {
        usage: {
          billed_units: { input_tokens: 5, output_tokens: 418 },
          tokens: { input_tokens: 71, output_tokens: 418 },
        },
      },
      { input_uncached: 5, output_text: 418 },
    ],
    // https://docs.ollama.com/api/usage
    [
      'an Ollama answer',
      'ollama',
      { prompt_eval_count: 11, eval_count: 18, eval_duration: 52479709 },
      { input_uncached: 11, output_text: 18 },
    ],
    ['an Ollama answer from a prompt in memory', 'ollama', { eval_count: 18 }, { output_text: 18 }],
  ])('%s', (_name, id, body, units) => {
    expect(providerDialects[id].readOutcome(body).usage?.units).toEqual(units)
  })

  test.each<[UpstreamOnly, JsonObject]>([
    ['bedrock-converse', {}],
    ['bedrock-converse', { usage: { inputTokens: -1, outputTokens: 3 } }],
    [
      'bedrock-converse',
      {
        usage: {
          inputTokens: 1,
          outputTokens: 3,
          cacheWriteInputTokens: 5,
          cacheDetails: [{ ttl: '1h', inputTokens: 6 }],
        },
      },
    ],
    ['cohere', { usage: {} }],
    ['cohere', { usage: { billed_units: { input_tokens: 1.5, output_tokens: 1 } } }],
    ['ollama', { prompt_eval_count: 3 }],
    ['ollama', { prompt_eval_count: 'many', eval_count: 3 }],
  ])('broken counts of %s are no counts: %j', (id, body) => {
    expect(providerDialects[id].readOutcome(body).usage).toBeNull()
  })
})

describe('an error', () => {
  const bedrock = providerDialects['bedrock-converse'].decodeError

  test('of AWS keeps its name', () => {
    expect(bedrock(400, { __type: 'com.amazon.coral.validate#ValidationException', message: 'Too long.' })).toEqual({
      code: 'upstream_rejected',
      providerCode: 'ValidationException',
      message: 'The provider refused the request: Too long.',
    })
  })

  test.each([
    ['User: x is not authorized to perform: bedrock:InvokeModel', 'upstream_failed'],
    ["You don't have access to the model with the specified model ID.", 'upstream_failed'],
    ['The security token included in the request is invalid.', 'upstream_unauthorized'],
    ['The request signature we calculated does not match the signature you provided.', 'upstream_unauthorized'],
  ])('of access tells a model that was not granted from a key that is wrong: %s', (message, code) => {
    expect(bedrock(403, { message }).code).toBe(code)
  })

  test('of a model that failed at its host is no refusal', () => {
    expect(bedrock(424, { message: 'model error' }).code).toBe('upstream_failed')
  })

  test('of Cohere and Ollama repeats the one sentence there is', () => {
    expect(
      providerDialects.cohere.decodeError(400, { message: 'invalid request: messages is empty' }).message,
    ).toContain('messages is empty')
    expect(providerDialects.cohere.decodeError(498, { message: 'invalid api token' }).code).toBe(
      'upstream_unauthorized',
    )
    expect(providerDialects.ollama.decodeError(404, { error: 'model "x" not found' }).message).toContain(
      'model "x" not found',
    )
  })
})
