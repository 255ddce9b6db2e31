import type { JsonObject } from '@atpar/core/json'
import { describe, expect, test } from 'vitest'
import { decodeStream } from '../testing.ts'
import { openaiCompletionsCaller as caller, openaiCompletionsProvider as provider } from './dialect.ts'

const target = { upstreamModel: 'upstream', stream: false, clampOutputTokens: null, defaultMaxOutputTokens: 4_096 }

/** https://platform.openai.com/docs/api-reference/completions/create */
const ANSWER: JsonObject = {
  id: 'cmpl-uqkvlQyYK7bGYrRHQ0eXlWi7',
  object: 'text_completion',
  created: 1589478378,
  model: 'gpt-3.5-turbo-instruct:20230824-v2',
  choices: [{ text: '\n\nThis is indeed a test', index: 0, logprobs: null, finish_reason: 'length' }],
  usage: { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 },
}

test('an answer is billed as its documentation counts it, under the name that was asked for', () => {
  expect(provider.readOutcome(ANSWER)).toMatchObject({
    usage: { units: { input_uncached: 5, output_text: 7 } },
    servedModel: 'gpt-3.5-turbo-instruct',
    hasContent: true,
  })
})

test('an answer goes both ways unchanged but for what we add', () => {
  const facts = { generationId: 'g', model: 'm', createdAtMs: 1_000, costUsd: '0.5' }
  expect(JSON.parse(JSON.stringify(caller.encodeResponse(provider.decodeResponse(ANSWER), facts)))).toEqual({
    ...ANSWER,
    id: 'g',
    created: 1,
    model: 'm',
    usage: { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12, cost: 0.5 },
  })
})

describe('facts', () => {
  test('bound the answer by sixteen tokens where nothing is said, as the format does', () => {
    expect(caller.readFacts({ model: 'm', prompt: 'x' })).toMatchObject({ maxOutputTokens: 16, choices: 1, inputs: 1 })
  })

  test('count each answer that is written for each prompt, also those of which only the best is shown', () => {
    const body = { model: 'm', prompt: ['one', [1, 2, 3]], n: 2, best_of: 5, max_tokens: 10 }
    expect(caller.readFacts(body)).toMatchObject({ maxOutputTokens: 10, choices: 10, textBytes: 16 + 3 + 3, inputs: 2 })
  })

  test.each<readonly [JsonObject, string]>([
    [{ model: 'm' }, 'prompt'],
    [{ model: 'm', prompt: [] }, 'prompt'],
    [{ model: 'm', prompt: ['a', { b: 1 }] }, 'prompt[1]'],
    [{ prompt: 'a' }, 'model'],
    [{ model: 'm', prompt: 'a', max_tokens: -1 }, 'max_tokens'],
  ])('refuse %j by the name of the field', (body, param) => {
    expect(() => caller.readFacts(body)).toThrow(expect.objectContaining({ code: 'invalid_request', param }))
  })
})

describe('as a conversation', () => {
  test('one prompt is what the user says', () => {
    expect(caller.decodeRequest({ model: 'm', prompt: ['hello'], stop: 'x', mystery: 1 })).toMatchObject({
      messages: [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }],
      maxOutputTokens: 16,
      stop: ['x'],
      unmapped: ['mystery'],
    })
  })

  test.each<readonly [JsonObject, string]>([
    [{ prompt: ['a', 'b'] }, 'prompt'],
    [{ prompt: [1, 2] }, 'prompt'],
    [{ prompt: 'a', suffix: 'z' }, 'suffix'],
    [{ prompt: 'a', echo: true }, 'echo'],
    [{ prompt: 'a', logprobs: 3 }, 'logprobs'],
  ])('%j has no words there', (body, param) => {
    expect(() => caller.decodeRequest({ model: 'm', ...body })).toThrow(
      expect.objectContaining({ code: 'unsupported_parameter', param }),
    )
  })
})

describe('passing through', () => {
  test('edits the model, our own vocabulary, the wish for usage and a limit that is short', () => {
    const body = { model: 'm', prompt: 'x', stream: true, session_id: 's', suffix: 'y', max_tokens: 9 }
    expect(provider.passThroughEdits(body, { ...target, stream: true, clampOutputTokens: 5 })).toEqual([
      { path: ['model'], value: '"upstream"' },
      { path: ['session_id'], remove: true },
      { path: ['stream_options', 'include_usage'], value: 'true' },
      { path: ['max_tokens'], value: '5' },
    ])
  })
})

const head = '{"id":"cmpl-1","object":"text_completion","created":1,"model":"gpt-3.5-turbo-instruct"'
const STREAM = [
  `data: ${head},"choices":[{"text":"Häl","index":0,"logprobs":null,"finish_reason":null}],"usage":null}\n\n`,
  `data: ${head},"choices":[{"text":"lo","index":0,"logprobs":null,"finish_reason":null}],"usage":null}\n\n`,
  `data: ${head},"choices":[{"text":"","index":0,"logprobs":null,"finish_reason":"stop"}],"usage":null}\n\n`,
  `data: ${head},"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}\n\n`,
  'data: [DONE]\n\n',
].join('')

describe('a stream', () => {
  test('gives the same chunks cut at every byte', () => {
    const whole = decodeStream(provider.openStream(), STREAM)
    expect(whole.finished).toBe(true)
    expect(whole.chunks.map(({ type }) => type)).toEqual(['start', 'text-delta', 'text-delta', 'finish', 'usage'])
    for (let at = 1; at < new TextEncoder().encode(STREAM).length; at += 1)
      expect(decodeStream(provider.openStream(), STREAM, { cuts: [at] })).toEqual(whole)
  })

  test('is unfinished when it breaks off before its reason', () => {
    expect(decodeStream(provider.openStream(), STREAM.slice(0, 200)).finished).toBe(false)
  })

  test('written for a caller is read again as what it was', () => {
    const encoder = caller.openStream({
      generationId: 'g',
      model: 'm',
      createdAtMs: 0,
      costUsd: null,
      wantsUsage: true,
    })
    const { chunks } = decodeStream(provider.openStream(), STREAM)
    const text = chunks.map((chunk) => encoder.push(chunk)).join('') + encoder.end({ costUsd: '0.000001' })
    const again = decodeStream(provider.openStream(), text)
    expect(again.finished).toBe(true)
    expect(again.chunks.filter(({ type }) => type === 'text-delta' || type === 'finish')).toEqual(
      chunks.filter(({ type }) => type === 'text-delta' || type === 'finish'),
    )
    expect(text).toContain('"cost":0.000001')
  })

  test('ends with an error in its own words when it is cut', async () => {
    const { AppError } = await import('@atpar/core/errors')
    const encoder = caller.openStream({
      generationId: 'g',
      model: 'm',
      createdAtMs: 0,
      costUsd: null,
      wantsUsage: false,
    })
    const { chunks, finished } = decodeStream(provider.openStream(), encoder.fail(new AppError('stream_interrupted')))
    expect([chunks.at(-1)?.type, finished]).toEqual(['error', false])
  })
})
