import { AppError } from '@atpar/core/errors'
import type { JsonObject } from '@atpar/core/json'
import { describe, expect, test } from 'vitest'

import type { MediaFile, MediaProviderId } from './media-contract.ts'
import { mediaCallers, mediaProviders } from './media-registry.ts'
import type { TaskCallerId } from './task-contract.ts'
import { taskCallers, taskProviders } from './task-registry.ts'

type Wish = readonly [what: string, body: JsonObject, without?: JsonObject]

const REFUSED = 'refused '

/** All that a provider and the caller learn of a request. */
const told = (say: () => object): string => {
  try {
    return JSON.stringify(say())
  } catch (error) {
    if (error instanceof AppError && error.param !== null) return REFUSED + error.param
    throw error
  }
}

const isSilent = (say: (body: JsonObject) => object, [, asked, without = {}]: Wish): boolean => {
  const answer = told(() => say(asked))
  return !answer.startsWith(REFUSED) && answer === told(() => say(without))
}

/** Moderations have one format, whose bytes pass. */
type Converting = Exclude<TaskCallerId, 'openai-moderations'>

const PLAIN_TASKS: Readonly<Record<Converting, JsonObject>> = {
  'openai-embeddings': { model: 'm', input: 'hi' },
  'gemini-embeddings': { model: 'm', content: { parts: [{ text: 'hi' }] } },
  rerank: { model: 'm', query: 'q', documents: ['a', 'b'] },
}

const item = (more: JsonObject = {}): JsonObject => ({ content: { parts: [{ text: 'hi' }] }, ...more })

const TASK_WISHES: Readonly<Record<Converting, readonly Wish[]>> = {
  'openai-embeddings': [
    ['dimensions', { dimensions: 256 }],
    ['user', { user: 'ada' }],
    ['input_type', { input_type: 'query' }],
    ['an input_type nobody knows', { input_type: 'poem' }],
    ['a field nobody knows', { pooling: 'mean' }],
  ],
  'gemini-embeddings': [
    ['taskType', { taskType: 'RETRIEVAL_QUERY' }],
    ['a taskType nobody knows', { taskType: 'POETRY' }],
    ['title', { title: 'Minutes' }],
    ['outputDimensionality', { output_dimensionality: 256 }],
    ['a field nobody knows', { pooling: 'mean' }],
    [
      'another taskType for each text',
      { requests: [item({ taskType: 'RETRIEVAL_QUERY' }), item({ taskType: 'RETRIEVAL_DOCUMENT' })] },
      { requests: [item({ taskType: 'RETRIEVAL_QUERY' }), item({ taskType: 'RETRIEVAL_QUERY' })] },
    ],
    ['a title of the second text', { requests: [item(), item({ title: 'Minutes' })] }, { requests: [item(), item()] }],
  ],
  rerank: [
    ['top_n', { top_n: 1 }],
    ['max_tokens_per_doc', { max_tokens_per_doc: 100 }],
    ['truncation', { truncation: false }],
    ['a field nobody knows', { rank_fields: ['a'] }],
  ],
}

describe.each(Object.keys(TASK_WISHES) as Converting[])('what a request in %s asks for never vanishes', (from) => {
  test.each(TASK_WISHES[from].map((wish) => ({ what: wish[0], wish })))('$what', ({ wish }) => {
    const caller = taskCallers[from]
    const silent = Object.values(taskProviders).filter(
      (provider) =>
        provider.task === caller.task &&
        provider.id !== from &&
        isSilent((changes) => {
          const request = caller.decodeRequest({ ...PLAIN_TASKS[from], ...changes })
          return provider.encodeRequest(request, { upstreamModel: 'some-model' })
        }, wish),
    )
    expect(silent.map(({ id }) => id)).toEqual([])
  })
})

const SOUND: MediaFile = { name: 'file', contentType: 'audio/wav', fileName: 'a.wav', bytes: 5_000, seconds: 3 }

interface MediaCase {
  readonly caller: keyof typeof mediaCallers
  readonly to: MediaProviderId
  readonly plain: JsonObject
  readonly files: readonly MediaFile[]
  readonly wishes: readonly Wish[]
}

const MEDIA_CASES: readonly MediaCase[] = [
  {
    caller: 'images',
    to: 'gemini-images',
    plain: { model: 'm', prompt: 'A hill.' },
    files: [],
    wishes: [
      ['size', { size: '1024x1536' }],
      ['quality', { quality: 'high' }],
      ['background', { background: 'transparent' }],
      ['output_format', { output_format: 'webp' }],
      ['output_compression', { output_compression: 50 }],
      ['response_format', { response_format: 'url' }],
      ['style', { style: 'vivid' }],
      ['moderation', { moderation: 'low' }],
      ['partial_images', { partial_images: 2 }],
      ['user', { user: 'ada' }],
      ['n', { n: 2 }],
    ],
  },
  {
    caller: 'speech',
    to: 'elevenlabs-speech',
    plain: { model: 'm', input: 'Hi.', voice: 'alloy' },
    files: [],
    wishes: [
      ['instructions', { instructions: 'gently' }],
      ['speed', { speed: 1.1 }],
      ['response_format', { response_format: 'wav' }],
      ['stream_format', { stream_format: 'sse' }],
      ['a field nobody knows', { emotion: 'joy' }],
    ],
  },
  {
    caller: 'transcriptions',
    to: 'deepgram-listen',
    plain: { model: 'm' },
    files: [SOUND],
    wishes: [
      ['language', { language: 'de' }],
      ['prompt', { prompt: 'Names: Ada.' }],
      ['temperature', { temperature: '0.2' }],
      ['include', { 'include[]': 'logprobs' }],
      ['chunking_strategy', { chunking_strategy: 'auto' }],
    ],
  },
]

describe.each(MEDIA_CASES)('what a request of $caller asks of $to never vanishes', (media) => {
  test.each(media.wishes.map((wish) => ({ what: wish[0], wish })))('$what', ({ wish }) => {
    const say = (changes: JsonObject): object => {
      const input = { json: { ...media.plain, ...changes }, files: media.files }
      const request = mediaCallers[media.caller].decodeRequest(input)
      return mediaProviders[media.to].encodeRequest(request, { upstreamModel: 'some-model', sold: new Set() }, null)
    }
    expect(isSilent(say, wish)).toBe(false)
  })
})
