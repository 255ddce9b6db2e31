import { z } from 'zod'

import { findUnknownFields, firstIssue, isRecord } from '../generate/read-body.ts'
import type { GenerationRequest, Prompt, ToolDeclaration } from '../generate/request.ts'
import type { Provider } from '../providers.ts'
import { Refusal } from '../refusal.ts'
import { findKnownFields } from './known-fields.ts'

const contentPart = z.looseObject({
  type: z.enum(['text', 'image_url', 'input_audio', 'file', 'refusal', 'video_url', 'video']),
  text: z.string().optional(),
})
const content = z.union([z.string(), z.array(contentPart).min(1)]).nullish()

const toolCall = z.looseObject({
  id: z.string().max(40),
  type: z.literal('function'),
  function: z.looseObject({ name: z.string().regex(/^[\w.-]{1,64}$/), arguments: z.string() }),
})

const message = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content,
  tool_calls: z.array(toolCall).min(1).optional(),
  tool_call_id: z.string().max(40).optional(),
})

const tool = z.looseObject({
  type: z.literal('function'),
  function: z.looseObject({
    name: z.string().regex(/^[\w.-]{1,64}$/),
    parameters: z.record(z.string(), z.unknown()).optional(),
  }),
})

const bodySchema = z.looseObject({
  model: z.string(),
  messages: z.array(message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  n: z.int().min(1).max(128).nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(16)]).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  seed: z.int().nullish(),
  logprobs: z.boolean().nullish(),
  tools: z.array(tool).optional(),
  tool_choice: z
    .union([
      z.enum(['none', 'auto', 'required']),
      z.looseObject({ type: z.literal('function'), function: z.looseObject({ name: z.string() }) }),
    ])
    .optional(),
  response_format: z
    .discriminatedUnion('type', [
      z.looseObject({ type: z.literal('text') }),
      z.looseObject({ type: z.literal('json_object') }),
      z.looseObject({
        type: z.literal('json_schema'),
        json_schema: z.looseObject({ name: z.string(), schema: z.unknown() }),
      }),
    ])
    .optional(),
  reasoning_effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'default']).nullish(),
  thinking: z.looseObject({ type: z.string() }).nullish(),
  enable_thinking: z.boolean().nullish(),
  reasoning_format: z.string().nullish(),
  include_reasoning: z.boolean().nullish(),
})

type ChatBody = z.infer<typeof bodySchema>
type Message = ChatBody['messages'][number]

const ANY_JSON = { type: 'object', properties: { answer: { type: 'string' } } }
const REASONING_BY_EFFORT = { none: 0, minimal: 0, low: 16, medium: 32, default: 32, high: 64, xhigh: 128 }
const REASONING_WHEN_ON = 32

/** Reads a chat.completions body and refuses what this provider would refuse. */
export function readChatRequest(body: unknown, { provider }: { provider: Provider }): GenerationRequest {
  const unknownFields = findUnknownFields(body, findKnownFields(provider))
  refuseUnknownFields(unknownFields, provider)
  const parsed = bodySchema.safeParse(body)
  if (!parsed.success) throw refuseIssue(parsed.error)
  const chat = parsed.data
  refuseOldTokenLimit(chat, provider)
  refuseBrokenToolHistory(chat.messages)
  return {
    model: chat.model,
    streamed: chat.stream === true,
    prompt: readPrompt(chat),
    // Results of tools count as the user's, as they do in formats without a role for them: a call that was asked for is made once.
    lastUserText: textOf(chat.messages.findLast(({ role }) => role === 'user' || role === 'tool')?.content).join('\n'),
    maxOutputTokens: chat.max_completion_tokens ?? chat.max_tokens ?? null,
    choices: chat.n ?? 1,
    stop: [chat.stop ?? []].flat(),
    tools: readTools(chat),
    toolChoice:
      typeof chat.tool_choice === 'object' ? { name: chat.tool_choice.function.name } : (chat.tool_choice ?? 'auto'),
    outputSchema: readOutputSchema(chat),
    reasoningTokens: readReasoning(chat),
    showsReasoning: chat.reasoning_format !== 'hidden' && chat.include_reasoning !== false,
    seed: chat.seed ?? 0,
    includesLogprobs: chat.logprobs === true,
    includesUsage: chat.stream_options?.include_usage === true,
    unknownFields,
  }
}

function refuseUnknownFields(unknown: readonly string[], provider: Provider): void {
  const [name] = unknown
  if (name === undefined || provider.unknownFields === 'ignore') return
  if (provider.usageShape === 'groq') throw new Refusal(400, `property '${name}' is unsupported`)
  const list = unknown.join(', ')
  throw new Refusal(400, `Unrecognized request argument${unknown.length > 1 ? 's' : ''} supplied: ${list}`)
}

function refuseIssue(error: z.ZodError): Refusal {
  const issue = firstIssue(error)
  if (issue.path === '') return new Refusal(400, 'We could not parse the JSON body of your request.')
  return issue.isMissing
    ? new Refusal(400, `Missing required parameter: '${issue.path}'.`, {
        param: issue.path,
        code: 'missing_required_parameter',
      })
    : new Refusal(400, `Invalid value for '${issue.path}': ${issue.message}.`, {
        param: issue.path,
        code: 'invalid_value',
      })
}

/** OpenAI's reasoning models take `max_completion_tokens` only. */
function refuseOldTokenLimit(chat: ChatBody, provider: Provider): void {
  const isReasoningModel = /^(o\d|gpt-5(?!.*chat))/.test(chat.model)
  if (provider.id !== 'openai' || !isReasoningModel || chat.max_tokens === undefined || chat.max_tokens === null) return
  throw new Refusal(
    400,
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    { param: 'max_tokens', code: 'unsupported_parameter' },
  )
}

/** Each call must be answered right after it, and nothing else may be answered. */
function refuseBrokenToolHistory(messages: readonly Message[]): void {
  let waiting: string[] = []
  for (const [index, one] of messages.entries()) {
    const param = `messages.[${index}].role`
    if (one.role === 'tool') {
      const id = one.tool_call_id ?? ''
      if (!waiting.includes(id)) {
        throw new Refusal(
          400,
          "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
          { param },
        )
      }
      waiting = waiting.filter((other) => other !== id)
      continue
    }
    if (waiting.length > 0) throw refuseUnanswered(waiting, param)
    waiting = one.tool_calls?.map((call) => call.id) ?? []
    const isEmpty = one.content === undefined || one.content === null
    if (
      isEmpty &&
      (one.role !== 'assistant' || waiting.length === 0) &&
      one['function_call'] === undefined &&
      one['audio'] === undefined
    ) {
      throw new Refusal(400, `Invalid value for 'content': expected a string, got null.`, {
        param: `messages.[${index}].content`,
        code: 'invalid_value',
      })
    }
  }
  if (waiting.length > 0) throw refuseUnanswered(waiting, 'messages')
}

function refuseUnanswered(ids: readonly string[], param: string): Refusal {
  return new Refusal(
    400,
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. Unanswered: ${ids.join(', ')}`,
    { param },
  )
}

function textOf(value: Message['content']): string[] {
  if (value === undefined || value === null) return []
  return typeof value === 'string' ? [value] : value.flatMap((part) => part.text ?? [])
}

function readPrompt(chat: ChatBody): Prompt {
  const texts: string[] = []
  let attachments = 0
  for (const one of chat.messages) {
    texts.push(...textOf(one.content))
    if (Array.isArray(one.content)) attachments += one.content.filter((part) => part.text === undefined).length
    for (const call of one.tool_calls ?? []) texts.push(call.function.name, call.function.arguments)
  }
  for (const declared of chat.tools ?? []) texts.push(JSON.stringify(declared.function))
  return { texts, messages: chat.messages.length, attachments }
}

function readTools(chat: ChatBody): ToolDeclaration[] {
  return (chat.tools ?? []).map((declared) => ({
    name: declared.function.name,
    schema: declared.function.parameters ?? {},
  }))
}

function readOutputSchema(chat: ChatBody): unknown {
  switch (chat.response_format?.type) {
    case undefined:
    case 'text':
      return undefined
    case 'json_object':
      return ANY_JSON
    case 'json_schema': {
      const { schema } = chat.response_format.json_schema
      return isRecord(schema) ? schema : ANY_JSON
    }
  }
}

function readReasoning(chat: ChatBody): number {
  const effort = chat.reasoning_effort ?? null
  if (effort !== null) return REASONING_BY_EFFORT[effort]
  const isOn = chat.enable_thinking === true || chat.thinking?.type === 'enabled' || chat.model.includes('reasoner')
  return isOn ? REASONING_WHEN_ON : 0
}
