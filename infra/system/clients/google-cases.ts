import assert from 'node:assert/strict'
import { GoogleGenAI } from '@google/genai'
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

const connect = ({ proxyUrl, key }: ClientStage): GoogleGenAI =>
  new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: proxyUrl } })

/** The `@google/genai` package. */
export const GOOGLE_CASES: readonly ClientCase[] = [
  {
    client: '@google/genai',
    what: 'generate',
    models: MODELS,
    play: async (stage, model) => {
      const answer = await connect(stage).models.generateContent({ model, contents: PROMPT })
      assert.ok((answer.text ?? '').length > 10)
      assert.equal(answer.usageMetadata?.candidatesTokenCount, TOKENS)
    },
  },
  {
    client: '@google/genai',
    what: 'stream',
    models: MODELS,
    play: async (stage, model) => {
      let text = ''
      let tokens: number | undefined
      for await (const chunk of await connect(stage).models.generateContentStream({ model, contents: PROMPT })) {
        text += chunk.text ?? ''
        tokens = chunk.usageMetadata?.candidatesTokenCount ?? tokens
      }
      assert.ok(text.length > 10)
      assert.equal(tokens, TOKENS)
    },
  },
  {
    client: '@google/genai',
    what: 'tools in a chat',
    models: MODELS,
    play: async (stage, model) => {
      const chat = connect(stage).chats.create({
        model,
        config: {
          tools: [
            {
              functionDeclarations: [
                {
                  name: 'get_weather',
                  description: 'The weather of a city.',
                  parametersJsonSchema: WEATHER_SCHEMA,
                },
              ],
            },
          ],
        },
      })
      const called = await chat.sendMessage({ message: TOOL_PROMPT })
      const [call] = called.functionCalls ?? []
      assert.equal(call?.name, 'get_weather')
      assert.equal(typeof call.args?.['city'], 'string')
      const answered = await chat.sendMessage({
        message: [
          {
            functionResponse: {
              ...(call.id === undefined ? {} : { id: call.id }),
              name: 'get_weather',
              response: { output: WEATHER },
            },
          },
        ],
      })
      assert.ok((answered.text ?? '').length > 10)
    },
  },
]
