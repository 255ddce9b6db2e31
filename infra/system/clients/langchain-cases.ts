import assert from 'node:assert/strict'
import { ChatAnthropic } from '@langchain/anthropic'
import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { HumanMessage, ToolMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatGoogleGenerativeAI } from '@langchain/google-genai'
import { ChatOpenAI } from '@langchain/openai'
import { z } from 'zod'
import { MODELS, PROMPT, TOKENS, TOOL_PROMPT, WEATHER, type ClientCase, type ClientStage } from './client-case.ts'

type Connect = (stage: ClientStage, model: string) => BaseChatModel

const CONNECTIONS: Readonly<Record<string, Connect>> = {
  '@langchain/openai': ({ proxyUrl, key }, model) =>
    new ChatOpenAI({ model, apiKey: key, maxRetries: 0, configuration: { baseURL: `${proxyUrl}/v1` } }),
  '@langchain/anthropic': ({ proxyUrl, key }, model) =>
    new ChatAnthropic({ model, apiKey: key, maxRetries: 0, maxTokens: 200, anthropicApiUrl: proxyUrl }),
  '@langchain/google-genai': ({ proxyUrl, key }, model) =>
    new ChatGoogleGenerativeAI({ model, apiKey: key, maxRetries: 0, baseUrl: proxyUrl }),
}

const getWeather = tool(() => WEATHER, {
  name: 'get_weather',
  description: 'The weather of a city.',
  schema: z.object({ city: z.string() }),
})

const casesOf = (client: string, connect: Connect): readonly ClientCase[] => [
  {
    client,
    what: 'invoke',
    models: MODELS,
    play: async (stage, model) => {
      const answer = await connect(stage, model).invoke(PROMPT)
      assert.ok(answer.text.length > 10)
      assert.ok(JSON.stringify({ usage: answer.usage_metadata }).includes(`"output_tokens":${TOKENS},`))
    },
  },
  {
    client,
    what: 'stream',
    models: MODELS,
    play: async (stage, model) => {
      let text = ''
      for await (const chunk of await connect(stage, model).stream(PROMPT)) text += chunk.text
      assert.ok(text.length > 10)
    },
  },
  {
    client,
    what: 'tools',
    models: MODELS,
    play: async (stage, model) => {
      const bound = connect(stage, model).bindTools?.([getWeather])
      assert.ok(bound !== undefined)
      const question = new HumanMessage(TOOL_PROMPT)
      const called = await bound.invoke([question])
      const [call] = called.tool_calls ?? []
      assert.equal(call?.name, 'get_weather')
      const result = new ToolMessage({ content: WEATHER, tool_call_id: call.id ?? '', name: call.name })
      const answered = await bound.invoke([question, called, result])
      assert.ok(answered.text.length > 10)
    },
  },
]

/** LangChain's three chat models. */
export const LANGCHAIN_CASES: readonly ClientCase[] = Object.entries(CONNECTIONS).flatMap(([client, connect]) =>
  casesOf(client, connect),
)
