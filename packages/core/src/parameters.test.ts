import { describe, expect, test } from 'vitest'
import type { JsonObject } from './json.ts'
import { spliceJson } from './json-splice.ts'
import {
  editsWithout,
  listAskedInVain,
  listAskedParameters,
  listMissingParameters,
  omitParameters,
  PARAMETERS,
  type Parameter,
} from './parameters.ts'

const splice = (body: JsonObject, parameters: readonly Parameter[]): JsonObject =>
  JSON.parse(
    new TextDecoder().decode(
      spliceJson(new TextEncoder().encode(JSON.stringify(body)), editsWithout(body, parameters)),
    ),
  ) as JsonObject

describe('what a request asks for', () => {
  test.each([
    [
      'OpenAI',
      { n: 2, logprobs: true, top_logprobs: 3, seed: 1, stop: 'x', reasoning_effort: 'low' },
      'seed stop n logprobs top_logprobs reasoning',
    ],
    [
      'OpenAI’s schema',
      { response_format: { type: 'json_schema', json_schema: {} } },
      'response_format structured_outputs',
    ],
    ['OpenAI’s plain JSON', { response_format: { type: 'json_object' } }, 'response_format'],
    [
      'Responses',
      {
        max_output_tokens: 5,
        text: { format: { type: 'json_schema' }, verbosity: 'low' },
        reasoning: { effort: 'high' },
      },
      'max_tokens response_format structured_outputs reasoning verbosity',
    ],
    [
      'Anthropic',
      { max_tokens: 5, top_k: 3, stop_sequences: ['x'], thinking: { type: 'enabled', budget_tokens: 1024 } },
      'max_tokens top_k stop reasoning',
    ],
    [
      'Gemini',
      {
        generationConfig: {
          topK: 1,
          candidateCount: 2,
          responseMimeType: 'application/json',
          responseSchema: {},
          thinkingConfig: {},
        },
      },
      'top_k n response_format structured_outputs reasoning',
    ],
  ] as const)('%s', (_format, body, expected) => {
    expect(listAskedParameters(body as unknown as JsonObject).join(' ')).toBe(expected)
  })

  test.each([
    { n: 1 },
    { tools: [] },
    { stop: [] },
    { logprobs: false },
    { reasoning_effort: 'none' },
    { thinking: { type: 'disabled' } },
    { reasoning: { effort: 'none' } },
    { service_tier: 'auto' },
    { response_format: { type: 'text' } },
    { temperature: null },
    { generationConfig: 'not an object' },
    { model: 'm', messages: [], unknown: 1 },
  ])('%j asks for nothing', (body) => {
    expect(listAskedParameters(body as unknown as JsonObject)).toEqual([])
  })
})

describe('leaving parameters out', () => {
  const body: JsonObject = {
    top_k: 4,
    temperature: 0.5,
    response_format: { type: 'json_schema', json_schema: { name: 'a', schema: {} } },
    generationConfig: { topK: 1, temperature: 1, responseSchema: {} },
    kept: { top_k: 9 },
  }

  test.each([
    ['spliced', splice],
    ['parsed', omitParameters],
  ] as const)('%s: they are gone from where each format has them, and nothing else is', (_how, without) => {
    expect(without(body, ['top_k'])).toEqual({
      temperature: 0.5,
      response_format: body['response_format'],
      generationConfig: { temperature: 1, responseSchema: {} },
      kept: { top_k: 9 },
    })
  })

  test.each([
    ['spliced', splice],
    ['parsed', omitParameters],
  ] as const)('%s: a schema becomes plain JSON where that is taken, and goes away where it is not', (_how, without) => {
    expect(without(body, ['structured_outputs'])['response_format']).toEqual({ type: 'json_object' })
    expect(without(body, ['response_format', 'structured_outputs'])).not.toHaveProperty('response_format')
  })

  test('the body given is not changed', () => {
    const before = JSON.parse(JSON.stringify(body)) as JsonObject
    omitParameters(body, PARAMETERS)
    expect(body).toEqual(before)
  })
})

describe('what an offering does not take', () => {
  test('is everything it does not list, but for the output limit, by which money is held', () => {
    expect(listMissingParameters([])).toEqual(PARAMETERS.filter((parameter) => parameter !== 'max_tokens'))
    expect(listMissingParameters([...PARAMETERS])).toEqual([])
  })

  test('is nothing where its parameters are not on record', () => {
    expect(listMissingParameters(null)).toEqual([])
    expect(listMissingParameters(undefined)).toEqual([])
  })

  test('counts only where the request asks for it', () => {
    expect(listAskedInVain({ top_k: 1, seed: 2 }, ['seed', 'n', 'tools'])).toEqual(['seed'])
    expect(listAskedInVain({ seed: 2 }, [])).toEqual([])
  })
})
