import { z } from 'zod'

import type { AnswerChoice } from '../generate/answer.ts'
import { firstIssue } from '../generate/read-body.ts'
import { listSteps, tokensOfStep } from '../generate/steps.ts'
import { frame, type Frame, type WireFormat } from '../generate/wire-format.ts'
import { refuseStrangers } from '../media/read-form.ts'
import { Refusal } from '../refusal.ts'
import { finishReason, writeHead } from './answer.ts'
import { openaiChat } from './format.ts'
import { writeUsage } from './usage.ts'

const FIELDS = new Set(
  'model prompt best_of echo frequency_penalty logit_bias logprobs max_tokens n presence_penalty seed stop stream stream_options suffix temperature top_p user'.split(
    ' ',
  ),
)

const tokens = z.array(z.int()).min(1)
const schema = z.looseObject({
  model: z.string(),
  prompt: z.union([z.string(), z.array(z.string()).min(1), tokens, z.array(tokens).min(1)]),
  max_tokens: z.int().min(0).nullish(),
  n: z.int().min(1).max(128).nullish(),
  best_of: z.int().min(1).max(20).nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
  seed: z.int().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
})

/** OpenAI's models that complete texts; the others there are for conversations only. */
const COMPLETES = /instruct|davinci|babbage/

const textOf = (prompt: string | number[]): string => (typeof prompt === 'string' ? prompt : ' x'.repeat(prompt.length))

const writeChoice = (choice: AnswerChoice) => ({
  text: choice.text.join(''),
  index: choice.index,
  logprobs: null,
  finish_reason: finishReason(choice),
})

/** OpenAI's completions. */
export const openaiCompletions: WireFormat = {
  ...openaiChat,
  readRequest: (body, { provider }) => {
    const parsed = schema.safeParse(body)
    if (!parsed.success) {
      const issue = firstIssue(parsed.error)
      throw new Refusal(400, `Invalid value for '${issue.path}': ${issue.message}`, { param: issue.path })
    }
    const asked = parsed.data
    if (provider.unknownFields === 'refuse') refuseStrangers(Object.keys(asked), FIELDS)
    if (provider.id === 'openai' && !COMPLETES.test(asked.model) && !asked.model.startsWith('missing-'))
      throw new Refusal(404, 'This is a chat model and not supported in the v1/completions endpoint.', {
        param: 'model',
      })
    const { prompt } = asked
    const prompts = (typeof prompt === 'string' || typeof prompt[0] === 'number' ? [prompt] : prompt) as (
      | string
      | number[]
    )[]
    const texts = prompts.map(textOf)
    return {
      model: asked.model,
      streamed: asked.stream === true,
      prompt: { texts, messages: 0, attachments: 0 },
      lastUserText: texts.at(-1) ?? '',
      maxOutputTokens: asked.max_tokens ?? 16,
      choices: Math.max(asked.n ?? 1, asked.best_of ?? 1) * prompts.length,
      stop: typeof asked.stop === 'string' ? [asked.stop] : (asked.stop ?? []),
      tools: [],
      toolChoice: 'none',
      outputSchema: undefined,
      reasoningTokens: 0,
      showsReasoning: false,
      seed: asked.seed ?? 0,
      includesLogprobs: false,
      includesUsage: asked.stream_options?.include_usage === true,
      unknownFields: [],
    }
  },
  writeAnswer: (answer, envelope) => {
    const { provider, directive } = envelope
    return JSON.stringify({
      ...writeHead('text_completion', envelope),
      choices: answer.choices.map(writeChoice),
      ...(directive.no_usage === true ? {} : { usage: writeUsage(answer.usage, provider, directive) }),
    })
  },
  streamAnswer: function* (answer, envelope): Generator<Frame, undefined> {
    const { provider, directive, request } = envelope
    const head = JSON.stringify(writeHead('text_completion', envelope)).slice(0, -1)
    const tail = request.includesUsage ? ',"usage":null}\n\n' : '}\n\n'
    const write = (choice: object) => `data: ${head},"choices":[${JSON.stringify(choice)}]${tail}`
    for (const step of listSteps(answer)) {
      const data =
        step.kind === 'text' ? write({ text: step.piece, index: step.choice, logprobs: null, finish_reason: null }) : ''
      yield { data, ...tokensOfStep(step), hasFinalUsage: false }
    }
    for (const choice of answer.choices)
      yield frame(write({ text: '', index: choice.index, logprobs: null, finish_reason: finishReason(choice) }))
    if (directive.no_usage !== true && request.includesUsage) {
      const usage = JSON.stringify(writeUsage(answer.usage, provider, directive))
      yield { ...frame(`data: ${head},"choices":[],"usage":${usage}}\n\n`), hasFinalUsage: true }
    }
    yield frame('data: [DONE]\n\n')
  },
}
