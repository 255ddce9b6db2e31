import assert from 'node:assert/strict'
import Anthropic from '@anthropic-ai/sdk'
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

const connect = ({ proxyUrl, key }: ClientStage): Anthropic =>
  new Anthropic({ baseURL: proxyUrl, apiKey: key, maxRetries: 0 })

const TOOLS: Anthropic.Tool[] = [
  { name: 'get_weather', description: 'The weather of a city.', input_schema: WEATHER_SCHEMA },
]

/** The `@anthropic-ai/sdk` package. */
export const ANTHROPIC_CASES: readonly ClientCase[] = [
  {
    client: '@anthropic-ai/sdk',
    what: 'messages',
    models: MODELS,
    play: async (stage, model) => {
      const answer = await connect(stage).messages.create({
        model,
        max_tokens: 200,
        messages: [{ role: 'user', content: PROMPT }],
      })
      assert.equal(answer.usage.output_tokens, TOKENS)
      assert.equal(answer.stop_reason, 'end_turn')
      assert.equal(answer.content[0]?.type, 'text')
    },
  },
  {
    client: '@anthropic-ai/sdk',
    what: 'stream helper',
    models: MODELS,
    play: async (stage, model) => {
      const stream = connect(stage).messages.stream({
        model,
        max_tokens: 200,
        messages: [{ role: 'user', content: PROMPT }],
      })
      let text = ''
      stream.on('text', (piece) => {
        text += piece
      })
      const answer = await stream.finalMessage()
      assert.equal(answer.usage.output_tokens, TOKENS)
      assert.equal(await stream.finalText(), text)
      assert.ok(text.length > 10)
    },
  },
  {
    client: '@anthropic-ai/sdk',
    what: 'tools, streamed, with thinking',
    models: MODELS,
    play: async (stage, model) => {
      const anthropic = connect(stage)
      const asked: Anthropic.MessageParam[] = [{ role: 'user', content: TOOL_PROMPT }]
      const common = {
        model,
        max_tokens: 3_000,
        tools: TOOLS,
        thinking: { type: 'enabled', budget_tokens: 1_024 },
      } as const
      const called = await anthropic.messages.stream({ ...common, messages: asked }).finalMessage()
      assert.equal(called.stop_reason, 'tool_use')
      const calls = called.content.filter((block) => block.type === 'tool_use')
      assert.equal(calls.length, 1)
      assert.match(JSON.stringify(calls[0]?.input), /^\{"city":"/)
      const answered = await anthropic.messages
        .stream({
          ...common,
          messages: [
            ...asked,
            { role: 'assistant', content: called.content },
            {
              role: 'user',
              content: calls.map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: WEATHER })),
            },
          ],
        })
        .finalMessage()
      assert.equal(answered.stop_reason, 'end_turn')
    },
  },
]
