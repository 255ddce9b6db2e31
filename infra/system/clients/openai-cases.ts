import assert from 'node:assert/strict'
import OpenAI from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import { z } from 'zod'
import {
  MODELS,
  PROMPT,
  TOKENS,
  TOOL_PROMPT,
  WEATHER,
  WEATHER_SCHEMA,
  type ClientCase,
  type ClientStage,
} from './client-case.ts'

const connect = ({ proxyUrl, key }: ClientStage): OpenAI =>
  new OpenAI({ baseURL: `${proxyUrl}/v1`, apiKey: key, maxRetries: 0 })

const book = z.object({ title: z.string(), pages: z.number() })

/** The `openai` package. */
export const OPENAI_CASES: readonly ClientCase[] = [
  {
    client: 'openai',
    what: 'chat',
    models: MODELS,
    play: async (stage, model) => {
      const answer = await connect(stage).chat.completions.create({
        model,
        messages: [{ role: 'user', content: PROMPT }],
      })
      assert.equal(answer.usage?.completion_tokens, TOKENS)
      assert.equal(answer.choices[0]?.finish_reason, 'stop')
      assert.ok((answer.choices[0].message.content ?? '').length > 10)
    },
  },
  {
    client: 'openai',
    what: 'chat stream helper',
    models: MODELS,
    play: async (stage, model) => {
      const stream = connect(stage).chat.completions.stream({
        model,
        stream_options: { include_usage: true },
        messages: [{ role: 'user', content: PROMPT }],
      })
      const answer = await stream.finalChatCompletion()
      assert.equal(answer.usage?.completion_tokens, TOKENS)
      assert.equal(answer.choices[0]?.finish_reason, 'stop')
    },
  },
  {
    client: 'openai',
    what: 'tools runner',
    models: MODELS,
    play: async (stage, model) => {
      const asked: string[] = []
      const runner = connect(stage).chat.completions.runTools({
        model,
        messages: [{ role: 'user', content: TOOL_PROMPT }],
        tools: [
          {
            type: 'function',
            function: {
              name: 'get_weather',
              description: 'The weather of a city.',
              parameters: WEATHER_SCHEMA,
              parse: (text: string): unknown => JSON.parse(text),
              function: (input: unknown) => {
                asked.push(JSON.stringify(input))
                return WEATHER
              },
            },
          },
        ],
      })
      const last = await runner.finalContent()
      assert.equal(asked.length, 1)
      assert.match(asked[0] ?? '', /"city"/)
      assert.ok((last ?? '').length > 10)
    },
  },
  {
    client: 'openai',
    what: 'parsed structured output',
    models: MODELS,
    play: async (stage, model) => {
      const answer = await connect(stage).chat.completions.parse({
        model,
        messages: [{ role: 'user', content: 'Name a book.' }],
        response_format: zodResponseFormat(book, 'book'),
      })
      assert.equal(typeof answer.choices[0]?.message.parsed?.title, 'string')
    },
  },
  {
    client: 'openai',
    what: 'models',
    models: ['gpt-4o-mini'],
    play: async (stage, model) => {
      const openai = connect(stage)
      const ids: string[] = []
      for await (const { id } of openai.models.list()) ids.push(id)
      assert.ok(ids.includes(model))
      assert.equal((await openai.models.retrieve(model)).id, model)
    },
  },
]
