import assert from 'node:assert/strict'
import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import { generateObject, generateText, isStepCount, streamText, tool, type LanguageModel } from 'ai'
import { z } from 'zod'
import { MODELS, PROMPT, TOKENS, TOOL_PROMPT, WEATHER, type ClientCase, type ClientStage } from './client-case.ts'

type Connect = (stage: ClientStage, model: string) => LanguageModel

const CONNECTIONS: Readonly<Record<string, Connect>> = {
  '@ai-sdk/openai': ({ proxyUrl, key }, model) => createOpenAI({ baseURL: `${proxyUrl}/v1`, apiKey: key }).chat(model),
  '@ai-sdk/anthropic': ({ proxyUrl, key }, model) => createAnthropic({ baseURL: `${proxyUrl}/v1`, apiKey: key })(model),
  '@ai-sdk/google': ({ proxyUrl, key }, model) =>
    createGoogleGenerativeAI({ baseURL: `${proxyUrl}/v1beta`, apiKey: key })(model),
}

const casesOf = (provider: string, connect: Connect): readonly ClientCase[] => {
  const client = `ai with ${provider}`
  return [
    {
      client,
      what: 'streamText',
      models: MODELS,
      play: async (stage, model) => {
        const stream = streamText({ model: connect(stage, model), prompt: PROMPT, maxRetries: 0, maxOutputTokens: 200 })
        assert.ok((await stream.text).length > 10)
        assert.equal((await stream.usage).outputTokens, TOKENS)
        assert.equal(await stream.finishReason, 'stop')
      },
    },
    {
      client,
      what: 'tools loop',
      models: MODELS,
      play: async (stage, model) => {
        const cities: string[] = []
        const result = await generateText({
          model: connect(stage, model),
          prompt: TOOL_PROMPT,
          maxRetries: 0,
          maxOutputTokens: 200,
          stopWhen: isStepCount(4),
          tools: {
            get_weather: tool({
              description: 'The weather of a city.',
              inputSchema: z.object({ city: z.string() }),
              execute: ({ city }) => {
                cities.push(city)
                return Promise.resolve(WEATHER)
              },
            }),
          },
        })
        assert.equal(cities.length, 1)
        assert.equal(result.steps.length, 2)
        assert.ok(result.text.length > 10)
      },
    },
    {
      client,
      what: 'generateObject',
      models: MODELS,
      play: async (stage, model) => {
        const { object } = await generateObject({
          model: connect(stage, model),
          prompt: 'Name a book.',
          maxRetries: 0,
          maxOutputTokens: 200,
          schema: z.object({ title: z.string(), pages: z.number() }),
        })
        assert.equal(typeof object.title, 'string')
      },
    },
  ]
}

/** Vercel's `ai` with each of its providers. */
export const VERCEL_CASES: readonly ClientCase[] = Object.entries(CONNECTIONS).flatMap(([provider, connect]) =>
  casesOf(provider, connect),
)
