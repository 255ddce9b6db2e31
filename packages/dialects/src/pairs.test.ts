import type { ChatRequest } from '@atpar/core/chat'
import { AppError } from '@atpar/core/errors'
import { describe, expect, test } from 'vitest'

import { answers as anthropicAnswers } from './anthropic-messages/fixtures/answers.ts'
import { requests as anthropicRequests } from './anthropic-messages/fixtures/requests.ts'
import * as anthropicStreams from './anthropic-messages/fixtures/streams.ts'
import { answers as bedrockAnswers } from './bedrock-converse/fixtures/answers.ts'
import * as bedrockStreams from './bedrock-converse/fixtures/streams.ts'
import { answers as cohereAnswers } from './cohere/fixtures/answers.ts'
import * as cohereStreams from './cohere/fixtures/streams.ts'
import type { CallerDialectId, ProviderDialectId, ReplyFacts, UpstreamTarget } from './contract.ts'
import { answers as geminiAnswers } from './gemini/fixtures/answers.ts'
import { requests as geminiRequests } from './gemini/fixtures/requests.ts'
import * as geminiStreams from './gemini/fixtures/streams.ts'
import { answers as ollamaAnswers } from './ollama/fixtures/answers.ts'
import * as ollamaStreams from './ollama/fixtures/streams.ts'
import { answers as openaiAnswers } from './openai-chat/fixtures/answers.ts'
import { requests as openaiRequests } from './openai-chat/fixtures/requests.ts'
import * as openaiStreams from './openai-chat/fixtures/streams.ts'
import { answers as responsesAnswers } from './openai-responses/fixtures/answers.ts'
import { requests as responsesRequests } from './openai-responses/fixtures/requests.ts'
import * as responsesStreams from './openai-responses/fixtures/streams.ts'
import { callerDialects, providerDialects } from './registry.ts'
import { decodeStream } from './testing.ts'

/**
 * Every caller's format against every provider's, on the same questions. The bodies under `fixtures/pairs/` were read against the official SDKs' types
 * when they were recorded; a change in one is a change of what callers or providers see.
 */
const requests = {
  'openai-chat': openaiRequests,
  'openai-responses': responsesRequests,
  'anthropic-messages': anthropicRequests,
  gemini: geminiRequests,
}
const streams = {
  'openai-chat': openaiStreams,
  'openai-responses': responsesStreams,
  'anthropic-messages': anthropicStreams,
  gemini: geminiStreams,
  'bedrock-converse': bedrockStreams,
  cohere: cohereStreams,
  ollama: ollamaStreams,
}
const answers = {
  'openai-chat': openaiAnswers,
  'openai-responses': responsesAnswers,
  'anthropic-messages': anthropicAnswers,
  gemini: geminiAnswers,
  'bedrock-converse': bedrockAnswers,
  cohere: cohereAnswers,
  ollama: ollamaAnswers,
}

const MODELS: Readonly<Record<ProviderDialectId, string>> = {
  'openai-chat': 'gpt-5.1',
  'openai-responses': 'gpt-5.1',
  'anthropic-messages': 'claude-sonnet-4-5',
  gemini: 'gemini-2.5-flash',
  'bedrock-converse': 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  cohere: 'command-a-03-2025',
  ollama: 'qwen3:4b',
}
const CALLERS = Object.keys(requests) as CallerDialectId[]
const PROVIDERS = Object.keys(answers) as ProviderDialectId[]
const PAIRS = CALLERS.flatMap((caller) => PROVIDERS.map((provider) => [caller, provider] as const))

const targetOf = (provider: ProviderDialectId): UpstreamTarget => ({
  upstreamModel: MODELS[provider],
  stream: false,
  clampOutputTokens: null,
  defaultMaxOutputTokens: 4096,
})
const facts: ReplyFacts = {
  generationId: 'gen-01',
  model: 'the-model',
  createdAtMs: 1_741_570_283_000,
  costUsd: '0.000123',
}
const pretty = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** A format that cannot carry what was said refuses it, in words. */
const encode = (provider: ProviderDialectId, request: ChatRequest): unknown => {
  try {
    return providerDialects[provider].encodeRequest(request, targetOf(provider))
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { refused: error.code, message: error.message }
  }
}

const decode = (provider: ProviderDialectId, name: 'textStream' | 'toolStream' | 'reasoningStream' | 'errorStream') => {
  const dialect = providerDialects[provider]
  return decodeStream(dialect.openStream(), streams[provider][name], { framing: dialect.framing })
}

describe.each(PAIRS)('%s to %s', (caller, provider) => {
  const file = (name: string): string => `./fixtures/pairs/${caller}.to.${provider}.${name}`

  test.each(['text', 'tools', 'toolResult', 'reasoning', 'structured'] as const)('asks %s', async (question) => {
    const request = callerDialects[caller].decodeRequest(requests[caller][question])
    await expect(pretty(encode(provider, request))).toMatchFileSnapshot(file(`ask-${question}.json`))
  })

  test.each(['textAnswer', 'toolAnswer', 'reasoningAnswer'] as const)('answers %s', async (name) => {
    const response = providerDialects[provider].decodeResponse(answers[provider][name])
    await expect(pretty(callerDialects[caller].encodeResponse(response, facts))).toMatchFileSnapshot(
      file(`${name}.json`),
    )
  })

  test.each(['textStream', 'toolStream', 'reasoningStream'] as const)('streams %s', async (name) => {
    const encoder = callerDialects[caller].openStream({ ...facts, wantsUsage: true })
    const { chunks } = decode(provider, name)
    const text = chunks.map((chunk) => encoder.push(chunk)).join('') + encoder.end({ costUsd: '0.000123' })
    await expect(text).toMatchFileSnapshot(file(`${name}.sse`))
  })

  test('passes on what came before a break, then the error in the caller’s own format', async () => {
    const encoder = callerDialects[caller].openStream({ ...facts, wantsUsage: true })
    const { chunks, finished } = decode(provider, 'errorStream')
    expect(finished).toBe(false)
    const text = chunks.map((chunk) => encoder.push(chunk)).join('') + encoder.fail(new AppError('stream_interrupted'))
    expect(text).toContain('Hal')
    await expect(text).toMatchFileSnapshot(file('errorStream.sse'))
  })
})
