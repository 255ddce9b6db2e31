import type { ChatRequest, Message } from '@atpar/core/chat'
import type { JsonObject } from '@atpar/core/json'
import { spliceJson } from '@atpar/core/json-splice'
import { describe, expect, test } from 'vitest'

import type { UpstreamTarget } from '../contract.ts'
import { decodeRequest } from './request.ts'
import { limitSchema } from './schema.ts'
import { encodeRequest, passThroughEdits, path } from './upstream-request.ts'

const target: UpstreamTarget = {
  upstreamModel: 'gemini-2.5-flash',
  stream: false,
  clampOutputTokens: null,
  defaultMaxOutputTokens: 4096,
}
const hello: JsonObject = { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }
const neutral = decodeRequest({ ...hello, model: 'm', stream: false })

const edit = (body: JsonObject, clampOutputTokens: number | null): unknown => {
  const bytes = new TextEncoder().encode(JSON.stringify(body))
  return JSON.parse(
    new TextDecoder().decode(spliceJson(bytes, passThroughEdits(body, { ...target, clampOutputTokens }))),
  )
}

const encode = (
  changes: Partial<ChatRequest>,
  targetChanges: Partial<UpstreamTarget> = {},
): ReturnType<typeof encodeRequest> => encodeRequest({ ...neutral, ...changes }, { ...target, ...targetChanges })

test('the path names model and kind', () => {
  expect(path(target)).toBe('/models/gemini-2.5-flash:generateContent')
  expect(path({ ...target, stream: true })).toBe('/models/gemini-2.5-flash:streamGenerateContent?alt=sse')
  expect(path({ ...target, upstreamModel: '../x?y' })).toBe('/models/..%2Fx%3Fy:generateContent')
})

describe('a request passed through', () => {
  test('loses what belongs to the URL and to us', () => {
    expect(edit({ ...hello, model: 'm', stream: true, session_id: 's' }, null)).toEqual(hello)
  })

  test('finds the limit under either spelling', () => {
    expect(edit({ ...hello, generation_config: { max_output_tokens: 90, topK: 1 } }, 50)).toEqual({
      ...hello,
      generation_config: { max_output_tokens: 50, topK: 1 },
    })
    expect(edit({ ...hello, generationConfig: { maxOutputTokens: 9 } }, 50)).toEqual({
      ...hello,
      generationConfig: { maxOutputTokens: 9 },
    })
    expect(edit(hello, 50)).toEqual({ ...hello, generationConfig: { maxOutputTokens: 50 } })
  })
})

describe('a request written for Gemini', () => {
  const tools = [
    { name: 'f', description: null, parameters: { type: 'object', properties: { a: { type: 'string' } } } },
  ]
  const call: Message = {
    role: 'assistant',
    content: [{ type: 'tool-call', id: 'call_abc', name: 'f', argumentsJson: '{"a":"x"}' }],
  }
  const resultOf = (text: string, isError = false): Message => ({
    role: 'tool',
    content: [
      { type: 'tool-result', toolCallId: 'call_abc', toolName: null, content: [{ type: 'text', text }], isError },
    ],
  })

  test.each([
    ['{"c":21}', false, { c: 21 }],
    ['noon', false, { output: 'noon' }],
    ['[1]', false, { output: '[1]' }],
    ['broken', true, { error: 'broken' }],
  ])('answers a call by its name with %s', (text, isError, response) => {
    expect(encode({ messages: [call, resultOf(text, isError)] }).body.contents).toMatchObject([
      { role: 'model' },
      { role: 'user', parts: [{ functionResponse: { name: 'f', response } }] },
    ])
  })

  test('keeps ids that were given and hides those that were made up', () => {
    const idOf = (id: string): unknown => {
      const { body } = encode({
        messages: [{ role: 'assistant', content: [{ type: 'tool-call', id, name: 'f', argumentsJson: '' }] }],
      })
      return (body.contents as { parts: { functionCall: object }[] }[])[0]?.parts[0]?.functionCall
    }
    expect(idOf('call_abc')).toEqual({ id: 'call_abc', name: 'f', args: {} })
    expect(idOf('call_0_abc1')).toEqual({ name: 'f', args: {} })
  })

  test('signs foreign calls for generation 3 only, and never over a signature', () => {
    const signatureFor = (upstreamModel: string, message: Message): unknown => {
      const { body } = encode({ messages: [message] }, { upstreamModel })
      return (body.contents as { parts: JsonObject[] }[])[0]?.parts[0]?.thoughtSignature
    }
    const own: Message = {
      role: 'assistant',
      content: [
        { type: 'tool-call', id: 'a', name: 'f', argumentsJson: '', signature: { dialect: 'gemini', value: 'sig' } },
      ],
    }
    expect(signatureFor('gemini-2.5-pro', call)).toBeUndefined()
    expect(signatureFor('gemini-3-pro-preview', call)).toBe('skip_thought_signature_validator')
    expect(signatureFor('gemini-3-pro-preview', own)).toBe('sig')
  })

  test.each([
    [{ kind: 'auto' }, { mode: 'AUTO' }],
    [{ kind: 'none' }, { mode: 'NONE' }],
    [{ kind: 'required' }, { mode: 'ANY' }],
    [
      { kind: 'tool', name: 'f' },
      { mode: 'ANY', allowedFunctionNames: ['f'] },
    ],
  ] as const)('choice %j is %j', (toolChoice, expected) => {
    expect(encode({ tools, toolChoice }).body.toolConfig).toEqual({ functionCallingConfig: expected })
  })

  test.each([
    ['gemini-2.0-flash', { effort: 'high' as const }, undefined],
    ['gemini-2.5-flash', { effort: 'low' as const }, { thinkingBudget: 1024, includeThoughts: true }],
    ['gemini-2.5-flash', { effort: 'none' as const }, { thinkingBudget: 0 }],
    ['gemini-2.5-pro', { effort: 'none' as const }, { thinkingBudget: 128 }],
    ['gemini-2.5-pro', { budgetTokens: 5000 }, { thinkingBudget: 5000, includeThoughts: true }],
    ['gemini-3-pro-preview', { effort: 'medium' as const }, { thinkingLevel: 'high', includeThoughts: true }],
    ['gemini-3-flash-preview', { effort: 'minimal' as const }, { thinkingLevel: 'minimal', includeThoughts: true }],
  ])('asks %s to think %j as %j', (upstreamModel, reasoning, expected) => {
    const { body } = encode({ reasoning }, { upstreamModel })
    expect((body.generationConfig as JsonObject | undefined)?.thinkingConfig).toEqual(expected)
  })

  test('leaves JSON output to generation 3 when there are tools', () => {
    const responseFormat = { kind: 'json' as const }
    expect(encode({ tools, responseFormat })).toMatchObject({ dropped: ['response_format'] })
    expect(encode({ tools, responseFormat }, { upstreamModel: 'gemini-3-pro-preview' }).body.generationConfig).toEqual({
      responseMimeType: 'application/json',
    })
  })
})

describe('a schema for Gemini', () => {
  const limit = (schema: JsonObject): { schema: JsonObject; dropped: string[] } => {
    const dropped = new Set<string>()
    return { schema: limitSchema(schema, { at: 's', dropped }), dropped: [...dropped] }
  }

  test('says "or null" its own way', () => {
    expect(limit({ type: ['string', 'null'] }).schema).toEqual({ type: 'STRING', nullable: true })
    expect(limit({ anyOf: [{ type: 'integer' }, { type: 'null' }] }).schema).toEqual({
      type: 'INTEGER',
      nullable: true,
    })
  })

  test('unfolds references, and cuts those that never end', () => {
    expect(limit({ $ref: '#/$defs/a', $defs: { a: { type: 'string' } } })).toEqual({
      schema: { type: 'STRING' },
      dropped: [],
    })
    const endless = limit({
      type: 'object',
      properties: { next: { $ref: '#/$defs/a' } },
      $defs: { a: { type: 'object', properties: { next: { $ref: '#/$defs/a' } } } },
    })
    expect(endless.dropped).toEqual(['s.$ref'])
    expect(limit({ $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/a' } } }).dropped).toEqual(['s.$ref'])
  })

  test('names constraints it cannot state, not annotations', () => {
    const { schema, dropped } = limit({
      $schema: 'x',
      type: 'object',
      additionalProperties: false,
      properties: {
        a: { type: 'number', exclusiveMinimum: 0, enum: [1, 2] },
        b: { type: 'string', format: 'uuid' },
        c: { const: 'x' },
        format: { type: 'string', format: 'date-time' },
      },
    })
    expect(dropped.toSorted()).toEqual(['s.additionalProperties', 's.enum', 's.exclusiveMinimum', 's.format'])
    expect(schema).toEqual({
      type: 'OBJECT',
      properties: {
        a: { type: 'NUMBER' },
        b: { type: 'STRING' },
        c: { type: 'STRING', enum: ['x'] },
        format: { type: 'STRING', format: 'date-time' },
      },
    })
  })
})
