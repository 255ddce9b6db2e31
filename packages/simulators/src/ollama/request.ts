import { z } from 'zod'

import { findUnknownFields, firstIssue } from '../generate/read-body.ts'
import type { GenerationRequest } from '../generate/request.ts'
import { Refusal } from '../refusal.ts'

const options = z.looseObject({
  num_predict: z.int().optional(),
  seed: z.int().optional(),
  stop: z.union([z.string(), z.array(z.string())]).optional(),
})

const shared = {
  model: z.string().min(1),
  // Ollama streams unless told not to.
  stream: z.boolean().default(true),
  think: z.union([z.boolean(), z.enum(['low', 'medium', 'high'])]).nullish(),
  format: z.union([z.enum(['', 'json']), z.record(z.string(), z.unknown())]).nullish(),
  options: options.nullish(),
}

const message = z.looseObject({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  content: z.string().default(''),
  images: z.array(z.string()).nullish(),
  tool_calls: z
    .array(
      z.looseObject({ function: z.looseObject({ name: z.string(), arguments: z.record(z.string(), z.unknown()) }) }),
    )
    .nullish(),
})

const chatSchema = z.looseObject({
  ...shared,
  messages: z.array(message).default([]),
  tools: z
    .array(
      z.looseObject({
        type: z.literal('function'),
        function: z.looseObject({ name: z.string(), parameters: z.unknown() }),
      }),
    )
    .nullish(),
})

const generateSchema = z.looseObject({
  ...shared,
  prompt: z.string().default(''),
  system: z.string().default(''),
  images: z.array(z.string()).nullish(),
})

const CHAT_FIELDS = new Set(
  'model messages tools stream think format options keep_alive truncate shift logprobs top_logprobs'.split(' '),
)
const GENERATE_FIELDS = new Set(
  'model prompt suffix system template context stream raw think format images options keep_alive truncate shift logprobs top_logprobs'.split(
    ' ',
  ),
)
const ANY_JSON = { type: 'object', properties: { answer: { type: 'string' } } }
const REASONING_WHEN_ON = 32

/** Reads the body of /api/chat. */
export function readChatRequest(body: unknown): GenerationRequest {
  const call = parse(chatSchema, body)
  const texts = call.messages.flatMap((one) => [
    one.content,
    ...(one.tool_calls ?? []).map((toolCall) => JSON.stringify(toolCall.function)),
  ])
  const tools = call.tools ?? []
  texts.push(...tools.map((tool) => JSON.stringify(tool.function)))
  return {
    ...readShared(call),
    prompt: {
      texts,
      messages: call.messages.length,
      attachments: call.messages.reduce((sum, one) => sum + (one.images?.length ?? 0), 0),
    },
    lastUserText: call.messages.findLast(({ role }) => role === 'user' || role === 'tool')?.content ?? '',
    tools: tools.map((tool) => ({ name: tool.function.name, schema: tool.function.parameters })),
    unknownFields: findUnknownFields(body, CHAT_FIELDS),
  }
}

/** Reads the body of /api/generate. */
export function readGenerateRequest(body: unknown): GenerationRequest {
  const call = parse(generateSchema, body)
  return {
    ...readShared(call),
    prompt: { texts: [call.system, call.prompt], messages: 1, attachments: call.images?.length ?? 0 },
    lastUserText: call.prompt,
    tools: [],
    unknownFields: findUnknownFields(body, GENERATE_FIELDS),
  }
}

function parse<Output>(schema: z.ZodType<Output>, body: unknown): Output {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const issue = firstIssue(parsed.error)
  throw new Refusal(400, issue.isMissing ? `${issue.path} is required` : `invalid ${issue.path}: ${issue.message}`)
}

type Shared = Pick<z.infer<typeof chatSchema>, 'model' | 'stream' | 'think' | 'format' | 'options'>

function readShared(call: Shared) {
  const limit = call.options?.num_predict ?? -1
  const format = call.format ?? ''
  return {
    model: call.model,
    streamed: call.stream,
    maxOutputTokens: limit > 0 ? limit : null,
    choices: 1,
    stop: [call.options?.stop ?? []].flat(),
    toolChoice: 'auto' as const,
    outputSchema: typeof format === 'string' ? (format === 'json' ? ANY_JSON : undefined) : format,
    reasoningTokens: call.think === undefined || call.think === null || call.think === false ? 0 : REASONING_WHEN_ON,
    showsReasoning: call.think !== false,
    seed: call.options?.seed ?? 0,
    includesLogprobs: false,
    includesUsage: true,
  }
}
