import { z } from 'zod'

import { firstIssue } from '../generate/read-body.ts'
import type { GenerationRequest, Prompt } from '../generate/request.ts'
import { Refusal } from '../refusal.ts'

const REASONING_WHEN_ON = 32
const ANY_JSON = { type: 'object', properties: { answer: { type: 'string' } } }

const textBlock = z.strictObject({ type: z.literal('text'), text: z.string() })
const imageBlock = z.strictObject({
  type: z.literal('image_url'),
  image_url: z.strictObject({ url: z.string(), detail: z.enum(['auto', 'low', 'high']).optional() }),
})
const thinkingBlock = z.strictObject({ type: z.literal('thinking'), thinking: z.string() })
const call = z.strictObject({
  id: z.string(),
  type: z.literal('function'),
  function: z.strictObject({ name: z.string(), arguments: z.string() }),
})
const message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('system'), content: z.union([z.string(), z.array(textBlock)]) }),
  z.strictObject({
    role: z.literal('user'),
    content: z.union([z.string(), z.array(z.union([textBlock, imageBlock]))]),
  }),
  z.strictObject({
    role: z.literal('assistant'),
    content: z.union([z.string(), z.array(z.union([textBlock, thinkingBlock]))]).optional(),
    tool_plan: z.string().optional(),
    tool_calls: z.array(call).optional(),
  }),
  z.strictObject({
    role: z.literal('tool'),
    tool_call_id: z.string(),
    content: z.union([z.string(), z.array(z.looseObject({ type: z.enum(['text', 'document']) }))]),
  }),
])

/** https://docs.cohere.com/reference/chat */
const chatSchema = z.strictObject({
  model: z.string(),
  messages: z.array(message).min(1),
  tools: z
    .array(
      z.strictObject({
        type: z.literal('function'),
        function: z.strictObject({
          name: z.string(),
          description: z.string().optional(),
          parameters: z.looseObject({ type: z.literal('object') }),
        }),
      }),
    )
    .optional(),
  strict_tools: z.boolean().optional(),
  tool_choice: z.enum(['REQUIRED', 'NONE']).optional(),
  documents: z.array(z.unknown()).optional(),
  citation_options: z.strictObject({ mode: z.enum(['ENABLED', 'DISABLED', 'FAST', 'ACCURATE', 'OFF']) }).optional(),
  response_format: z
    .strictObject({ type: z.enum(['text', 'json_object']), json_schema: z.unknown().optional() })
    .optional(),
  safety_mode: z.enum(['CONTEXTUAL', 'STRICT', 'OFF']).optional(),
  max_tokens: z.int().min(1).optional(),
  stop_sequences: z.array(z.string()).max(5).optional(),
  temperature: z.number().min(0).optional(),
  seed: z.int().optional(),
  frequency_penalty: z.number().min(0).max(1).optional(),
  presence_penalty: z.number().min(0).max(1).optional(),
  k: z.number().min(0).max(500).optional(),
  p: z.number().min(0.01).max(0.99).optional(),
  logprobs: z.boolean().optional(),
  thinking: z
    .strictObject({ type: z.enum(['enabled', 'disabled']), token_budget: z.int().min(1).optional() })
    .optional(),
  priority: z.int().optional(),
  stream: z.boolean().optional(),
})

type ChatBody = z.infer<typeof chatSchema>
type ChatMessage = ChatBody['messages'][number]

/** Reads a chat body and refuses what Cohere refuses. */
export function readCohereChat(body: unknown): GenerationRequest {
  const parsed = chatSchema.safeParse(body)
  if (!parsed.success) {
    const issue = firstIssue(parsed.error)
    throw new Refusal(400, `invalid request: ${issue.path === '' ? 'body' : issue.path}: ${issue.message}`)
  }
  const asked = parsed.data
  refuseBrokenHistory(asked.messages)
  if (asked.response_format?.type === 'json_object' && asked.tools !== undefined)
    throw new Refusal(400, 'invalid request: response_format cannot be used with tools')
  const last = asked.messages.findLast(({ role }) => role === 'user' || role === 'tool')
  return {
    model: asked.model,
    streamed: asked.stream === true,
    prompt: readPrompt(asked),
    lastUserText: last === undefined ? '' : textsOf(last).join('\n'),
    maxOutputTokens: asked.max_tokens ?? null,
    choices: 1,
    stop: asked.stop_sequences ?? [],
    tools: (asked.tools ?? []).map((tool) => ({ name: tool.function.name, schema: tool.function.parameters })),
    toolChoice: asked.tool_choice === undefined ? 'auto' : asked.tool_choice === 'NONE' ? 'none' : 'required',
    outputSchema:
      asked.response_format?.type === 'json_object' ? (asked.response_format.json_schema ?? ANY_JSON) : undefined,
    reasoningTokens: asked.thinking?.type === 'enabled' ? REASONING_WHEN_ON : 0,
    showsReasoning: true,
    seed: asked.seed ?? 0,
    includesLogprobs: false,
    includesUsage: true,
    unknownFields: [],
  }
}

function refuseBrokenHistory(messages: readonly ChatMessage[]): void {
  let waiting: string[] = []
  for (const one of messages) {
    if (one.role === 'tool') {
      if (!waiting.includes(one.tool_call_id))
        throw new Refusal(400, `invalid request: tool_call_id ${one.tool_call_id} names no call of the turn before`)
      waiting = waiting.filter((id) => id !== one.tool_call_id)
      continue
    }
    if (waiting.length > 0) throw new Refusal(400, 'invalid request: every tool call must be answered')
    if (one.role !== 'assistant') continue
    const calls = one.tool_calls ?? []
    if (one.content === undefined && calls.length === 0)
      throw new Refusal(400, 'invalid request: an assistant message needs content or tool_calls')
    waiting = calls.map(({ id }) => id)
  }
  if (waiting.length > 0) throw new Refusal(400, 'invalid request: every tool call must be answered')
}

function readPrompt({ messages, tools = [] }: ChatBody): Prompt {
  const attachments = messages.flatMap((one) =>
    one.role === 'user' && typeof one.content !== 'string'
      ? one.content.filter((part) => part.type === 'image_url')
      : [],
  )
  return {
    texts: [...messages.flatMap(textsOf), ...tools.map((tool) => JSON.stringify(tool.function))],
    messages: messages.length,
    attachments: attachments.length,
  }
}

function textsOf(one: ChatMessage): string[] {
  const { content = '' } = one
  const said =
    typeof content === 'string'
      ? [content]
      : content.flatMap((part) => ('text' in part && typeof part.text === 'string' ? [part.text] : []))
  if (one.role !== 'assistant') return said
  return [...said, one.tool_plan ?? '', ...(one.tool_calls ?? []).map((each) => JSON.stringify(each.function))]
}
